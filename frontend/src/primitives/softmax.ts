import type { Operation } from "../graph/graph";
import { linesAlong, zeros } from "../graph/tensor";

/** Shares that add up to 1, or their logarithms. */
export const softmax: Operation<"softmax"> = {
  forward([input], { axis, log }) {
    const result = zeros(input.shape);
    for (const line of linesAlong(input.shape, axis)) {
      const largest = line.reduce((most, place) => Math.max(most, input.data[place]), -Infinity);
      const total = line.reduce((sum, place) => sum + Math.exp(input.data[place] - largest), 0);
      for (const place of line) {
        const shifted = input.data[place] - largest;
        result.data[place] = log ? shifted - Math.log(total) : Math.exp(shifted) / total;
      }
    }
    return result;
  },
  /** Every share of a line takes from the others. */
  back(slope, _, { axis, log }, output) {
    const result = zeros(output.shape);
    for (const line of linesAlong(output.shape, axis)) {
      const total = line.reduce((sum, place) => sum + slope.data[place] * (log ? 1 : output.data[place]), 0);
      for (const place of line)
        result.data[place] = log
          ? slope.data[place] - Math.exp(output.data[place]) * total
          : output.data[place] * (slope.data[place] - total);
    }
    return [result];
  },
  apart([input], { axis, log }, place) {
    const terms = Array.from({ length: input.shape[axis] }, (_, index) => ({
      input: 0,
      place: place.with(axis, index),
      weight: null,
    }));
    return { rule: log ? "log share" : "share", terms, constant: null };
  },
};
