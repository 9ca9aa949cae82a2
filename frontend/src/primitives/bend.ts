import { CURVES, howOf } from "../graph/curves";
import type { Operation } from "../graph/graph";

/** One curve for every number. */
export const bend: Operation<"bend"> = {
  forward([{ shape, data }], settings) {
    const [curve, how] = [CURVES[settings.curve], howOf(settings.how)];
    return { shape, data: data.map((value) => curve.value(value, how)) };
  },
  back(slope, [{ shape, data }], settings, output) {
    const [curve, how] = [CURVES[settings.curve], howOf(settings.how)];
    return [
      { shape, data: slope.data.map((value, place) => value * curve.slope(data[place], output.data[place], how)) },
    ];
  },
  apart: (_, __, place) => ({ rule: "curve", terms: [{ input: 0, place, weight: null }], constant: null }),
};
