import type { Operation } from "../graph/graph";

/** Chance in training, and nothing afterwards. */
export const noise: Operation<"noise"> = {
  forward: ([input]) => input,
  back: (slope) => [slope],
  apart: (_, __, place) => ({ rule: "copy", terms: [{ input: 0, place, weight: null }], constant: null }),
};
