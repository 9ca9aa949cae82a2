/** One value of a layer, taken apart into its terms. */
import { nameText } from "./names";
import { msg, t } from "../language/catalogue";
import { largest } from "./extent";
import type { Exhibit, Layer } from "../bundle";
import { CURVES, howOf } from "../graph/curves";
import { apartOf, type Graph, type Rule as PrimitiveRule, type Use } from "../graph/graph";
import { isCurve, isOnTheWay, type CurveUse } from "../graph/layer";
import { asImage, flatOf, isInside, placeOf, type Place, type Shape, type Tensor } from "../graph/tensor";
import type { Pass } from "../network";
import { stepsOf } from "../primitives/scan";
import { mapsBehind, pictureChannel, pictureShape, weightOf } from "./graph";
import { isScaling, isTakenUp, keyOf, partOf, partsOf, type Part } from "./parts";

export interface Term {
  /** Where in the map that it comes from; outside of it lies padding. */
  row: number;
  column: number;
  inside: boolean;
  input: number;
  /** Nothing where nothing is multiplied. */
  weight: number | null;
  product: number;
}

/** The terms that come from one map: a window of `height` by `width`. */
export interface Group {
  source: string;
  map: number;
  name: string;
  height: number;
  width: number;
  terms: Term[];
  subtotal: number;
}

export type Rule = Exclude<PrimitiveRule, "curve" | "share" | "log share">;

export interface Step {
  layer: Layer;
  part: Part;
  row: number;
  column: number;
  map: number;
  rule: Rule;
  /** The primitive that does it; null where a number is handed on. */
  use: Use | null;
  /** One number times a number, perhaps plus another. */
  scaling: boolean;
  groups: Group[];
  bias: number | null;
  /** Of a normalization: the number itself, the mean of all, and what it is divided by. */
  measured: { own: number; mean: number; size: number } | null;
  sum: number;
  curve: CurveUse | null;
  value: number;
  /** What stands on the map. */
  shown: number;
  /** Of a softmax: the line's sums, the exponentials of sum minus largest, and which one this is. */
  line: { sums: number[]; exponentials: number[]; index: number } | null;
}

/** The values of a graph: a layer's, or those of one step of a scan in another. */
interface Frame {
  graph: Graph;
  values: readonly Tensor[];
  path: readonly number[];
  times: readonly number[];
  outer: { frame: Frame; scan: Use & { do: "scan" }; time: number } | null;
}

/** One number of a value; a zero that was put in has no place. */
interface Spot {
  frame: Frame;
  number: number;
  place: Place | null;
}

interface Taken {
  rule: Rule;
  terms: { spot: Spot; weight: number | null }[];
  bias: number | null;
}

/** Whose a value's numbers are, and the shape in which they are shown. */
interface Owner {
  source: string;
  shape: Shape;
}

interface Where {
  exhibit: Exhibit;
  layer: Layer;
  /** What is known of the values of a frame, by their numbers. */
  owners: Map<Frame, Map<number, Owner>>;
}

/** Take one value apart; null where Python computed it, or there is none. */
export function stepOf(
  exhibit: Exhibit,
  pass: Pass,
  part: Part,
  row: number,
  column: number,
  map: number,
): Step | null {
  const { layer } = part;
  const values = pass.layers.get(layer.name)?.values;
  if (!layer.graph || !values?.length) return null;
  const [, width, channels] = pictureShape(exhibit, part.key);
  const flat = (row * width + column) * channels + map;
  const top: Frame = { graph: layer.graph, values, path: [], times: [], outer: null };
  const isLast = part.key === layer.name;
  const here = isLast
    ? follow({ frame: top, number: layer.graph.outputs[0], place: placeOf(part.shape, flat) })
    : inside(top, part.path, placeOf(part.shape, flat));
  const [curve, summed] = bent(here);
  const use = primitiveAt(summed);
  const computed =
    use !== null &&
    summed.place !== null &&
    (curve === null || !use.part || isTakenUp(summed.frame.graph, summed.number));
  const taken: Taken = computed
    ? takenApart(use, summed)
    : { rule: "copy", terms: [{ spot: summed, weight: null }], bias: null };
  const { rule, bias } = taken;
  const measured = measuredBy(taken, use);
  const terms = measured ? taken.terms.slice(1) : rule === "sum" ? withoutZeros(taken.terms) : taken.terms;
  const groups = grouped({ exhibit, layer, owners: new Map() }, terms, computed ? use : null, measured !== null);
  if (rule === "product" && groups.length === 2) pairUp(groups[0].terms[0], groups[1].terms[0]);
  const sum = measured ? (measured.own - measured.mean) / measured.size : totalOf(rule, groups, bias);
  const line = curve?.do === "softmax" ? lineOf(curve, here, summed, sum) : null;
  const shown = here.place ? numberAt(here) : 0;
  const value = valueOf(curve, sum, line);
  return {
    layer,
    part,
    row,
    column,
    map,
    rule,
    use: computed ? use : null,
    scaling: computed && isScaling(summed.frame.graph, use),
    groups,
    bias,
    measured,
    sum,
    curve,
    value,
    shown,
    line,
  };
}

const primitiveAt = ({ frame, number }: Spot): Use | null => {
  const value = frame.graph.values[number];
  return value.do ? value : null;
};

const numberAt = ({ frame, number, place }: Spot): number =>
  place ? frame.values[number].data[flatOf(frame.values[number].shape, place)] : 0;

/** Go into the scans of a part's path; the first indices of the place are the steps. */
function inside(frame: Frame, [number, ...rest]: readonly number[], place: Place): Spot {
  return rest.length ? inside(stepFrame(frame, number, place[0]), rest, place.slice(1)) : { frame, number, place };
}

function stepFrame(frame: Frame, number: number, time: number): Frame {
  const scan = frame.graph.values[number] as Use & { do: "scan" };
  return {
    graph: scan.settings.body,
    values: stepsOf(frame.values[number])[time],
    path: [...frame.path, number],
    times: [...frame.times, time],
    outer: { frame, scan, time },
  };
}

/** Follow a number through what only moves it, into the steps of a scan and out of them, to where it was computed. */
function follow(spot: Spot): Spot {
  const { frame, number, place } = spot;
  if (!place) return spot;
  const value = frame.graph.values[number];
  if (value.do === "scan") {
    const { body } = value.settings;
    return follow({
      frame: stepFrame(frame, number, place[0]),
      number: body.outputs[body.outputs.length - 1],
      place: place.slice(1),
    });
  }
  if (value.do && (isOnTheWay(value) || (value.do === "join" && !value.part))) {
    const [term] = apartOf(value, frame.values, place).terms;
    return term ? follow({ frame, number: value.inputs[term.input], place: term.place }) : { ...spot, place: null };
  }
  return !value.do && frame.outer ? follow(outside(frame, number, place)) : spot;
}

/** Where a source of a scan's body comes from: a step of a sequence, the memory, or what is the same at all steps. */
function outside({ graph, outer }: Frame, number: number, place: Place): Spot {
  const { frame, scan, time } = outer!;
  const { body, n_steps, n_memory } = scan.settings;
  const source = graph.sources.indexOf(number);
  if (source < n_steps) return { frame, number: scan.inputs[source], place: [time, ...place] };
  const isMemory = source < n_steps + n_memory;
  if (!isMemory || time === 0) return { frame, number: scan.inputs[source], place };
  const own = frame.graph.values.indexOf(scan);
  return { frame: stepFrame(frame, own, time - 1), number: body.outputs[source - n_steps], place };
}

/** The curve that gave a number, and the number that it was given. */
function bent(here: Spot): [CurveUse | null, Spot] {
  const use = primitiveAt(here);
  if (!use || !isCurve(use) || !here.place) return [null, here];
  return [use, follow({ ...here, number: use.inputs[0] })];
}

function takenApart(use: Use, { frame, place }: Spot): Taken {
  const apart = apartOf(use, frame.values, place!);
  const spots = apart.terms.map(({ input, place, weight }) => ({
    spot: { frame, number: use.inputs[input], place },
    weight,
  }));
  const isStatic = ({ number }: Spot): boolean => frame.graph.values[number].static;
  const changing = spots.filter(({ spot }) => !isStatic(spot));
  const fixed = spots.filter(({ spot }) => isStatic(spot));
  let taken: Taken = { rule: apart.rule as Rule, terms: changing, bias: apart.constant };
  if (use.do === "look_up") taken.terms = spots;
  else if (apart.rule === "product" && changing.length === 1) {
    taken = {
      rule: "sum",
      terms: [{ ...changing[0], weight: fixed.reduce((product, { spot }) => product * numberAt(spot), 1) }],
      bias: null,
    };
  } else if (apart.rule === "sum" && fixed.length) {
    taken.bias = fixed.reduce((sum, { spot, weight }) => sum + (weight ?? 1) * numberAt(spot), apart.constant ?? 0);
  }
  if (isScaling(frame.graph, use) && taken.terms.length === 1) return scaledBefore(taken);
  return taken;
}

/** Scale and shift, one behind the other, are one scale and one shift. */
function scaledBefore(taken: Taken): Taken {
  const [{ spot, weight }] = taken.terms;
  const behind = follow(spot);
  const use = primitiveAt(behind);
  const factor = weight ?? 1;
  if (
    !use ||
    behind.frame !== spot.frame ||
    !isScaling(spot.frame.graph, use) ||
    !isTakenUp(spot.frame.graph, behind.number)
  ) {
    return { ...taken, terms: [{ spot, weight: factor }] };
  }
  const before = takenApart(use, behind);
  const [one] = before.terms;
  const bias = taken.bias === null && before.bias === null ? null : factor * (before.bias ?? 0) + (taken.bias ?? 0);
  return { rule: "sum", terms: [{ spot: one.spot, weight: factor * (one.weight ?? 1) }], bias };
}

/** Zeros that a layer puts between numbers add nothing; one stays where there is nothing else. */
function withoutZeros(terms: Taken["terms"]): Taken["terms"] {
  const kept = terms.filter(({ spot }) => !isInside(shapeAt(spot), spot.place!) || follow(spot).place);
  return kept.length ? kept : terms.slice(0, 1);
}

const shapeAt = ({ frame, number }: Spot): Shape => frame.graph.values[number].shape;

function measuredBy({ rule, terms, bias }: Taken, use: Use | null): Step["measured"] {
  if (rule !== "deviation" && rule !== "length" && rule !== "root mean square") return null;
  const [own, ...line] = terms.map(({ spot }) => numberAt(spot));
  const mean = rule === "deviation" ? line.reduce((sum, value) => sum + value, 0) / line.length : 0;
  const squares = line.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const epsilon = bias ?? (use as Use & { do: "normalize" }).settings.epsilon;
  return {
    own,
    mean,
    size: Math.sqrt(rule === "length" ? Math.max(squares, epsilon) : squares / line.length + epsilon),
  };
}

/** Of two factors, each is shown times the other. */
function pairUp(one: Term, other: Term): void {
  [one.weight, other.weight] = [other.input, one.input];
  one.product = other.product = one.input * other.input;
}

function totalOf(rule: Rule, groups: readonly Group[], bias: number | null): number {
  const inside = groups.flatMap((group) => group.terms.filter((term) => term.inside));
  if (rule === "largest") return inside.reduce((most, term) => Math.max(most, term.product), -Infinity);
  if (rule === "product") return inside.reduce((product, term) => product * term.input, 1);
  const total = groups.reduce((sum, group) => sum + group.subtotal, 0) + (bias ?? 0);
  return rule === "mean" ? total / inside.length : total;
}

function valueOf(curve: CurveUse | null, sum: number, line: Step["line"]): number {
  if (!curve) return sum;
  if (curve.do === "bend") return CURVES[curve.settings.curve].value(sum, howOf(curve.settings.how));
  const share = line!.exponentials[line!.index] / line!.exponentials.reduce((total, one) => total + one, 0);
  return curve.settings.log ? Math.log(share) : share;
}

function lineOf(curve: CurveUse & { do: "softmax" }, here: Spot, summed: Spot, sum: number): Step["line"] {
  const sums = apartOf(curve, here.frame.values, here.place!).terms.map(({ place }) =>
    numberAt({ frame: here.frame, number: curve.inputs[0], place }),
  );
  const index = here.place![curve.settings.axis];
  if (summed.place) sums[index] = sum;
  const most = largest(sums);
  return { sums, exponentials: sums.map((one) => Math.exp(one - most)), index };
}

interface Seen {
  source: string;
  map: number;
  row: number;
  column: number;
  input: number;
  inside: boolean;
}

/** Where a number is, in the words and the shape in which its source is shown. */
function seenAt(where: Where, spot: Spot, weighed: boolean): Seen {
  const shape = shapeAt(spot);
  if (spot.place && !isInside(shape, spot.place)) {
    const near = spot.place.map((index, axis) => Math.min(Math.max(index, 0), shape[axis] - 1));
    const seen = seenAt(where, { ...spot, place: near }, weighed);
    const [down, right] = spot.place.slice(-3).map((index, axis) => index - near.slice(-3)[axis]);
    return { ...seen, row: seen.row + down, column: seen.column + right, input: 0, inside: false };
  }
  const end = follow(spot);
  const input = numberAt(end);
  if (!end.place) return { source: where.layer.inputs[0], map: 0, row: -1, column: -1, input, inside: false };
  const flat = flatOf(shapeAt(end), end.place);
  const owner = ownerOf(where, end, weighed);
  const size = end.frame.values[end.number].data.length;
  const time = end.frame.times.reduce((all, step, depth) => all * stepsAlong(end.frame, depth) + step, 0);
  const [row, column, map] = placeOf(owner.shape, time * size + flat);
  return { source: owner.source, map, row, column, input, inside: true };
}

function ownerOf({ exhibit, layer, owners }: Where, end: Spot, weighed: boolean): Owner {
  const frame = owners.get(end.frame) ?? new Map<number, Owner>();
  owners.set(end.frame, frame);
  let owner = frame.get(end.number);
  if (!owner) {
    const source = sourceOf(layer, end);
    const whole = [...end.frame.times, ...shapeAt(end)];
    const maps = weighed && whole.length === 1 ? mapsBehind(exhibit, source) : null;
    const known = source === exhibit.input.name || partOf(exhibit, source) || weightOf(exhibit, source);
    owner = {
      source: maps?.name ?? source,
      shape: maps?.shape ?? (known ? pictureShape(exhibit, source) : asImage(whole)),
    };
    frame.set(end.number, owner);
  }
  return owner;
}

/** How many steps the scan at a depth has. */
function stepsAlong(frame: Frame, depth: number): number {
  let at: Frame = frame;
  while (at.path.length > depth + 1) at = at.outer!.frame;
  return at.outer!.scan.shape[0];
}

/** What a number belongs to: an input of the layer, a part of it, a weight, or nothing that has a name. */
function sourceOf(layer: Layer, { frame, number }: Spot): string {
  const path = [...frame.path, number].join();
  const part = partsOf(layer).find((one) => one.path.join() === path);
  if (part) return part.key;
  const source = frame.path.length ? -1 : frame.graph.sources.indexOf(number);
  if (source >= 0)
    return layer.inputs[source] ?? keyOf(layer, Object.keys(layer.weights)[source - layer.inputs.length]);
  return keyOf(layer, frame.graph.values[number].do ? msg("in between") : msg("before the first step"));
}

/** Put terms of one map of one source together. */
function grouped(where: Where, terms: Taken["terms"], use: Use | null, together: boolean): Group[] {
  const weighed = use?.do === "contract";
  const groups = new Map<string, Group>();
  terms.forEach(({ spot, weight }, index) => {
    const { source, map, row, column, input, inside } = seenAt(where, spot, weighed);
    const term: Term = { row, column, inside, input, weight, product: weight === null ? input : input * weight };
    const apart = use?.do === "add" || use?.do === "multiply" ? index : `${source} ${map}`;
    const key = together ? "" : String(apart);
    const known = groups.get(key);
    if (known) known.terms.push(term);
    else groups.set(key, { source, map, name: "", height: 1, width: 1, terms: [term], subtotal: 0 });
  });
  const found = [...groups.values()];
  for (const group of found) {
    group.subtotal = group.terms.reduce((sum, one) => sum + one.product, 0);
    [group.height, group.width] = windowOf(group.terms, together);
    group.name = nameOf(where, group, use, found.length, together);
  }
  return found;
}

/** Rows and columns of the terms; a list where they are no window. */
function windowOf(terms: readonly Term[], isLine: boolean): [number, number] {
  const [rows, columns] = [new Set(terms.map((term) => term.row)).size, new Set(terms.map((term) => term.column)).size];
  if (rows * columns === terms.length && !isLine) return [rows, columns];
  let height = Math.floor(Math.sqrt(terms.length));
  while (terms.length % height) height--;
  return [height, terms.length / height];
}

function nameOf(
  { exhibit, layer }: Where,
  { source, map, terms }: Group,
  use: Use | null,
  n: number,
  together: boolean,
): string {
  if (together) return terms.length === 1 ? msg("the number") : msg("the numbers");
  if (n > 1 && (use?.do === "add" || use?.do === "multiply")) return partName(exhibit, layer, source);
  const channel = terms.length > 1 || use?.do !== "contract" ? pictureChannel(exhibit, source, map) : null;
  if (channel) return channel;
  if (use?.do !== "contract") return `map ${map}`;
  if (terms.length === 1)
    return layer.kind !== "Dense" && pictureShape(exhibit, source)[0] > 1 ? `map ${map}` : `unit ${map}`;
  return pictureShape(exhibit, source)[2] === 1 ? msg("the picture") : `map ${map}`;
}

const ALONE = new Set<string>([msg("the picture"), "red", "green", "blue"]);

/** A group's map, and whose it is. */
export const fullName = ({ source, map, name }: Group): string =>
  ALONE.has(name)
    ? nameText(name)
    : t("{name} of {source}", { name: nameText(source.endsWith(name) ? `map ${map}` : name), source });

/** A part of the same layer by its own name, anything else by its whole name. */
export function partName(exhibit: Exhibit, layer: Layer, source: string): string {
  const part = partOf(exhibit, source);
  return part && part.layer === layer && part.name ? part.name : source.replace(keyOf(layer, ""), "");
}
