/** The parts of a layer that a learner can look at: an LSTM's gates, or the two halves of a separable convolution. */
import { t } from "../language/catalogue";
import type { Exhibit, Layer } from "../bundle";
import type { Graph, Use } from "../graph/graph";
import { isCurve, isOnTheWay } from "../graph/layer";
import { sameShape, type Shape, type Tensor } from "../graph/tensor";
import type { LayerValues, Pass } from "../network";
import { stacked, stepsOf } from "../primitives/scan";

export interface Part {
  layer: Layer;
  /** What the learner calls it. */
  name: string;
  /** What its numbers are called among those of the network: the last part's are the layer's own. */
  key: string;
  shape: Shape;
  /** Which scans to go into, and the number of the value; empty for a layer that Python computed. */
  path: readonly number[];
}

const BETWEEN = " · ";

/** What is inside a layer, by name. */
export const keyOf = (layer: Layer, name: string): string => `${layer.name}${BETWEEN}${name}`;

const known = new WeakMap<Layer, Part[]>();

/** The parts of a layer, in the order of computation; the last one is what the layer hands on. */
export function partsOf(layer: Layer): readonly Part[] {
  const found = known.get(layer) ?? listed(layer);
  known.set(layer, found);
  return found;
}

function listed(layer: Layer): Part[] {
  const own = { layer, key: layer.name, shape: layer.shape };
  if (!layer.graph) return [{ ...own, name: "", path: [] }];
  const path = pathOfLast(layer.graph, layer.graph.outputs[0]);
  const isOwn = (one: { path: number[]; shape: Shape }): boolean =>
    one.path.join() === path.join() && (path.length < 2 || sameShape(one.shape, layer.shape));
  const found = named(layer.graph, [], []).filter((one) => !isOwn(one));
  const last = nameAt(layer.graph, path);
  const names = new Map<string, number>();
  const parts = found.map(({ name, path, shape }) => {
    const times = (names.get(name) ?? 0) + 1;
    names.set(name, times);
    const told = times > 1 ? `${name} (${times})` : name === last ? t("{name}, step by step", { name }) : name;
    return { layer, name: told, key: keyOf(layer, told), shape, path };
  });
  return [...parts, { ...own, name: last, path }];
}

/** What a value is called; where that is no more than its curve's name, what the curve is given. */
function nameAt(graph: Graph, [first, ...rest]: readonly number[]): string {
  const value = graph.values[first];
  if (!value?.do) return "";
  if (rest.length && value.do === "scan") return nameAt(value.settings.body, rest);
  const before = isCurve(value) ? graph.values[value.inputs[0]] : null;
  const isPlain =
    value.do === "bend"
      ? value.part === value.settings.curve
      : value.do === "softmax" && value.part.endsWith("softmax");
  return isPlain && before?.do && before.part ? before.part : value.part;
}

/** Named values, with those in the body of a scan, whose steps stand one behind the other. */
function named(graph: Graph, path: readonly number[], steps: Shape): { name: string; path: number[]; shape: Shape }[] {
  return graph.values.flatMap((value, number) => {
    if (value.do === "scan") return named(value.settings.body, [...path, number], [...steps, value.shape[0]]);
    return value.do && value.part && !value.static && !isTakenUp(graph, number)
      ? [{ name: value.part, path: [...path, number], shape: [...steps, ...value.shape] }]
      : [];
  });
}

/** Where what a value shows was computed: behind moves, and in the body of a scan. */
function pathOfLast(graph: Graph, number: number): number[] {
  const value = graph.values[number];
  if (isOnTheWay(value)) return pathOfLast(graph, value.inputs[0]);
  if (value.do === "scan")
    return [
      number,
      ...pathOfLast(value.settings.body, value.settings.body.outputs[value.settings.body.outputs.length - 1]),
    ];
  return [number];
}

function valueAt(graph: Graph, [first, ...rest]: readonly number[]): Use | null {
  const value = graph.values[first];
  if (!value?.do) return null;
  return rest.length && value.do === "scan" ? valueAt(value.settings.body, rest) : value;
}

const users = new WeakMap<Graph, number[][]>();

/** Who uses each value; −1 for an output. */
function usersOf(graph: Graph): number[][] {
  let found = users.get(graph);
  if (!found) {
    const made: number[][] = graph.values.map(() => []);
    const { before } = graph as { before?: number };
    graph.values.forEach(
      (value, number) =>
        value.do && !isCopy(graph, number, before) && value.inputs.forEach((input) => made[input].push(number)),
    );
    graph.outputs.forEach((number) => made[number].push(-1));
    users.set(graph, (found = made));
  }
  return found;
}

/** The moves that were made once more with the sums are nobody's use of them. */
const isCopy = (graph: Graph, number: number, before?: number): boolean =>
  before !== undefined && before !== graph.outputs[0] && number > graph.outputs[0];

/** One number times a number, plus a number: such steps are told as one. */
export function isScaling(graph: Graph, value: Use): boolean {
  const changing = value.inputs.filter((input) => !graph.values[input].static).length;
  return (
    changing === 1 &&
    (value.do === "add" || value.do === "multiply" || (value.do === "normalize" && value.inputs.length > 1))
  );
}

/** Is the value told together with the next one, its activation or its scale and shift? */
export function isTakenUp(graph: Graph, number: number): boolean {
  const own = graph.values[number];
  for (let at = number; ;) {
    const [user, ...others] = usersOf(graph)[at];
    if (user === undefined || user < 0 || others.length || !own.do || isCurve(own)) return false;
    const next = graph.values[user];
    if (isCurve(next)) return true;
    if (next.do && isScaling(graph, own) && isScaling(graph, next)) return true;
    if (!isOnTheWay(next)) return false;
    at = user;
  }
}

/** The numbers of a value, or of all steps of one in a body. */
function tensorAt(values: readonly Tensor[], [first, ...rest]: readonly number[]): Tensor {
  return rest.length ? stacked(stepsOf(values[first]).map((step) => tensorAt(step, rest))) : values[first];
}

const shown = new WeakMap<LayerValues, Map<Part, { sums: Tensor; out: Tensor }>>();

/** The numbers of a part, before and after its activation; null where there are none. */
export function partTensors(pass: Pass, part: Part): { sums: Tensor; out: Tensor } | null {
  const values = pass.layers.get(part.layer.name);
  if (!values) return null;
  const found = shown.get(values) ?? new Map<Part, { sums: Tensor; out: Tensor }>();
  shown.set(values, found);
  let one = found.get(part);
  if (!one) {
    const own = part.layer.graph && part.path.length ? valueAt(part.layer.graph, part.path) : null;
    const path = own && isCurve(own) ? [...part.path.slice(0, -1), own.inputs[0]] : part.path;
    const isLast = part.key === part.layer.name;
    const out = isLast ? values.activation : tensorAt(values.values, part.path);
    const sums = isLast && part.path.length < 2 ? values.preActivation : tensorAt(values.values, path);
    found.set(part, (one = { out, sums: sums.data.length === out.data.length ? sums : out }));
  }
  return one;
}

/** The activation that a part ends with. */
export function curveOf(part: Part): string {
  const own = part.layer.graph && valueAt(part.layer.graph, part.path);
  return !own
    ? part.layer.function
    : own.do === "bend"
      ? own.settings.curve
      : own.do === "softmax"
        ? own.settings.log
          ? "log_softmax"
          : "softmax"
        : "linear";
}

/** What computes a part before its activation: null where that is a number that is handed on. */
export function mainOf(part: Part): Use | null {
  let graph: Graph | null = part.layer.graph;
  if (!graph) return null;
  for (const number of part.path.slice(0, -1)) graph = (graph.values[number] as Use & { do: "scan" }).settings.body;
  let value = graph.values[part.path[part.path.length - 1]];
  if (value?.do && isCurve(value)) {
    let number = value.inputs[0];
    for (value = graph.values[number]; isOnTheWay(value); value = graph.values[number]) number = value.inputs[0];
    if (value.do && value.part && !isTakenUp(graph, number)) return null;
  }
  return value?.do ? value : null;
}

const byKey = new WeakMap<Exhibit, Map<string, Part>>();

/** Find a layer's last part by the layer's name, or an inner one by its own. */
export function partOf(exhibit: Exhibit, key: string): Part | undefined {
  let found = byKey.get(exhibit);
  if (!found)
    byKey.set(
      exhibit,
      (found = new Map(exhibit.layers.flatMap((layer) => partsOf(layer).map((part) => [part.key, part] as const)))),
    );
  return found.get(key);
}
