/** One value of a layer, taken apart into its terms. */
import type { Exhibit, Layer } from "../bundle";
import { tensorOf, type LayerValues, type Pass } from "../network";
import { ACTIVATIONS, ALONG_A_LINE, linesAlong } from "../ops/activations";
import { asImage, type Tensor } from "../ops/tensor";
import { mapsBehind, pictureShape, tapsOf, windowOf } from "./graph";

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

export interface Step {
  layer: Layer;
  row: number;
  column: number;
  map: number;
  rule: "sum" | "largest" | "mean" | "copy";
  groups: Group[];
  bias: number | null;
  sum: number;
  value: number;
  /** What stands on the map. */
  shown: number;
  /** Of a softmax: the line's sums, the exponentials of sum minus largest, and which one this is. */
  line: { sums: number[]; exponentials: number[]; index: number } | null;
}

interface Parts {
  rule: Step["rule"];
  groups: Group[];
  bias?: number | null;
}

interface Where {
  exhibit: Exhibit;
  pass: Pass;
  layer: Layer;
  inputs: Tensor[];
  row: number;
  column: number;
  map: number;
}

/** Take one value apart; null where Python computed it, or there is none. */
export function stepOf(exhibit: Exhibit, pass: Pass, layer: Layer, row: number, column: number, map: number): Step | null {
  const values = pass.layers.get(layer.name);
  const apart = TAKEN_APART[layer.operation];
  if (!values || !apart) return null;
  const inputs = layer.inputs.map((name) => tensorOf(pass, exhibit, name)!);
  const { rule, groups, bias = null } = apart({ exhibit, pass, layer, inputs, row, column, map });
  const sum = totalOf(rule, groups, bias);
  const [, width, channels] = asImage(layer.shape);
  const flat = (row * width + column) * channels + map;
  const line = ALONG_A_LINE.includes(layer.function) ? lineOf(layer, values, flat, sum) : null;
  const shown = values.activation.data[flat];
  return { layer, row, column, map, rule, groups, bias, sum, value: valueOf(layer, sum, line, shown), shown, line };
}

function totalOf(rule: Step["rule"], groups: Group[], bias: number | null): number {
  if (rule === "largest") return groups[0].terms.reduce((most, term) => (term.inside ? Math.max(most, term.product) : most), -Infinity);
  const total = groups.reduce((sum, group) => sum + group.subtotal, 0) + (bias ?? 0);
  return rule === "mean" ? total / groups[0].terms.filter((term) => term.inside).length : total;
}

function valueOf(layer: Layer, sum: number, line: Step["line"], shown: number): number {
  if (line) {
    const share = line.exponentials[line.index] / line.exponentials.reduce((total, one) => total + one, 0);
    return layer.function === "softmax" ? share : Math.log(share);
  }
  return layer.function ? ACTIVATIONS[layer.function](sum, layer.function_settings) : shown;
}

function lineOf(layer: Layer, values: LayerValues, flat: number, sum: number): Step["line"] {
  for (const places of linesAlong(layer.shape, layer.function_settings.axis ?? -1)) {
    const index = places.indexOf(flat);
    if (index < 0) continue;
    const sums = places.map((place) => values.preActivation.data[place]);
    sums[index] = sum;
    const largest = Math.max(...sums);
    return { sums, exponentials: sums.map((one) => Math.exp(one - largest)), index };
  }
  return null;
}

const term = (row: number, column: number, input: number, weight: number | null = null, inside = true): Term => ({
  row,
  column,
  inside,
  input,
  weight,
  product: weight === null ? input : input * weight,
});

function group(source: string, map: number, height: number, width: number, terms: Term[], name = `map ${map}`): Group {
  return { source, map, name, height, width, terms, subtotal: terms.reduce((sum, one) => sum + one.product, 0) };
}

function at({ data, shape }: Tensor, row: number, column: number, map: number): number {
  const [height, width, channels] = asImage(shape);
  return row < 0 || row >= height || column < 0 || column >= width ? 0 : data[(row * width + column) * channels + map];
}

/** The places of a window, row by row. */
function places({ layer, inputs, row, column }: Where): { row: number; column: number; inside: boolean }[] {
  const [height, width] = asImage(inputs[0].shape);
  const window = windowOf(layer)!;
  const columns = tapsOf(layer, column, 1, window[1]);
  return tapsOf(layer, row, 0, window[0]).flatMap((y) =>
    columns.map((x) => ({ row: y, column: x, inside: y >= 0 && y < height && x >= 0 && x < width })),
  );
}

function convolution(where: Where): Parts {
  const { layer, inputs, map } = where;
  const { kernel, bias } = layer.weights;
  const [height, width, perGroup, last] = kernel.shape;
  const depthwise = layer.operation === "depthwise_convolution";
  const outChannels = depthwise ? perGroup * last : last;
  const window = places(where);
  const first = depthwise ? Math.floor(map / last) : Math.floor(map / (outChannels / layer.settings.groups)) * perGroup;
  const groups = Array.from({ length: depthwise ? 1 : perGroup }, (_, index) => {
    const channel = first + index;
    const terms = window.map((place, tap) => {
      const weight = kernel.data[depthwise ? tap * outChannels + map : (tap * perGroup + index) * outChannels + map];
      return term(place.row, place.column, at(inputs[0], place.row, place.column, channel), weight, place.inside);
    });
    return group(layer.inputs[0], channel, height, width, terms);
  });
  return { rule: "sum", groups, bias: bias ? bias.data[map] : null };
}

function dense({ exhibit, layer, inputs, row, column, map }: Where): Parts {
  const { kernel, bias } = layer.weights;
  const [n, units] = kernel.shape;
  const weight = (index: number): number => kernel.data[index * units + map];
  const maps = mapsBehind(exhibit, layer.inputs[0]);
  const parts = { rule: "sum" as const, bias: bias ? bias.data[map] : null };
  if (maps && inputs[0].shape.length === 1) {
    const [height, width, channels] = maps.shape;
    const groups = Array.from({ length: channels }, (_, channel) => {
      const terms = Array.from({ length: height * width }, (_, place) => {
        const index = place * channels + channel;
        return term(Math.floor(place / width), place % width, inputs[0].data[index], weight(index));
      });
      return group(maps.name, channel, height, width, terms, channels === 1 ? "the picture" : `map ${channel}`);
    });
    return { ...parts, groups };
  }
  const groups = Array.from({ length: n }, (_, index) =>
    group(layer.inputs[0], index, 1, 1, [term(row, column, at(inputs[0], row, column, index), weight(index))], `unit ${index}`),
  );
  return { ...parts, groups };
}

function pooling(where: Where): Parts {
  const { layer, inputs, map } = where;
  const [height, width] = windowOf(layer)!;
  const terms = places(where).map((place) => term(place.row, place.column, at(inputs[0], place.row, place.column, map), null, place.inside));
  return { rule: layer.settings.kind === "max" ? "largest" : "mean", groups: [group(layer.inputs[0], map, height, width, terms)] };
}

function globalPooling({ layer, inputs, map }: Where): Parts {
  const [height, width] = asImage(inputs[0].shape);
  const terms = Array.from({ length: height * width }, (_, place) => {
    const [row, column] = [Math.floor(place / width), place % width];
    return term(row, column, at(inputs[0], row, column, map));
  });
  return { rule: layer.settings.kind === "max" ? "largest" : "mean", groups: [group(layer.inputs[0], map, height, width, terms)] };
}

const single = ({ layer, row, column, map }: Where, one: Term, source = 0, channel = map): Group =>
  group(layer.inputs[source], channel, 1, 1, [{ ...one, row, column }]);

function scaleAndShift(where: Where): Parts {
  const { layer, inputs, row, column, map } = where;
  const { scale, shift } = layer.weights;
  const channel = map % scale.data.length;
  const one = term(row, column, at(inputs[0], row, column, map), scale.data[channel]);
  return { rule: "sum", groups: [single(where, one)], bias: shift.data[channel] };
}

function prelu(where: Where): Parts {
  const { layer, inputs, row, column, map } = where;
  const input = at(inputs[0], row, column, map);
  const weight = input > 0 ? 1 : at({ shape: layer.shape, data: layer.weights.alpha.data }, row, column, map);
  return { rule: "sum", groups: [single(where, term(row, column, input, weight))] };
}

function add(where: Where): Parts {
  const { inputs, row, column, map } = where;
  const groups = inputs.map((input, index) => ({ ...single(where, term(row, column, at(input, row, column, map)), index), name: where.layer.inputs[index] }));
  return { rule: "sum", groups };
}

/** Find the one value that a layer hands on, by its place in row-major order. */
function copied({ exhibit, layer, inputs, row, column, map }: Where, source = 0, place?: [number, number, number]): Parts {
  const [, width, channels] = asImage(layer.shape);
  const from = pictureShape(exhibit, layer.inputs[source]);
  const flat = place ? (place[0] * from[1] + place[1]) * from[2] + place[2] : (row * width + column) * channels + map;
  const channel = flat % from[2];
  const pixel = Math.floor(flat / from[2]);
  const one = term(Math.floor(pixel / from[1]), pixel % from[1], inputs[source].data[flat]);
  return { rule: "copy", groups: [group(layer.inputs[source], channel, 1, 1, [one])] };
}

function concatenate(where: Where): Parts {
  const { layer, inputs, row, column, map } = where;
  const place: [number, number, number] = [row, column, map];
  const axis = layer.settings.axis + 3 - layer.shape.length;
  const source = inputs.findIndex((input) => {
    const length = asImage(input.shape)[axis];
    if (place[axis] < length) return true;
    place[axis] -= length;
    return false;
  });
  return copied(where, source, place);
}

function zeroPadding(where: Where): Parts {
  const { layer, inputs, row, column, map } = where;
  const [height, width] = asImage(inputs[0].shape);
  const [y, x] = [row - layer.settings.padding[0][0], column - layer.settings.padding[1][0]];
  if (y >= 0 && y < height && x >= 0 && x < width) return copied(where, 0, [y, x, map]);
  return { rule: "copy", groups: [group(layer.inputs[0], map, 1, 1, [term(y, x, 0, null, false)])] };
}

const TAKEN_APART: Readonly<Record<string, (where: Where) => Parts>> = {
  convolution,
  depthwise_convolution: convolution,
  dense,
  pooling,
  global_pooling: globalPooling,
  scale_and_shift: scaleAndShift,
  prelu,
  zero_padding: zeroPadding,
  add,
  concatenate,
  copy: (where) => copied(where),
};
