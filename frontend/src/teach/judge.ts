/**
 * What a trained network says of a picture, and whether the picture is like what it was taught.
 *
 * A probability says nothing of that: trousers are a bag with 1.000. The distance does: between what goes into the last
 * layer for this picture and for the nearest learned one. It is far if it is farther than 95 of 100 learned pictures are
 * from their own nearest neighbour.
 */
import type { Exhibit, Picture } from "../bundle";
import { answersFrom } from "../engine/line";
import { withWeights } from "../engine/home";
import { forward, indexOfLargest } from "../network";
import { rowsOf, type Example, type Trained } from "./lesson";

const [MOST_COMPARED, SHARE, SHOWN] = [600, 0.95, 4];

export interface Near {
  example: Example;
  distance: number;
}

export interface Verdict {
  probabilities: readonly number[];
  best: number;
  nearest: readonly Near[];
  isKnown: boolean;
}

export interface Judge {
  /** The greatest distance of what is known. */
  limit: number;
  /** What the pictures kept back are taken for, and how surely. */
  answers: readonly { label: number; best: number; probability: number }[];
  judge(pixels: Uint8Array): Verdict;
}

/** So many examples at most, evenly over all of them. */
const spreadOver = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most ? [...all] : Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]);

export function distance(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] - other[at]) ** 2;
  return Math.sqrt(sum);
}

/** The distance that so large a share of the rows has at most to its nearest other row. */
export function usualDistance(rows: readonly Float32Array[], share = SHARE): number {
  const nearest = rows.map(() => Infinity);
  rows.forEach((one, at) => {
    for (let other = at + 1; other < rows.length; other++) {
      const far = distance(one, rows[other]);
      [nearest[at], nearest[other]] = [Math.min(nearest[at], far), Math.min(nearest[other], far)];
    }
  });
  nearest.sort((one, other) => one - other);
  return nearest[Math.min(nearest.length - 1, Math.ceil(nearest.length * share) - 1)] ?? 0;
}

export const pictureOf = (pixels: Uint8Array, shape: readonly number[], name = ""): Picture => ({
  ...{ row: null, label: null, name, values: new Map() },
  pixels: { shape, data: Float32Array.from(pixels) },
});

export async function openJudge({ built, weights, learned, kept, shape }: Trained): Promise<Judge> {
  const layers = withWeights(built.network.layers, weights);
  const { input } = built.network;
  const [last] = layers.slice(-1)[0].inputs;
  const upTo = layers.findIndex(({ name }) => name === last) + 1;
  const inner = { layers: built.network.layers.slice(0, upTo), input };
  const count = inner.layers.reduce((sum, layer) => sum + Object.keys(layer.weights).length, 0);
  const compared = spreadOver(learned, MOST_COMPARED);
  const [features, outputs] = await Promise.all([
    answersFrom({ network: inner, weights: weights.slice(0, count), pixelScale: 255, rows: rowsOf(compared) }),
    kept.length ? answersFrom({ network: built.network, weights, pixelScale: 255, rows: rowsOf(kept) }) : null,
  ]);
  const size = features.length / compared.length;
  const rows = compared.map((_, row) => features.subarray(row * size, (row + 1) * size));
  const limit = usualDistance(rows);
  const exhibit = { layers, input, pixelScale: 255 } as Exhibit;
  return {
    limit,
    answers: kept.map(({ label }, row) => {
      const units = outputs!.length / kept.length;
      const line = outputs!.subarray(row * units, (row + 1) * units);
      const best = indexOfLargest(line);
      return { label, best, probability: line[best] };
    }),
    judge(pixels) {
      const pass = forward(exhibit, pictureOf(pixels, shape));
      const probabilities = Array.from(pass.layers.get(layers[layers.length - 1].name)!.activation.data);
      const own = pass.layers.get(last)!.activation.data;
      const nearest = rows
        .map((row, at) => ({ example: compared[at], distance: distance(own, row) }))
        .sort((one, other) => one.distance - other.distance)
        .slice(0, SHOWN);
      return { probabilities, best: indexOfLargest(probabilities), nearest, isKnown: nearest[0].distance <= limit };
    },
  };
}
