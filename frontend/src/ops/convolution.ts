import { asImage, placesAlong, shapedLike, zeros, type Pair, type Sides, type Tensor } from "./tensor";

export interface ConvolutionSettings {
  strides: Pair;
  dilation_rate: Pair;
  padding: Sides;
  groups: number;
}

/** Where a window stands: first row and column in the input, which may lie in the padding. */
export const windowStart = (row: number, column: number, strides: Pair, padding: Sides): Pair => [
  row * strides[0] - padding[0][0],
  column * strides[1] - padding[1][0],
];

export function convolvedSize(height: number, width: number, kernel: Pair, settings: ConvolutionSettings): Pair {
  const { strides, dilation_rate: dilation, padding } = settings;
  return [
    placesAlong(height + padding[0][0] + padding[0][1], dilation[0] * (kernel[0] - 1) + 1, strides[0]),
    placesAlong(width + padding[1][0] + padding[1][1], dilation[1] * (kernel[1] - 1) + 1, strides[1]),
  ];
}

/**
 * Slide kernels (height, width, in_channels / groups, out_channels) over an image; the kernel is not flipped.
 * Sums are kept in double precision and rounded once.
 */
export function convolve(image: Tensor, kernel: Tensor, bias: Float32Array | null, settings: ConvolutionSettings): Tensor {
  const [height, width, inChannels] = asImage(image.shape);
  const [kernelHeight, kernelWidth, perGroup, outChannels] = kernel.shape;
  const { strides, dilation_rate: dilation, padding, groups } = settings;
  const [rows, columns] = convolvedSize(height, width, [kernelHeight, kernelWidth], settings);
  const result = zeros(shapedLike(image, rows, columns, outChannels));
  const sums = new Float64Array(outChannels);
  const outPerGroup = outChannels / groups;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, padding);
      sums.fill(0);
      for (let down = 0; down < kernelHeight; down++) {
        const y = top + down * dilation[0];
        if (y < 0 || y >= height) continue;
        for (let right = 0; right < kernelWidth; right++) {
          const x = left + right * dilation[1];
          if (x < 0 || x >= width) continue;
          const from = (y * width + x) * inChannels;
          const tap = (down * kernelWidth + right) * perGroup * outChannels;
          for (let channel = 0; channel < inChannels; channel++) {
            const value = image.data[from + channel];
            if (value === 0) continue; // most values after a ReLU
            const group = Math.floor(channel / perGroup);
            const weights = tap + (channel - group * perGroup) * outChannels;
            const last = (group + 1) * outPerGroup;
            for (let out = group * outPerGroup; out < last; out++) sums[out] += value * kernel.data[weights + out];
          }
        }
      }
      const to = (row * columns + column) * outChannels;
      for (let out = 0; out < outChannels; out++) result.data[to + out] = sums[out] + (bias ? bias[out] : 0);
    }
  }
  return result;
}

/** Slide one kernel (height, width, in_channels, multiplier) over each channel on its own. */
export function depthwiseConvolve(image: Tensor, kernel: Tensor, bias: Float32Array | null, settings: ConvolutionSettings): Tensor {
  const [kernelHeight, kernelWidth, channels, multiplier] = kernel.shape;
  const grouped = { shape: [kernelHeight, kernelWidth, 1, channels * multiplier], data: kernel.data };
  return convolve(image, grouped, bias, { ...settings, groups: channels });
}
