import type { Operation } from "../graph/graph";
import { flatOf, gathered, placeOf, sizeOf, zeros, type Shape } from "../graph/tensor";
import type { Settings } from "./types";

/** Where the factors of every product are: for each number that comes out, and for each step along what is added up. */
interface Offsets {
  shape: Shape;
  out: [Int32Array, Int32Array];
  along: [Int32Array, Int32Array];
}

const known = new WeakMap<object, Offsets>();

function offsets(settings: Settings["contract"], shapes: readonly Shape[]): Offsets {
  const found = known.get(settings);
  if (found) return found;
  const { letters, sizes, result, free } = lettersOf(settings, shapes);
  const shape = [...result].map((letter) => sizes[letter]);
  const offset = (index: number, moving: readonly string[]): Int32Array => {
    const lengths = moving.map((letter) => sizes[letter]);
    return Int32Array.from({ length: sizeOf(lengths) }, (_, flat) => {
      const place = placeOf(lengths, flat);
      return flatOf(
        shapes[index],
        [...letters[index]].map((letter) => place[moving.indexOf(letter)] ?? 0),
      );
    });
  };
  const made: Offsets = {
    shape,
    out: [offset(0, [...result]), offset(1, [...result])],
    along: [offset(0, free), offset(1, free)],
  };
  known.set(settings, made);
  return made;
}

function lettersOf(settings: Settings["contract"], shapes: readonly Shape[]) {
  const [one, other, result] = settings.letters.split(/,|->/);
  const letters = [one, other];
  const sizes: Record<string, number> = {};
  letters.forEach((word, index) => [...word].forEach((letter, axis) => (sizes[letter] = shapes[index][axis])));
  return { letters, sizes, result, free: Object.keys(sizes).filter((letter) => !result.includes(letter)) };
}

/** Multiply along common letters, and add up: a dense layer, a dot product, attention. */
export const contract: Operation<"contract"> = {
  forward(inputs, settings, shape) {
    const [one, other, bias] = inputs;
    const { out, along } = offsets(settings, [one.shape, other.shape]);
    const sums = new Float64Array(sizeOf(shape));
    for (let step = 0; step < along[0].length; step++) {
      const [left, right] = [along[0][step], along[1][step]];
      for (let place = 0; place < sums.length; place++)
        sums[place] += one.data[left + out[0][place]] * other.data[right + out[1][place]];
    }
    const data = Float32Array.from(sums, (sum, place) => sum + (bias ? bias.data[place % bias.data.length] : 0));
    return { shape, data };
  },
  back(slope, inputs, settings, _, wanted) {
    const { out, along } = offsets(settings, [inputs[0].shape, inputs[1].shape]);
    const found = [0, 1].map((own) => {
      if (!wanted[own]) return null;
      const [result, other] = [zeros(inputs[own].shape), inputs[1 - own].data];
      for (let step = 0; step < along[0].length; step++) {
        const [to, from] = [along[own][step], along[1 - own][step]];
        for (let place = 0; place < slope.data.length; place++)
          result.data[to + out[own][place]] += slope.data[place] * other[from + out[1 - own][place]];
      }
      return result;
    });
    const [, , bias] = inputs;
    return [...found, bias && wanted[2] ? gathered(slope.data, slope.shape, bias.shape) : null];
  },
  apart([one, other, bias], settings, place) {
    const { shape, out, along } = offsets(settings, [one.shape, other.shape]);
    const flat = flatOf(shape, place);
    const terms = Array.from(along[0], (step, index) => ({
      input: 0,
      place: placeOf(one.shape, step + out[0][flat]),
      weight: other.data[along[1][index] + out[1][flat]],
    }));
    return { rule: "sum", terms, constant: bias ? bias.data[flat % bias.data.length] : null };
  },
};
