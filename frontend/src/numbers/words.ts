/** A step in one plain sentence, and as NumPy. */
import type { Exhibit, Layer } from "../bundle";
import { count, formatNumber, MINUS } from "./digits";
import { pictureShape, tapsOf, windowOf } from "./graph";
import type { Step } from "./step";

const ACTIVATION_NAMES: Readonly<Record<string, string>> = { relu: "ReLU", relu6: "ReLU6", elu: "ELU", selu: "SELU", gelu: "GELU", silu: "SiLU", leaky_relu: "leaky ReLU" };
export const activationName = (layer: Layer): string => ACTIVATION_NAMES[layer.function] ?? layer.function;

export const isUnit = (layer: Layer): boolean => layer.shape.length === 1;
export const nameOfMap = (layer: Layer, map: number): string => (isUnit(layer) ? `unit ${map}` : `map ${map}`);

/** What a layer does to each of its values, whatever the picture. */
export function whatItDoes(exhibit: Exhibit, layer: Layer): string {
  const window = windowOf(layer)?.join(" × ");
  const channels = pictureShape(exhibit, layer.inputs[0])[2];
  const maps = channels === 1 ? "1 input map with its own" : `${count(layer.weights.kernel?.shape[2] ?? channels)} input maps, each with its own`;
  const own: Record<string, string> = {
    convolution: `Adds ${maps} ${window} kernel${layer.weights.bias ? ", and one bias" : ""}`,
    depthwise_convolution: `Slides a ${window} kernel of its own over one input map`,
    dense: `Adds ${count(layer.weights.kernel?.shape[0] ?? 0)} numbers, each times its own weight${layer.weights.bias ? ", and one bias" : ""}`,
    pooling: layer.settings.kind === "max" ? `Keeps the largest of each ${window} window` : `Takes the mean of each ${window} window`,
    global_pooling: layer.settings.kind === "max" ? "Keeps the largest value of the whole map" : "Takes the mean of the whole map",
    scale_and_shift: "Multiplies every value of a map by one number and adds another",
    prelu: "Keeps what is above 0 and multiplies the rest by a weight of its own",
    zero_padding: "Puts zeros around every map",
    add: `Adds ${layer.inputs.length} maps, value by value`,
    concatenate: `Puts ${layer.inputs.length} stacks of maps, one after the other`,
    copy: layer.function === "linear" ? "Passes every value on unchanged" : "Works on each value separately",
  };
  const after = layer.function && layer.function !== "linear" ? `; ${afterwards(layer)}` : "";
  return (own[layer.operation] ?? `Computed by Python: ${layer.note}`) + (layer.operation ? after : "") + ".";
}

function afterwards(layer: Layer): string {
  if (layer.function === "relu") return "ReLU keeps what is above 0";
  if (layer.function === "softmax") return "softmax turns the sums into probabilities";
  return `then ${activationName(layer)}`;
}

/** The numbers of one step, in words. */
export function sentenceOf(step: Step): string {
  const [first] = step.groups;
  const [one] = first.terms;
  const total = formatNumber(step.sum);
  if (step.rule === "largest") {
    const winner = first.terms.find((term) => term.inside && term.product === step.sum);
    const inside = first.terms.filter((term) => term.inside).length;
    return `The largest of ${count(inside)} values is ${total}${winner ? `, at row ${winner.row}, column ${winner.column} of ${first.name} of ${first.source}` : ""}${after(step)}.`;
  }
  if (step.rule === "mean") {
    const inside = first.terms.filter((term) => term.inside).length;
    return `${count(inside)} values add up to ${formatNumber(first.subtotal)}; divided by ${count(inside)} that is ${total}${after(step)}.`;
  }
  if (step.rule === "copy") {
    if (!one.inside) return `A zero from the padding around the map.`;
    return `It takes ${total} from row ${one.row}, column ${one.column} of ${first.name} of ${first.source}${after(step) || ", unchanged"}.`;
  }
  if (step.layer.operation === "scale_and_shift" || step.layer.operation === "prelu") {
    const shift = step.bias === null ? "" : `, plus ${formatNumber(step.bias, 6)}`;
    return `${formatNumber(one.input, 6)} times ${formatNumber(one.weight ?? 1, 6)}${shift}, is ${total}${after(step)}.`;
  }
  if (step.layer.operation === "add") return `${step.groups.map((group) => `${formatNumber(group.subtotal)} (${group.name})`).join(" and ")} make ${total}${after(step)}.`;
  return sumSentence(step) + after(step) + ".";
}

function sumSentence(step: Step): string {
  const parts = step.groups.length > 1 ? step.groups.map((group) => group.subtotal) : step.groups[0].terms.map((term) => term.product);
  const [pro, contra] = [parts.filter((part) => part > 0).length, parts.filter((part) => part < 0).length];
  const each = step.groups.length > 1 ? (step.groups[0].name.startsWith("unit") ? "units" : "maps") : "products";
  const window = step.groups[0].terms.length > 1 ? ` in a ${step.groups[0].height} × ${step.groups[0].width} window` : "";
  const of = step.groups.length > 1 ? `${count(step.groups.length)} ${each}` : `${count(parts.length)} products`;
  const name = isUnit(step.layer) ? `Unit ${step.map}` : `Map ${step.map}`;
  const bias = step.bias === null ? "that makes" : "with the bias that makes";
  return `${name} weighs ${of}${window}. Here ${count(pro)} speak for it and ${count(contra)} against; ${bias} ${formatNumber(step.sum)}`;
}

function after(step: Step): string {
  const name = step.layer.function;
  if (name === "linear") return "";
  if (!name) return `; what follows is computed by Python: ${formatNumber(step.shown)}`;
  if (step.line && name === "softmax") {
    const total = step.line.exponentials.reduce((sum, value) => sum + value, 0);
    return `; its exponential ${formatNumber(step.line.exponentials[step.line.index], 6)} is divided by the sum of all ${count(step.line.sums.length)}, ${formatNumber(total, 6)}: ${formatNumber(step.value, 6)}`;
  }
  if (name === "relu" && step.value === step.sum) return ", above 0, so ReLU lets it through";
  if (name === "relu" && step.value === 0) return ", not above 0, so ReLU gives 0";
  return `; ${activationName(step.layer)} makes it ${formatNumber(step.value)}`;
}

const literal = (value: number): string => (Number.isFinite(value) ? String(value) : `float("${value}")`.replace("Infinity", "inf"));

/** An expression that gives the same number, with `np`, and `trace` from `convscope.record_trace`. */
export function asNumPy(exhibit: Exhibit, step: Step): string[] {
  const { layer, map } = step;
  const lines = [];
  const written = EXPRESSIONS[layer.operation](exhibit, step);
  if (written.weights.length) {
    lines.push(`weights = trace.layer("${layer.name}").weights`);
    for (const line of written.weights) lines.push(line);
  }
  lines.push(...(written.before ?? []));
  const where = layer.shape.length === 3 ? `${step.row}, ${step.column}, ${map}` : layer.shape.length === 2 ? `${step.column}, ${map}` : `${map}`;
  const gives = `  # ${formatNumber(step.value, 6).replace(MINUS, "-").replaceAll(",", "")}`;
  if (!step.line) return [...lines, activated(layer, written.sum) + gives];
  const axis = layer.function_settings.axis ?? -1;
  return [
    ...lines,
    `s = trace.layer("${layer.name}").pre_activation.astype(float)`,
    `s[${where}] = ${written.sum}`,
    `e = np.exp(s - s.max(axis=${axis}, keepdims=True))`,
    (layer.function === "softmax" ? `(e / e.sum(axis=${axis}, keepdims=True))[${where}]` : `np.log(e / e.sum(axis=${axis}, keepdims=True))[${where}]`) + gives,
  ];
}

interface Expression {
  weights: string[];
  before?: string[];
  sum: string;
}

function activated(layer: Layer, sum: string): string {
  if (layer.function === "linear" || !layer.function) return sum;
  const settings = Object.entries(layer.function_settings).filter(([, value]) => value != null);
  if (layer.function === "relu" && settings.every(([, value]) => value === 0)) return `np.maximum(0, ${sum})`;
  const given = settings.map(([name, value]) => `, ${name}=${value}`).join("");
  return `convscope.arithmetic.activate("${layer.function}", ${sum}${given})`;
}

/** Python's index of a place, in an array of the layer's own number of axes. */
function indexOf(exhibit: Exhibit, name: string, row: number, column: number, map: number): string {
  const shape = name === exhibit.input.name ? exhibit.input.shape : exhibit.layers.find((layer) => layer.name === name)!.shape;
  const picture = pictureShape(exhibit, name);
  if (shape.length === 1) return `trace["${name}"][${(row * picture[1] + column) * picture[2] + map}]`;
  return `trace["${name}"][${shape.length === 3 ? `${row}, ` : ""}${column}, ${map}]`;
}

/** The slices of input and kernel that lie inside the map, along one axis. */
function slices(step: Step, axis: number, length: number): [string, string] {
  const taps = tapsOf(step.layer, axis ? step.column : step.row, axis, windowOf(step.layer)![axis]);
  const inside = taps.map((tap, index) => ({ tap, index })).filter(({ tap }) => tap >= 0 && tap < length);
  if (!inside.length) return ["0:0", "0:0"];
  const [first, last] = [inside[0], inside[inside.length - 1]];
  const dilation = step.layer.settings.dilation_rate?.[axis] ?? 1;
  return [`${first.tap}:${last.tap + 1}${dilation > 1 ? `:${dilation}` : ""}`, `${first.index}:${last.index + 1}`];
}

function windowed(exhibit: Exhibit, step: Step, channels: string): { x: string; taps: string } {
  const [source] = step.layer.inputs;
  const [height, width] = pictureShape(exhibit, source);
  const parts = [slices(step, 0, height), slices(step, 1, width)].slice(step.layer.shape.length === 2 ? 1 : 0);
  return { x: `trace["${source}"][${parts.map((part) => part[0]).join(", ")}, ${channels}]`, taps: parts.map((part) => part[1]).join(", ") };
}

function bias(step: Step): { weights: string[]; plus: string } {
  return step.bias === null ? { weights: [], plus: "" } : { weights: [`bias = weights["bias"]`], plus: ` + bias[${step.map}]` };
}

function convolutionExpression(exhibit: Exhibit, step: Step): Expression {
  const { layer, map, groups } = step;
  const separable = layer.kind.startsWith("Separable");
  const depthwise = layer.operation === "depthwise_convolution";
  const [first, last] = [groups[0].map, groups[groups.length - 1].map];
  const grouped = layer.settings.groups > 1;
  const { x, taps } = windowed(exhibit, step, depthwise ? `${first}` : grouped ? `${first}:${last + 1}` : ":");
  const { weights, plus } = bias(step);
  const multiplier = layer.weights.kernel.shape[3];
  const kernel = separable
    ? [`deep, mixed = weights["depthwise_kernel"], weights["pointwise_kernel"][0, 0]`, `kernel = np.einsum("hwcm,cmo->hwco", deep, mixed.reshape(*deep.shape[2:], -1))`]
    : [`kernel = weights["kernel"]`];
  const [kernelHeight, kernelWidth] = windowOf(layer)!;
  const all = layer.shape.length === 2 ? `0:${kernelWidth}` : `0:${kernelHeight}, 0:${kernelWidth}`;
  const whole = !depthwise && taps === all;
  const tail = depthwise ? `${first}, ${map % multiplier}` : `:, ${map}`;
  return { weights: [...kernel, ...weights], before: [`x = ${x}`], sum: `(x * kernel[${whole ? `..., ${map}` : `${taps}, ${tail}`}]).sum()${plus}` };
}

const EXPRESSIONS: Readonly<Record<string, (exhibit: Exhibit, step: Step) => Expression>> = {
  convolution: convolutionExpression,
  depthwise_convolution: convolutionExpression,
  dense: (_, step) => {
    const { weights, plus } = bias(step);
    const [source] = step.layer.inputs;
    const line = step.layer.shape.length === 3 ? `[${step.row}, ${step.column}]` : step.layer.shape.length === 2 ? `[${step.column}]` : "";
    return { weights: [`kernel = weights["kernel"]`, ...weights], sum: `trace["${source}"]${line} @ kernel[:, ${step.map}]${plus}` };
  },
  pooling: (exhibit, step) => ({ weights: [], sum: `${windowed(exhibit, step, `${step.map}`).x}.${step.rule === "mean" ? "mean" : "max"}()` }),
  global_pooling: (_, step) => ({ weights: [], sum: `trace["${step.layer.inputs[0]}"][..., ${step.map}].${step.rule === "mean" ? "mean" : "max"}()` }),
  scale_and_shift: (exhibit, step) => ({
    weights: [],
    sum: `${indexOf(exhibit, step.layer.inputs[0], step.row, step.column, step.map)} * ${literal(step.groups[0].terms[0].weight!)} + ${literal(step.bias!)}`,
  }),
  prelu: (exhibit, step) => ({
    weights: [],
    sum: `${indexOf(exhibit, step.layer.inputs[0], step.row, step.column, step.map)} * ${literal(step.groups[0].terms[0].weight!)}`,
  }),
  add: (exhibit, step) => ({ weights: [], sum: step.layer.inputs.map((name) => indexOf(exhibit, name, step.row, step.column, step.map)).join(" + ") }),
  concatenate: copyExpression,
  zero_padding: copyExpression,
  copy: copyExpression,
};

function copyExpression(exhibit: Exhibit, step: Step): Expression {
  const [{ source, map, terms }] = step.groups;
  return { weights: [], sum: terms[0].inside ? indexOf(exhibit, source, terms[0].row, terms[0].column, map) : "0.0" };
}
