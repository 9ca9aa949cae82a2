/** Settings and outcomes in words. */
import { formatNumber } from "../numbers/digits";
import { FEATURES } from "./features";
import { POINT_SETS } from "./points";
import { SETTING_NAMES, wordOf, type Settings } from "./settings";
import type { Moment } from "./trainer";

export const WORDS: Readonly<Record<string, string>> = {
  crossentropy: "cross-entropy",
  squared: "half squared error",
  sgd: "SGD",
  momentum: "momentum",
  adam: "Adam",
  tanh: "tanh",
  relu: "ReLU",
  sigmoid: "sigmoid",
  linear: "linear",
  softmax: "softmax",
  none: "none",
};

const SAID: Partial<Record<keyof Settings, (settings: Settings) => string>> = {
  dataset: (settings) =>
    settings.problem === "regression" ? "" : (POINT_SETS[settings.dataset]?.title ?? settings.dataset),
  regDataset: (settings) => (settings.problem === "regression" ? (POINT_SETS[settings.regDataset]?.title ?? "") : ""),
  noise: (settings) => `noise ${settings.noise}`,
  percTrainData: (settings) => `${settings.percTrainData} % training`,
  seed: (settings) => `seed ${settings.seed}`,
  initZero: (settings) => (settings.initZero ? "weights from 0" : "weights drawn"),
  batchSize: (settings) => `batch ${settings.batchSize}`,
  learningRate: (settings) => `rate ${settings.learningRate}`,
  loss: (settings) => WORDS[settings.loss],
  optimizer: (settings) => WORDS[settings.optimizer],
  activation: (settings) => WORDS[settings.activation],
  activations: (settings) => settings.activations.map((name) => WORDS[name]).join("-"),
  regularization: (settings) =>
    settings.regularization === "none" ? "no penalty" : `${settings.regularization} ${settings.regularizationRate}`,
  features: (settings) => settings.features.map((name) => FEATURES[name].label).join(" "),
  networkShape: (settings) => (settings.networkShape.length ? settings.networkShape.join("-") : "no hidden layer"),
};

/** What sets one training apart from another. */
export function differences(settings: Settings, other: Settings): string {
  const apart = SETTING_NAMES.filter((name) => wordOf(settings, name) !== wordOf(other, name));
  const said = apart.map((name) => SAID[name]?.(settings) ?? "").filter(Boolean);
  return said.length ? said.slice(0, 3).join(", ") : "as before";
}

/** One sentence about how the training stands. */
export function standing({ pass, train, test }: Moment, previous: Moment | undefined): string {
  if (!pass) return "It has learned nothing yet. Press Run.";
  const after = `After ${pass.toLocaleString("en")} ${pass === 1 ? "pass" : "passes"}`;
  if (Number.isNaN(test.loss) && !Number.isNaN(train.loss))
    return `${after} the training loss is ${formatNumber(train.loss)}. There are no test points.`;
  const right = Number.isNaN(train.accuracy)
    ? ""
    : ` ${formatNumber(100 * test.accuracy, 1)} % of the test points are right.`;
  const gap = test.loss - train.loss;
  const apart =
    gap > 0.1 && test.loss > 1.5 * train.loss
      ? " The test loss is well above the training loss: the network fits these points too closely (overfitting)."
      : "";
  const fell = previous
    ? test.loss < previous.test.loss
      ? ", falling"
      : test.loss > previous.test.loss
        ? ", rising"
        : ""
    : "";
  return `${after} the test loss is ${formatNumber(test.loss)}${fell}.${right}${apart}`;
}
