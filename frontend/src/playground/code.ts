/** A training as a Python program: with Keras, or with NumPy alone. Both begin with the page's own points and weights. */
import { isOwn, type Data, type OwnPoints } from "./data";
import { FEATURES } from "./features";
import { lossFor } from "./functions";
import { activationsOf, type Settings } from "./settings";

export interface Program {
  settings: Settings;
  data: Data;
  own: OwnPoints | null;
  passes: number;
}

const quoted = (text: string): string => JSON.stringify(text);
const classesOf = ({ settings, data }: Program): number =>
  settings.problem === "regression" ? 0 : Math.max(2, data.classNames.length);
const lastOf = (program: Program): string => lossFor(program.settings.loss, classesOf(program)).last;
const shapeOf = (program: Program): number[] => [
  program.settings.features.length,
  ...program.settings.networkShape,
  classesOf(program) > 2 ? classesOf(program) : 1,
];

/** What the network is measured on: the training points where there are no others. */
const measuredOn = ({ data }: Program): string => (data.test.points.length ? "test" : "train");

/** Where the points come from. */
function pointsCode({ settings, data, own }: Program): string {
  const more = `seed=${quoted(settings.seed)}, train=${settings.percTrainData / 100}`;
  if (!isOwn(settings))
    return `points = draw_points(${quoted(settings.problem === "regression" ? settings.regDataset : settings.dataset)}, noise=${settings.noise / 100}, ${more})`;
  const scaled = settings.scaled ? "True" : "False";
  if (settings.dataset === "drawn") {
    const rows = (own?.points ?? []).map(({ x, y, label }) => `    [${x.toFixed(2)}, ${y.toFixed(2)}, ${label}],`);
    return `drawn = np.array([\n${rows.join("\n")}\n])\npoints = take_points(drawn[:, :2], drawn[:, 2], scaled=${scaled}, ${more})`;
  }
  const lab = settings.dataset.startsWith("lab-");
  const source = lab
    ? `load_dataset(${quoted(settings.dataset.slice(4))}, split="all").frame`
    : `pd.read_csv(${quoted(data.title)})`;
  const [x, y] = data.columns.map(quoted);
  const split = own?.isTest ? `,\n    split=table["split"]` : "";
  const note = lab ? "" : '  # the labels\' column is called "class" here; change it if yours is not';
  return `table = ${source}${note}\npoints = take_points(\n    table[[${x}, ${y}]],\n    table["class"],\n    classes=${JSON.stringify(data.classNames).replaceAll('","', '", "')}${split},\n    scaled=${scaled},\n    ${more},\n)`;
}

function importsOf(program: Program, keras: boolean): string {
  const own = isOwn(program.settings);
  const lab = program.settings.dataset.startsWith("lab-");
  const lines = [
    keras ? "import keras" : "",
    "import numpy as np",
    own && !lab && program.settings.dataset !== "drawn" ? "import pandas as pd" : "",
    own && lab ? "\nfrom convscope import load_dataset" : "",
  ].filter(Boolean);
  return `${lines.join("\n")}\n${own && lab ? "" : "\n"}from convscope.playground import batches, draw_weights, ${own ? "take_points" : "draw_points"}`;
}

function featuresCode(program: Program): string {
  const names = program.settings.features.map((name) => FEATURES[name].numpy).join(", ");
  return `\ndef features(points):\n    x, y = points.T\n    return np.column_stack([${names}])\n`;
}

function targetsCode(program: Program): string {
  if (lastOf(program) === "softmax") return "targets = points.train_labels";
  return lastOf(program) === "tanh"
    ? "targets = 2 * points.train_labels[:, None] - 1"
    : "targets = points.train_labels[:, None]";
}

const head = (program: Program, keras: boolean): string => `${importsOf(program, keras)}

${pointsCode(program)}

${featuresCode(program)}

inputs = features(points.train)
${targetsCode(program)}
weights = draw_weights(${JSON.stringify(shapeOf(program)).replaceAll(",", ", ")}, points.random${program.settings.initZero ? ", zero=True" : ""})  # (kernel, bias) of each layer`;

const loopHead = (program: Program): string =>
  `for rows in batches(len(inputs), ${program.settings.batchSize}, passes=${program.passes}):`;

const KERAS_LOSS: Readonly<Record<string, string>> = {
  sigmoid: '"binary_crossentropy"',
  softmax: '"sparse_categorical_crossentropy"',
  tanh: "half_squared",
  linear: "half_squared",
};

export function kerasCode(program: Program): string {
  const { settings } = program;
  const last = lastOf(program);
  const penalty =
    settings.regularization === "none" || !settings.regularizationRate
      ? ""
      : settings.regularization === "L2"
        ? `, kernel_regularizer=keras.regularizers.L2(${settings.regularizationRate} / 2)`
        : `, kernel_regularizer=keras.regularizers.L1(${settings.regularizationRate})`;
  const activations = [...activationsOf(settings), last];
  const layers = shapeOf(program)
    .slice(1)
    .map((units, index) => `    keras.layers.Dense(${units}, activation=${quoted(activations[index])}${penalty}),`);
  const optimizer =
    settings.optimizer === "adam"
      ? `Adam(${settings.learningRate})`
      : `SGD(${settings.learningRate}${settings.optimizer === "momentum" ? ", momentum=0.9" : ""})`;
  const squared = last === "tanh" || last === "linear";
  const half = squared
    ? `\n\ndef half_squared(target, output):\n    return keras.ops.mean(keras.ops.square(output - target), axis=-1) / 2\n\n`
    : "";
  const swing =
    settings.regularization === "L1" && settings.optimizer === "sgd"
      ? "\n# The page keeps a weight at 0 once L1 has pushed it over; Keras lets it swing about 0."
      : "";
  const measured = squared && last === "linear" ? "" : last === "tanh" ? "" : ', metrics=["accuracy"]';
  const part = `points.${measuredOn(program)}`;
  const labels =
    last === "softmax"
      ? `${part}_labels`
      : last === "tanh"
        ? `2 * ${part}_labels[:, None] - 1`
        : `${part}_labels[:, None]`;
  return `${head(program, true)}
${half}
model = keras.Sequential([
    keras.Input((${settings.features.length},)),
${layers.join("\n")}
])
for layer, (kernel, bias) in zip(model.layers, weights):
    layer.set_weights([kernel, bias])
model.compile(optimizer=keras.optimizers.${optimizer}, loss=${KERAS_LOSS[last]}${measured})${swing}

${loopHead(program)}
    model.train_on_batch(inputs[rows], targets[rows])
print(model.evaluate(features(${part}), ${labels}, verbose=0))
`;
}

const NUMPY_ACTIVATIONS: Readonly<Record<string, [string, string]>> = {
  tanh: ["np.tanh(sums)", "1 - outputs**2"],
  relu: ["np.maximum(sums, 0)", "(outputs > 0) * 1.0"],
  sigmoid: ["1 / (1 + np.exp(-sums))", "outputs * (1 - outputs)"],
  linear: ["sums", "np.ones_like(outputs)"],
  softmax: [
    "np.exp(sums - sums.max(axis=1, keepdims=True)) / np.exp(sums - sums.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)",
    "",
  ],
};

export function numpyCode(program: Program): string {
  const { settings } = program;
  const last = lastOf(program);
  const all = [...activationsOf(settings), last];
  const used = [...new Set(all)];
  const functions = used.map((name) => `    ${quoted(name)}: lambda sums: ${NUMPY_ACTIVATIONS[name][0]},`).join("\n");
  const slopes = used
    .filter((name) => name !== "softmax")
    .map((name) => `    ${quoted(name)}: lambda outputs: ${NUMPY_ACTIVATIONS[name][1]},`)
    .join("\n");
  const error =
    last === "softmax"
      ? "outputs[-1] - np.eye(outputs[-1].shape[1])[targets[rows].astype(int)]"
      : last === "sigmoid"
        ? "outputs[-1] - targets[rows]"
        : `(outputs[-1] - targets[rows]) * SLOPES[${quoted(last)}](outputs[-1])`;
  return `${head(program, false)}
activations = ${JSON.stringify(all).replaceAll(",", ", ")}

ACTIVATIONS = {
${functions}
}
SLOPES = {  # of an activation, where its output is known
${slopes}
}


def forward(inputs):
    outputs = [inputs]
    for (kernel, bias), activation in zip(weights, activations):
        outputs.append(ACTIVATIONS[activation](outputs[-1] @ kernel + bias))
    return outputs

${updateCode(program)}

${loopHead(program)}
    outputs = forward(inputs[rows])
    slope = (${error}) / len(rows)  # of the loss, for each sum of the last layer
    for layer in reversed(range(len(weights))):
        kernel, bias = weights[layer]
        slopes = outputs[layer].T @ slope, slope.sum(axis=0)
        if layer:
            slope = (slope @ kernel.T) * SLOPES[activations[layer - 1]](outputs[layer])
        update(layer, *slopes)
answers = forward(features(points.${measuredOn(program)}))[-1]
${scoreCode(last, measuredOn(program))}
`;
}

function scoreCode(last: string, part: string): string {
  if (last === "linear") return `print("${part} loss", np.mean((answers[:, 0] - points.${part}_labels) ** 2) / 2)`;
  const right = last === "softmax" ? "answers.argmax(axis=1)" : `answers[:, 0] > ${last === "tanh" ? "0" : "0.5"}`;
  return `print("accuracy", np.mean((${right}) == points.${part}_labels))`;
}

/** How weights follow slopes. */
function updateCode({ settings }: Program): string {
  const { learningRate, regularization, regularizationRate, optimizer } = settings;
  const penalized = regularization !== "none" && regularizationRate > 0;
  const penalty = regularization === "L1" ? "np.sign(kernel)" : "kernel";
  if (optimizer === "sgd") {
    const plain = `\ndef update(layer, kernel_slope, bias_slope):\n    kernel, bias = weights[layer]\n    bias -= ${learningRate} * bias_slope\n`;
    if (!penalized) return `${plain}    kernel -= ${learningRate} * kernel_slope\n`;
    if (regularization === "L2")
      return `${plain}    kernel -= ${learningRate} * (kernel_slope + ${regularizationRate} * ${penalty})\n`;
    return `\nalive = [np.ones_like(kernel) for kernel, _ in weights]  # a weight that L1 pushes over 0 stays there\n\n${plain}    moved = kernel - ${learningRate} * kernel_slope\n    shrunk = moved - ${learningRate} * ${regularizationRate} * np.sign(kernel)\n    alive[layer] *= moved * shrunk >= 0\n    kernel[:] = shrunk * alive[layer]\n`;
  }
  const slope = penalized ? `kernel_slope + ${regularizationRate} * ${penalty}` : "kernel_slope";
  const parts = `    kernel, bias = weights[layer]\n    for number, (values, slope) in enumerate([(kernel, ${slope}), (bias, bias_slope)]):\n`;
  if (optimizer === "momentum")
    return `\nspeeds = [[np.zeros_like(kernel), np.zeros_like(bias)] for kernel, bias in weights]\n\n\ndef update(layer, kernel_slope, bias_slope):\n${parts}        speeds[layer][number] = 0.9 * speeds[layer][number] - ${learningRate} * slope\n        values += speeds[layer][number]\n`;
  return `\nmeans = [[np.zeros_like(kernel), np.zeros_like(bias)] for kernel, bias in weights]\nsquares = [[np.zeros_like(kernel), np.zeros_like(bias)] for kernel, bias in weights]\nsteps = [0] * len(weights)\n\n\ndef update(layer, kernel_slope, bias_slope):\n    steps[layer] += 1\n    rate = ${learningRate} * np.sqrt(1 - 0.999 ** steps[layer]) / (1 - 0.9 ** steps[layer])\n${parts}        means[layer][number] += 0.1 * (slope - means[layer][number])\n        squares[layer][number] += 0.001 * (slope**2 - squares[layer][number])\n        values -= rate * means[layer][number] / (np.sqrt(squares[layer][number]) + 1e-7)\n`;
}
