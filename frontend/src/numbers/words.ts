/** A step in one plain sentence, and as NumPy. */
import type { Exhibit, Layer } from "../bundle";
import type { Use } from "../graph/graph";
import type { Shape } from "../graph/tensor";
import { count, DECIMALS, formatNumber, shownProduct } from "./digits";
import { handsOn, pictureShape } from "./graph";
import { curveOf, isScaling, mainOf, partsOf } from "./parts";
import type { Step } from "./step";

const ACTIVATION_NAMES: Readonly<Record<string, string>> = {
  relu: "ReLU",
  relu6: "ReLU6",
  elu: "ELU",
  celu: "CELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  leaky_relu: "leaky ReLU",
};
export const activationName = (curve: string): string => ACTIVATION_NAMES[curve] ?? curve;

interface Shaped {
  readonly shape: Shape;
}
export const isUnit = ({ shape }: Shaped): boolean => shape.length !== 2 && shape.length !== 3;
export const nameOfMap = (of: Shaped, map: number): string => (isUnit(of) ? `unit ${map}` : `map ${map}`);

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** What a layer does to each of its values, whatever the picture. */
export function whatItDoes(exhibit: Exhibit, layer: Layer): string {
  const parts = partsOf(layer);
  if (!layer.graph) return `Computed by Python: ${layer.note}.`;
  const last = parts[parts.length - 1];
  const use = mainOf(last);
  const curve = curveOf(last);
  const does =
    parts.length > 1
      ? ""
      : use
        ? doing(exhibit, layer, use)
        : curve === "linear"
          ? "Passes every value on unchanged"
          : "Works on each value separately";
  return does ? `${does}${curve === "linear" ? "" : `; ${afterwards(curve)}`}.` : `${capital(layer.words)}.`;
}

/** What a primitive does in a layer; empty where the layer's kind says it better. */
function doing(exhibit: Exhibit, layer: Layer, use: Use): string {
  const graph = layer.graph!;
  const shapes = use.inputs.map((input) => graph.values[input].shape);
  const bias = shapes.length > 2 ? ", and one bias" : "";
  if (use.do === "convolve" && graph.values[use.inputs[1]].static) {
    const window = shapes[1].slice(0, 2).join(" × ");
    if (layer.kind.startsWith("Depthwise")) return `Slides a ${window} kernel of its own over one input map`;
    const maps =
      pictureShape(exhibit, layer.inputs[0])[2] === 1
        ? "1 input map through its own"
        : `${count(shapes[1][2])} input maps, each through its own`;
    return layer.kind.includes("Transpose") ? "" : `Adds ${maps} ${window} kernel${bias}`;
  }
  if (use.do === "contract" && layer.kind === "Dense")
    return `Adds ${count(shapes[1][0])} numbers, each times its own weight${bias}`;
  if (use.do === "pool" && layer.kind.includes("Pooling")) {
    const { kind, window } = use.settings;
    if (layer.kind.startsWith("Global"))
      return kind === "max" ? "Keeps the largest value of the whole map" : "Takes the mean of the whole map";
    return kind === "max"
      ? `Keeps the largest of each ${window.join(" × ")} window`
      : `Takes the mean of each ${window.join(" × ")} window`;
  }
  if (isScaling(graph, use)) return "Multiplies every value of a map by one number and adds another";
  if (layer.kind === "Add") return `Adds ${layer.inputs.length} maps, value by value`;
  if (use.do === "join" && layer.kind === "Concatenate")
    return `Puts ${layer.inputs.length} stacks of maps, one after the other`;
  if (layer.kind.startsWith("ZeroPadding")) return "Puts zeros around every map";
  return handsOn(layer) ? "Passes every value on unchanged" : "";
}

function afterwards(curve: string): string {
  if (curve === "relu") return "ReLU keeps what is above 0";
  if (curve === "softmax") return "softmax turns the sums into probabilities";
  return `then ${activationName(curve)}`;
}

/** What the activation does with a sum, in a few words. */
export function howItBends(step: Step): string {
  const name = curveOf(step.part);
  const sum = formatNumber(step.sum);
  if (name === "linear") return "the value";
  return name === "relu" ? `ReLU: the larger of 0 and ${sum}` : `${activationName(name)} of ${sum}`;
}

/** The numbers of one step, in words. */
export function sentenceOf(step: Step): string {
  const [first] = step.groups;
  const [one] = first.terms;
  const total = formatNumber(step.sum);
  if (step.measured) return `${measuredSentence(step, step.measured)}${after(step)}.`;
  if (step.rule === "largest") {
    const inside = step.groups.flatMap((group) =>
      group.terms.filter((term) => term.inside).map((term) => ({ group, term })),
    );
    const winner = inside.find(({ term }) => term.product === step.sum);
    return `The largest of ${count(inside.length)} values is ${total}${winner ? `, at row ${winner.term.row}, column ${winner.term.column} of ${winner.group.name} of ${winner.group.source}` : ""}${after(step)}.`;
  }
  if (step.rule === "product") {
    const factors = step.groups.map((group) => ({ name: group.name, value: group.terms[0].input }));
    const product = shownProduct(factors.map(({ value }) => value));
    return `${factors.map(({ name, value }) => `${formatNumber(value, DECIMALS)} (${name})`).join(" times ")} is ${formatNumber(product, DECIMALS)}${after(step)}.`;
  }
  if (step.rule === "mean") {
    const inside = first.terms.filter((term) => term.inside).length;
    return `${count(inside)} values add up to ${formatNumber(first.subtotal)}; divided by ${count(inside)} that is ${total}${after(step)}.`;
  }
  if (step.rule === "copy") {
    if (!one.inside) return `A zero from the padding around the map.`;
    return `It takes ${total} from row ${one.row}, column ${one.column} of ${first.name} of ${first.source}${after(step) || ", unchanged"}.`;
  }
  if (step.scaling) {
    const shift = step.bias === null ? "" : `, plus ${formatNumber(step.bias, 6)}`;
    return `${formatNumber(one.input, 6)} times ${formatNumber(one.weight ?? 1, 6)}${shift}, is ${total}${after(step)}.`;
  }
  if (step.use?.do === "add")
    return `${step.groups.map((group) => `${formatNumber(group.subtotal)} (${group.name})`).join(" and ")} make ${total}${after(step)}.`;
  return sumSentence(step) + after(step) + ".";
}

function measuredSentence({ rule, groups, sum }: Step, { own, mean, size }: NonNullable<Step["measured"]>): string {
  const [n, divided] = [count(groups[0].terms.length), formatNumber(size, 6)];
  if (rule === "length")
    return `${formatNumber(own, 6)} is divided by the length of ${n} values, ${divided}: ${formatNumber(sum)}`;
  if (rule === "root mean square")
    return `${formatNumber(own, 6)} is divided by the root of the mean square of ${n} values, ${divided}: ${formatNumber(sum)}`;
  return `${formatNumber(own, 6)} less ${formatNumber(mean, 6)}, the mean of ${n} values, is divided by their deviation, ${divided}: ${formatNumber(sum)}`;
}

function sumSentence(step: Step): string {
  const several = step.groups.length > 1;
  const parts = several ? step.groups.map((group) => group.subtotal) : step.groups[0].terms.map((term) => term.product);
  const outcome = step.bias === null ? "That makes" : "With the bias that makes";
  const pushed = parts.length > 1 ? `: ${howTheyPush(parts)}` : "";
  return `${whatIsAdded(step)}${pushed}. ${outcome} ${formatNumber(step.sum)}`;
}

function whatIsAdded({ groups, use }: Step): string {
  const [{ name, height, width, terms }] = groups;
  const n = count(groups.length);
  if (groups.length === 1 && terms.length === 1) return "It is one number times its weight";
  if (groups.length === 1)
    return use?.do === "convolve"
      ? `It adds the ${count(terms.length)} products of a window and its ${height} × ${width} kernel`
      : `It adds ${count(terms.length)} products, each a number times its own weight`;
  if (name.startsWith("unit")) return `It adds ${n} inputs, each times its own weight`;
  if (use?.do === "convolve") return `It adds ${n} input maps, each through its own ${height} × ${width} kernel`;
  return terms.length > 1
    ? `It adds ${n} input maps, each number times its own weight`
    : `It adds ${n} input maps, each times its own weight`;
}

/** How many parts of a sum raise it, lower it, and do neither. */
function howTheyPush(parts: readonly number[]): string {
  const up = parts.filter((part) => part > 0).length;
  const down = parts.filter((part) => part < 0).length;
  const neither = parts.length - up - down;
  const clauses = [
    up > 0 && (up === 1 ? "1 pushes it up" : `${count(up)} push it up`),
    down > 0 && (down === 1 ? "1 pushes it down" : `${count(down)} push it down`),
    neither > 0 && (neither === 1 ? "1 leaves it as it is" : `${count(neither)} leave it as it is`),
  ];
  return clauses.filter(Boolean).join(", ");
}

function after(step: Step): string {
  if (!step.curve) return "";
  const name = curveOf(step.part);
  if (step.line && name === "softmax") {
    const total = step.line.exponentials.reduce((sum, value) => sum + value, 0);
    return `; its exponential ${formatNumber(step.line.exponentials[step.line.index], 6)} is divided by the sum of all ${count(step.line.sums.length)}, ${formatNumber(total, 6)}: ${formatNumber(step.value, 6)}`;
  }
  if (name === "relu" && step.value === step.sum) return ". It is above 0, so ReLU keeps it";
  if (name === "relu" && step.value === 0) return ". It is not above 0, so ReLU gives 0";
  return `; ${activationName(name)} makes it ${formatNumber(step.value)}`;
}
