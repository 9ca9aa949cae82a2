/** A step as NumPy: an expression that gives the same number, with `np`, and `trace` from `convscope.record_trace`. */
import type { Exhibit } from "../bundle";
import type { UseOf, Value } from "../graph/graph";
import type { CurveUse } from "../graph/layer";
import { onlyReshapes } from "../primitives/pick";
import { formatNumber, MINUS } from "./digits";
import { layerOf, pictureShape } from "./graph";
import type { Step } from "./step";

const MOST_NUMBERS = 64; // that are written out

interface Expression {
  weights?: string[];
  before?: string[];
  sum: string;
}

/** The lines; none where too many numbers would have to be written out. */
export function asNumPy(exhibit: Exhibit, step: Step): string[] {
  const { layer, map } = step;
  const written = expression(exhibit, step);
  if (!written) return [];
  const lines = written.weights?.length ? [`weights = trace.layer("${layer.name}").weights`, ...written.weights] : [];
  lines.push(...(written.before ?? []));
  const gives = `  # ${formatNumber(step.value, 6).replace(MINUS, "-").replaceAll(",", "")}`;
  if (!step.line) return [...lines, activated(step.curve, written.sum) + gives];
  const log = step.curve?.do === "softmax" && step.curve.settings.log;
  const share = (shares: string, where: string): string => `${log ? "np.log" : ""}(${shares})[${where}]`;
  if (step.part.key !== layer.name || step.part.path.length > 1) {
    if (step.line.sums.length > MOST_NUMBERS) return [];
    return [
      `s = ${array(step.line.sums)}`,
      `e = np.exp(s - s.max())`,
      share("e / e.sum()", String(step.line.index)) + gives,
    ];
  }
  const where =
    layer.shape.length === 3
      ? `${step.row}, ${step.column}, ${map}`
      : layer.shape.length === 2
        ? `${step.column}, ${map}`
        : `${map}`;
  const axis = (step.curve as UseOf<"softmax">).settings.axis - layer.shape.length;
  return [
    ...lines,
    `s = trace.layer("${layer.name}").pre_activation.astype(float)`,
    `s[${where}] = ${written.sum}`,
    `e = np.exp(s - s.max(axis=${axis}, keepdims=True))`,
    share(`e / e.sum(axis=${axis}, keepdims=True)`, where) + gives,
  ];
}

function activated(curve: CurveUse | null, sum: string): string {
  if (curve?.do !== "bend") return sum;
  const { curve: name, how } = curve.settings;
  if (name === "relu" && !how.length) return `np.maximum(0, ${sum})`;
  return `convscope.arithmetic.activate("${name}", ${sum}${how.map(([key, value]) => `, ${key}=${value}`).join("")})`;
}

const literal = (value: number): string =>
  Number.isFinite(value) ? String(value) : `float("${value}")`.replace("Infinity", "inf");
const array = (values: readonly number[]): string => `np.array([${values.map(literal).join(", ")}])`;

function expression(exhibit: Exhibit, step: Step): Expression | null {
  const { layer, use, groups, rule } = step;
  const values = layer.graph!.values;
  const plain = step.part.key === layer.name && step.part.path.length === 1;
  const fromInputs = groups.every(({ source }) => source === exhibit.input.name || layerOf(exhibit, source));
  if (plain && use?.do === "convolve" && /^(Depthwise)?Conv[12]D$/.test(layer.kind) && isSource(values, use.inputs[0]))
    return convolution(exhibit, step, use);
  if (plain && use?.do === "contract" && layer.kind === "Dense") return dense(step);
  if (plain && use?.do === "pool" && layer.kind.includes("Pooling") && isSource(values, use.inputs[0])) {
    const how = rule === "mean" ? "mean" : "max";
    if (layer.kind.startsWith("Global")) return { sum: `trace["${layer.inputs[0]}"][..., ${step.map}].${how}()` };
    return { sum: `${windowed(exhibit, step, use, `${step.map}`).x}.${how}()` };
  }
  const [first] = groups;
  const terms = groups.flatMap((group) => group.terms.map((term) => ({ group, term })));
  if (terms.length === 1 && fromInputs) {
    const [{ term }] = terms;
    const one = term.inside ? indexOf(exhibit, first.source, term.row, term.column, first.map) : "0.0";
    return { sum: `${one}${term.weight === null ? "" : ` * ${literal(term.weight)}`}${plus(step)}` };
  }
  if (terms.length > MOST_NUMBERS) return null;
  if (step.measured) {
    const epsilon = literal((use as UseOf<"normalize">).settings.epsilon);
    const size =
      rule === "deviation"
        ? `np.sqrt(x.var() + ${epsilon})`
        : rule === "length"
          ? `np.sqrt(max((x**2).sum(), ${epsilon}))`
          : `np.sqrt((x**2).mean() + ${epsilon})`;
    return {
      before: [`x = ${array(first.terms.map((term) => term.input))}`],
      sum: `(${literal(step.measured.own)}${rule === "deviation" ? " - x.mean()" : ""}) / ${size}`,
    };
  }
  const numbers = terms.map(({ group, term }) =>
    term.inside && fromInputs && groups.length === terms.length && terms.length < 5
      ? indexOf(exhibit, group.source, term.row, term.column, group.map)
      : literal(term.input),
  );
  if (rule === "product") return { sum: numbers.join(" * ") };
  if (rule === "largest")
    return { sum: `max(${terms.flatMap(({ term }, index) => (term.inside ? [numbers[index]] : [])).join(", ")})` };
  if (rule === "mean")
    return {
      sum: `np.mean([${terms.flatMap(({ term }, index) => (term.inside ? [numbers[index]] : [])).join(", ")}])`,
    };
  if (use?.do === "add" || terms.length === 1)
    return {
      sum: `${numbers.map((number, index) => (terms[index].term.weight === null ? number : `${number} * ${literal(terms[index].term.weight!)}`)).join(" + ")}${plus(step)}`,
    };
  return {
    before: [
      `x = ${array(terms.map(({ term }) => term.input))}`,
      `w = ${array(terms.map(({ term }) => term.weight ?? 1))}`,
    ],
    sum: `(x * w).sum()${plus(step)}`,
  };
}

const plus = (step: Step): string => (step.bias === null ? "" : ` + ${literal(step.bias)}`);

/** Is it what the layer was given, perhaps in another shape? */
function isSource(values: readonly Value[], number: number): boolean {
  const value = values[number];
  return !value.do
    ? !value.static
    : value.do === "pick" && onlyReshapes(value.settings) && isSource(values, value.inputs[0]);
}

/** Python's index of a place, in an array of the layer's own number of axes. */
function indexOf(exhibit: Exhibit, name: string, row: number, column: number, map: number): string {
  const shape = name === exhibit.input.name ? exhibit.input.shape : layerOf(exhibit, name)!.shape;
  const picture = pictureShape(exhibit, name);
  if (shape.length === 3) return `trace["${name}"][${row}, ${column}, ${map}]`;
  if (shape.length === 2) return `trace["${name}"][${column}, ${map}]`;
  return `trace["${name}"]${shape.length === 1 ? "" : ".ravel()"}[${(row * picture[1] + column) * picture[2] + map}]`;
}

/** The slices of input and kernel that lie inside the map, along one axis. */
function slices(
  place: number,
  length: number,
  window: number,
  stride: number,
  before: number,
  dilation: number,
): [string, string] {
  const inside = Array.from({ length: window }, (_, index) => ({
    tap: place * stride - before + index * dilation,
    index,
  })).filter(({ tap }) => tap >= 0 && tap < length);
  if (!inside.length) return ["0:0", "0:0"];
  const [first, last] = [inside[0], inside[inside.length - 1]];
  return [`${first.tap}:${last.tap + 1}${dilation > 1 ? `:${dilation}` : ""}`, `${first.index}:${last.index + 1}`];
}

function windowed(
  exhibit: Exhibit,
  step: Step,
  use: UseOf<"convolve"> | UseOf<"pool">,
  channels: string,
): { x: string; taps: string } {
  const [source] = step.layer.inputs;
  const size = pictureShape(exhibit, source);
  const { strides, sides } = use.settings;
  const [window, dilation] =
    use.do === "pool"
      ? [use.settings.window, [1, 1]]
      : [step.layer.graph!.values[use.inputs[1]].shape, use.settings.dilation];
  const parts = [step.row, step.column]
    .map((place, axis) => slices(place, size[axis], window[axis], strides[axis], sides[axis][0], dilation[axis]))
    .slice(step.layer.shape.length === 2 ? 1 : 0);
  return {
    x: `trace["${source}"][${parts.map((part) => part[0]).join(", ")}, ${channels}]`,
    taps: parts.map((part) => part[1]).join(", "),
  };
}

function bias(step: Step): { weights: string[]; plus: string } {
  return step.bias === null
    ? { weights: [], plus: "" }
    : { weights: [`bias = weights["bias"]`], plus: ` + bias[${step.map}]` };
}

function convolution(exhibit: Exhibit, step: Step, use: UseOf<"convolve">): Expression {
  const { layer, map, groups } = step;
  const depthwise = layer.kind.startsWith("Depthwise");
  const [first, last] = [groups[0].map, groups[groups.length - 1].map];
  const { x, taps } = windowed(
    exhibit,
    step,
    use,
    depthwise ? `${first}` : use.settings.groups > 1 ? `${first}:${last + 1}` : ":",
  );
  const { weights, plus } = bias(step);
  const [height, width] = layer.graph!.values[use.inputs[1]].shape;
  const all = layer.shape.length === 2 ? `0:${width}` : `0:${height}, 0:${width}`;
  const { shape } = layer.weights.kernel;
  const tail = depthwise ? `${first}, ${map % shape[shape.length - 1]}` : `:, ${map}`;
  return {
    weights: [`kernel = weights["kernel"]`, ...weights],
    before: [`x = ${x}`],
    sum: `(x * kernel[${!depthwise && taps === all ? `..., ${map}` : `${taps}, ${tail}`}]).sum()${plus}`,
  };
}

function dense(step: Step): Expression {
  const { weights, plus } = bias(step);
  const { inputs, shape } = step.layer;
  const line = shape.length === 3 ? `[${step.row}, ${step.column}]` : shape.length === 2 ? `[${step.column}]` : "";
  return {
    weights: [`kernel = weights["kernel"]`, ...weights],
    sum: `trace["${inputs[0]}"]${line} @ kernel[:, ${step.map}]${plus}`,
  };
}
