import type { Operation } from "../graph/graph";
import { flatOf, placeOf, sizeOf, spread, spreadPlace, type Shape, type Tensor } from "../graph/tensor";
import type { Settings } from "./types";

type How = Settings["normalize"];

/** One number for each line: what it is measured by has length 1 along the axes. */
const lineShape = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((length, axis) => (axes.includes(axis) ? 1 : length));

/** The mean and the size of each line, and which line each number belongs to. */
function measured({ shape, data }: Tensor, { axes, epsilon, measure }: How) {
  const lines = lineShape(shape, axes);
  const map = spread(shape, lines) ?? Int32Array.from(data, (_, place) => place);
  const n = data.length / sizeOf(lines);
  const [mean, size] = [new Float64Array(sizeOf(lines)), new Float64Array(sizeOf(lines))];
  if (measure === "deviation") data.forEach((value, place) => (mean[map[place]] += value / n));
  data.forEach((value, place) => (size[map[place]] += (value - mean[map[place]]) ** 2));
  return {
    map,
    n,
    mean,
    size: size.map((sum) => Math.sqrt(measure === "length" ? Math.max(sum, epsilon) : sum / n + epsilon)),
  };
}

/** A mean and a variance that are given, as a factor and what is added. */
function scaleOf([, mean, variance]: readonly Tensor[], epsilon: number) {
  const scale = Float64Array.from(variance.data, (value) => 1 / Math.sqrt(value + epsilon));
  return { scale, shift: scale.map((factor, place) => -mean.data[place] * factor) };
}

/** Numbers less their mean, divided by their deviation; both their own, or given. */
export const normalize: Operation<"normalize"> = {
  forward(inputs, settings) {
    const [{ shape, data }, given] = inputs;
    if (given) {
      const [{ scale, shift }, map] = [scaleOf(inputs, settings.epsilon), spread(shape, given.shape)];
      return {
        shape,
        data: data.map((value, place) => value * scale[map?.[place] ?? place] + shift[map?.[place] ?? place]),
      };
    }
    const { map, mean, size } = measured(inputs[0], settings);
    return { shape, data: data.map((value, place) => (value - mean[map[place]]) / size[map[place]]) };
  },
  back(slope, inputs, settings, output) {
    const [input, given] = inputs;
    if (given) {
      const [{ scale }, map] = [scaleOf(inputs, settings.epsilon), spread(input.shape, given.shape)];
      return [
        { shape: input.shape, data: slope.data.map((value, place) => value * scale[map?.[place] ?? place]) },
        null,
        null,
      ];
    }
    const { map, n, size } = measured(input, settings);
    const [all, along] = [new Float64Array(size.length), new Float64Array(size.length)];
    const share = settings.measure === "length" ? 1 : n;
    slope.data.forEach((value, place) => {
      if (settings.measure === "deviation") all[map[place]] += value / n;
      along[map[place]] += (value * output.data[place]) / share;
    });
    return [
      {
        shape: input.shape,
        data: slope.data.map(
          (value, place) => (value - all[map[place]] - output.data[place] * along[map[place]]) / size[map[place]],
        ),
      },
    ];
  },
  apart(inputs, settings, place) {
    const [{ shape }, given] = inputs;
    const self = { input: 0, place, weight: null };
    if (given) {
      const { scale, shift } = scaleOf(inputs, settings.epsilon);
      const own = flatOf(given.shape, spreadPlace(given.shape, place));
      return { rule: "sum", terms: [{ ...self, weight: scale[own] }], constant: shift[own] };
    }
    const seen = shape.map((length, axis) => (settings.axes.includes(axis) ? length : 1));
    const line = Array.from({ length: sizeOf(seen) }, (_, flat) => ({
      ...self,
      place: placeOf(seen, flat).map((index, axis) => (settings.axes.includes(axis) ? index : place[axis])),
    }));
    return { rule: settings.measure, terms: [self, ...line], constant: settings.epsilon };
  },
};
