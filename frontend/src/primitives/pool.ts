import type { Operation } from "../graph/graph";
import { asImage, windowStart, zeros, type Tensor } from "../graph/tensor";
import { convolvedSize } from "./convolve";
import type { Settings } from "./types";

export type Pooling = Settings["pool"];

/** The largest, or the mean, of each window; padding is in no window. */
export function poolOver(image: Tensor, settings: Pooling): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const { window, strides, sides, kind } = settings;
  const [rows, columns] = convolvedSize(height, width, window, { strides, sides, dilation: [1, 1], groups: 1 });
  const result = zeros([rows, columns, channels]);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, sides);
      const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
      const [lastRow, lastColumn] = [Math.min(height, top + window[0]), Math.min(width, left + window[1])];
      for (let channel = 0; channel < channels; channel++) {
        let [largest, total] = [-Infinity, 0];
        for (let y = firstRow; y < lastRow; y++) {
          for (let x = firstColumn; x < lastColumn; x++) {
            const value = image.data[(y * width + x) * channels + channel];
            if (value > largest || Number.isNaN(value)) largest = value;
            total += value;
          }
        }
        const inside = (lastRow - firstRow) * (lastColumn - firstColumn);
        result.data[(row * columns + column) * channels + channel] = kind === "max" ? largest : total / inside;
      }
    }
  }
  return result;
}

/** The largest of a window takes all of it, the first of several alike; a mean is shared. */
function poolBack(slope: Tensor, image: Tensor, { window, strides, sides, kind }: Pooling): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const [rows, columns] = asImage(slope.shape);
  const result = zeros(image.shape);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, sides);
      const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
      const [lastRow, lastColumn] = [Math.min(height, top + window[0]), Math.min(width, left + window[1])];
      const inside = (lastRow - firstRow) * (lastColumn - firstColumn);
      for (let channel = 0; channel < channels; channel++) {
        const given = slope.data[(row * columns + column) * channels + channel];
        let best = -1;
        for (let y = firstRow; y < lastRow; y++)
          for (let x = firstColumn; x < lastColumn; x++) {
            const place = (y * width + x) * channels + channel;
            if (kind === "average") result.data[place] += given / inside;
            else if (best < 0 || image.data[place] > image.data[best]) best = place;
          }
        if (kind === "max" && best >= 0) result.data[best] += given;
      }
    }
  return result;
}

/** One number for each window. */
export const pool: Operation<"pool"> = {
  forward: ([image], settings) => poolOver(image, settings),
  back: (slope, [image], settings) => [poolBack(slope, image, settings)],
  /** The places outside of the image are told too: they are in the window, and not counted. */
  apart(_, { kind, window, strides, sides }, [row, column, channel]) {
    const [top, left] = windowStart(row, column, strides, sides);
    const terms = Array.from({ length: window[0] * window[1] }, (_, tap) => ({
      input: 0,
      place: [top + Math.floor(tap / window[1]), left + (tap % window[1]), channel],
      weight: null,
    }));
    return { rule: kind === "max" ? "largest" : "mean", terms, constant: null };
  },
};
