import type { Operation } from "../graph/graph";
import { gathered, spread, spreadPlace, zeros } from "../graph/tensor";

/** Values with a factor each, added up. */
export const add: Operation<"add"> = {
  forward(inputs, { factors, constant }, shape) {
    const result = zeros(shape);
    const maps = inputs.map((input) => spread(shape, input.shape));
    for (let place = 0; place < result.data.length; place++) {
      let sum = constant;
      for (let index = 0; index < inputs.length; index++)
        sum += factors[index] * inputs[index].data[maps[index]?.[place] ?? place];
      result.data[place] = sum;
    }
    return result;
  },
  back(slope, inputs, { factors }, { shape }, wanted) {
    return inputs.map((input, index) =>
      wanted[index]
        ? gathered(
            factors[index] === 1 ? slope.data : slope.data.map((value) => value * factors[index]),
            shape,
            input.shape,
          )
        : null,
    );
  },
  apart(inputs, { factors, constant }, place) {
    const terms = inputs.map((value, input) => ({
      input,
      place: spreadPlace(value.shape, place),
      weight: factors[input] === 1 ? null : factors[input],
    }));
    return { rule: "sum", terms, constant: constant || null };
  },
};
