import type { Operation } from "../graph/graph";
import { flatOf, zeros } from "../graph/tensor";

/** A row of a table for each whole number. */
export const look_up: Operation<"look_up"> = {
  forward([numbers, table], _, shape) {
    const result = zeros(shape);
    const length = table.data.length / table.shape[0];
    numbers.data.forEach((row, index) =>
      result.data.set(table.data.subarray(Math.trunc(row) * length, (Math.trunc(row) + 1) * length), index * length),
    );
    return result;
  },
  back(slope, [numbers, table], _, __, wanted) {
    if (!wanted[1]) return [null, null];
    const result = zeros(table.shape);
    const length = table.data.length / table.shape[0];
    slope.data.forEach(
      (value, place) =>
        (result.data[Math.trunc(numbers.data[Math.floor(place / length)]) * length + (place % length)] += value),
    );
    return [null, result];
  },
  apart([numbers], _, place) {
    const row = Math.trunc(numbers.data[flatOf(numbers.shape, place.slice(0, numbers.shape.length))]);
    return {
      rule: "copy",
      terms: [{ input: 1, place: [row, ...place.slice(numbers.shape.length)], weight: null }],
      constant: null,
    };
  },
};
