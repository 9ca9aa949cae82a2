import type { Operation } from "../graph/graph";
import { gathered, spread, spreadPlace, zeros } from "../graph/tensor";

/** Values times each other, number by number. */
export const multiply: Operation<"multiply"> = {
  forward(inputs, _, shape) {
    const result = zeros(shape);
    const maps = inputs.map((input) => spread(shape, input.shape));
    for (let place = 0; place < result.data.length; place++) {
      let product = 1;
      for (let index = 0; index < inputs.length; index++) product *= inputs[index].data[maps[index]?.[place] ?? place];
      result.data[place] = product;
    }
    return result;
  },
  back(slope, inputs, _, { shape }, wanted) {
    const maps = inputs.map((input) => spread(shape, input.shape));
    return inputs.map((input, own) => {
      if (!wanted[own]) return null;
      const others = (product: number, place: number): number =>
        inputs.reduce(
          (all, other, index) => (index === own ? all : all * other.data[maps[index]?.[place] ?? place]),
          product,
        );
      return gathered(slope.data.map(others), shape, input.shape);
    });
  },
  apart: (inputs, _, place) => ({
    rule: "product",
    terms: inputs.map((value, input) => ({ input, place: spreadPlace(value.shape, place), weight: null })),
    constant: null,
  }),
};
