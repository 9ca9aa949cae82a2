import type { Operation } from "../graph/graph";
import { asImage, gathered, placesAlong, windowStart, zeros, type Pair, type Tensor } from "../graph/tensor";
import type { Settings } from "./types";

export type Sliding = Settings["convolve"];

export function convolvedSize(
  height: number,
  width: number,
  kernel: Pair,
  { strides, dilation, sides }: Sliding,
): Pair {
  return [
    placesAlong(height + sides[0][0] + sides[0][1], dilation[0] * (kernel[0] - 1) + 1, strides[0]),
    placesAlong(width + sides[1][0] + sides[1][1], dilation[1] * (kernel[1] - 1) + 1, strides[1]),
  ];
}

/**
 * Slide kernels (height, width, in_channels / groups, out_channels) over an image; the kernel is not flipped.
 * Sums are kept in double precision and rounded once.
 */
export function slide(image: Tensor, kernel: Tensor, bias: Float32Array | null, settings: Sliding): Tensor {
  const [height, width, inChannels] = asImage(image.shape);
  const [kernelHeight, kernelWidth, perGroup, outChannels] = kernel.shape;
  const { strides, dilation, sides, groups } = settings;
  const [rows, columns] = convolvedSize(height, width, [kernelHeight, kernelWidth], settings);
  const result = zeros([rows, columns, outChannels]);
  const sums = new Float64Array(outChannels);
  const [values, places] = [new Float64Array(perGroup), new Int32Array(perGroup)];
  const outPerGroup = outChannels / groups;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, sides);
      sums.fill(0);
      for (let down = 0; down < kernelHeight; down++) {
        const y = top + down * dilation[0];
        if (y < 0 || y >= height) continue;
        for (let right = 0; right < kernelWidth; right++) {
          const x = left + right * dilation[1];
          if (x < 0 || x >= width) continue;
          const tap = (down * kernelWidth + right) * perGroup * outChannels;
          for (let group = 0; group < groups; group++) {
            const from = (y * width + x) * inChannels + group * perGroup;
            let n = 0;
            for (let channel = 0; channel < perGroup; channel++) {
              const value = image.data[from + channel];
              if (value === 0) continue; // most values after a ReLU
              values[n] = value;
              places[n++] = tap + channel * outChannels;
            }
            addWeighed(sums, group * outPerGroup, (group + 1) * outPerGroup, kernel.data, values, places, n);
          }
        }
      }
      const to = (row * columns + column) * outChannels;
      for (let out = 0; out < outChannels; out++) result.data[to + out] = sums[out] + (bias ? bias[out] : 0);
    }
  }
  return result;
}

/** Add values times their weights, in their order; four at once, because fetching and storing sums takes most time. */
function addWeighed(
  sums: Float64Array,
  first: number,
  last: number,
  weights: Float32Array,
  values: Float64Array,
  places: Int32Array,
  n: number,
): void {
  let at = 0;
  for (; at + 3 < n; at += 4) {
    const [a, b, c, d] = [values[at], values[at + 1], values[at + 2], values[at + 3]];
    const [p, q, r, s] = [places[at], places[at + 1], places[at + 2], places[at + 3]];
    for (let out = first; out < last; out++)
      sums[out] = sums[out] + a * weights[p + out] + b * weights[q + out] + c * weights[r + out] + d * weights[s + out];
  }
  for (; at < n; at++) {
    const [value, place] = [values[at], places[at]];
    for (let out = first; out < last; out++) sums[out] += value * weights[place + out];
  }
}

/** Each value goes back through the weights that it went out by. */
function slideBack(slope: Tensor, image: Tensor, kernel: Tensor, settings: Sliding): Tensor {
  const [height, width, inChannels] = asImage(image.shape);
  const [kernelHeight, kernelWidth, perGroup, outChannels] = kernel.shape;
  const { strides, dilation, sides, groups } = settings;
  const [rows, columns] = asImage(slope.shape);
  const outPerGroup = outChannels / groups;
  const result = zeros(image.shape);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, sides);
      const at = (row * columns + column) * outChannels;
      for (let down = 0; down < kernelHeight; down++) {
        const y = top + down * dilation[0];
        if (y < 0 || y >= height) continue;
        for (let right = 0; right < kernelWidth; right++) {
          const x = left + right * dilation[1];
          if (x < 0 || x >= width) continue;
          const tap = (down * kernelWidth + right) * perGroup * outChannels;
          for (let channel = 0; channel < inChannels; channel++) {
            const group = Math.floor(channel / perGroup);
            const weights = tap + (channel - group * perGroup) * outChannels;
            let sum = 0;
            for (let out = group * outPerGroup; out < (group + 1) * outPerGroup; out++)
              sum += slope.data[at + out] * kernel.data[weights + out];
            result.data[(y * width + x) * inChannels + channel] += sum;
          }
        }
      }
    }
  }
  return result;
}

/** Each weight has met a value at every place: their products with the slopes, added up. */
function kernelBack(
  slope: Tensor,
  image: Tensor,
  kernel: Tensor,
  { strides, dilation, sides, groups }: Sliding,
): Tensor {
  const [height, width, inChannels] = asImage(image.shape);
  const [, kernelWidth, perGroup, outChannels] = kernel.shape;
  const [rows, columns] = asImage(slope.shape);
  const sums = new Float64Array(kernel.data.length);
  for (let flat = 0; flat < sums.length; flat++) {
    const out = flat % outChannels;
    const [tap, within] = [Math.floor(flat / outChannels / perGroup), Math.floor(flat / outChannels) % perGroup];
    const channel = Math.floor(out / (outChannels / groups)) * perGroup + within;
    const [down, right] = [Math.floor(tap / kernelWidth) * dilation[0], (tap % kernelWidth) * dilation[1]];
    for (let place = 0; place < rows * columns; place++) {
      const [top, left] = windowStart(Math.floor(place / columns), place % columns, strides, sides);
      const [y, x] = [top + down, left + right];
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      sums[flat] += slope.data[place * outChannels + out] * image.data[(y * width + x) * inChannels + channel];
    }
  }
  return { shape: kernel.shape, data: Float32Array.from(sums) };
}

/** Every kernel at every place of an image. */
export const convolve: Operation<"convolve"> = {
  forward: ([image, kernel, bias], settings) => slide(image, kernel, bias?.data ?? null, settings),
  back: (slope, inputs, settings, _, wanted) => [
    wanted[0] ? slideBack(slope, inputs[0], inputs[1], settings) : null,
    wanted[1] ? kernelBack(slope, inputs[0], inputs[1], settings) : null,
    wanted[2] ? gathered(slope.data, slope.shape, inputs[2].shape) : null,
  ],
  apart([, kernel, bias], { strides, sides, dilation, groups }, [row, column, map]) {
    const [height, width, each, outChannels] = kernel.shape;
    const first = Math.floor(map / (outChannels / groups)) * each;
    const [top, left] = windowStart(row, column, strides, sides);
    const terms = Array.from({ length: height * width * each }, (_, index) => {
      const [tap, channel] = [Math.floor(index / each), index % each];
      const place = [top + Math.floor(tap / width) * dilation[0], left + (tap % width) * dilation[1], first + channel];
      return { input: 0, place, weight: kernel.data[index * outChannels + map] };
    });
    return { rule: "sum", terms, constant: bias ? bias.data[map] : null };
  },
};
