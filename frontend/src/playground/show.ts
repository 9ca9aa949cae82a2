/** What the start screen shows of points and kernels: computed, as everything is. */
import { zeros, type Tensor } from "../graph/tensor";
import type { Point } from "./points";
import { recipeFor } from "./recipes";
import { DEFAULTS } from "./settings";
import { featureGrids, PLACES, surfaces } from "./surface";
import { Trainer } from "./trainer";

export interface Drawn {
  points: readonly Point[];
  extent: readonly [number, number];
  /** What the network answers over the plane; shape (SIDE, SIDE). */
  grid: Float32Array;
}

const PASSES = 60;

/** A network after some passes over the points of a circle. */
export function drawnExample(): Drawn {
  const settings = { ...DEFAULTS, ...recipeFor(DEFAULTS)!.settings };
  const trainer = new Trainer(settings, null);
  while (trainer.pass < PASSES) trainer.advance();
  const { extent, train } = trainer.data;
  const grids = surfaces(trainer.network, featureGrids(settings.features, extent));
  return { points: train.points, extent, grid: grids.subarray(grids.length - PLACES) };
}

/** Finds where it is brighter on the right. */
export const KERNEL = [
  [-1, 0, 1],
  [-1, 0, 1],
  [-1, 0, 1],
];

/** A kernel over a picture of one channel, without padding. */
export function slid({ shape: [height, width], data }: Tensor, kernel: readonly (readonly number[])[]): Tensor {
  const [rows, columns] = [height - kernel.length + 1, width - kernel[0].length + 1];
  if (rows < 1 || columns < 1) return zeros([1, 1, 1]);
  const sums = zeros([rows, columns, 1]);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      kernel.forEach((line, down) =>
        line.forEach((weight, right) => {
          sums.data[row * columns + column] += weight * data[(row + down) * width + column + right];
        }),
      );
  return sums;
}
