import type { Operation } from "../graph/graph";
import { sizeOf, zeros, type Tensor } from "../graph/tensor";

/** How many numbers of each input stand together. */
const lengthsOf = (inputs: readonly Tensor[], axis: number): number[] =>
  inputs.map((input) => sizeOf(input.shape.slice(axis)));

/** Go through the result from front to back: which input, and where in it and in the result. */
function* pieces(inputs: readonly Tensor[], axis: number): Generator<[number, number, number, number]> {
  const lengths = lengthsOf(inputs, axis);
  for (let block = 0, place = 0; block * lengths[0] < inputs[0].data.length; block++)
    for (let index = 0; index < inputs.length; place += lengths[index++])
      yield [index, block * lengths[index], place, lengths[index]];
}

/** Values one behind the other. */
export const join: Operation<"join"> = {
  forward(inputs, { axis }, shape) {
    const result = zeros(shape);
    for (const [index, from, to, length] of pieces(inputs, axis))
      result.data.set(inputs[index].data.subarray(from, from + length), to);
    return result;
  },
  back(slope, inputs, { axis }) {
    const parts = inputs.map((input) => zeros(input.shape));
    for (const [index, to, from, length] of pieces(inputs, axis))
      parts[index].data.set(slope.data.subarray(from, from + length), to);
    return parts;
  },
  apart(inputs, { axis }, place) {
    const own = [...place];
    const input = inputs.findIndex(({ shape }) => own[axis] < shape[axis] || ((own[axis] -= shape[axis]), false));
    return { rule: "copy", terms: [{ input, place: own, weight: null }], constant: null };
  },
};
