/** The chain rule, one operation at a time: from the slope of what goes out to the slope of what came in. */
import { ALONG_A_LINE, linesAlong, type Settings } from "./activations";
import { windowStart, type ConvolutionSettings } from "./convolution";
import type { PoolingSettings } from "./pooling";
import { asImage, zeros, type Sides, type Tensor } from "./tensor";

const like = (input: Tensor): Tensor => zeros(input.shape);

/** Each value goes back through the weights that it went out by. */
export function convolveBack(slope: Tensor, image: Tensor, kernel: Tensor, settings: ConvolutionSettings): Tensor {
  const [height, width, inChannels] = asImage(image.shape);
  const [kernelHeight, kernelWidth, perGroup, outChannels] = kernel.shape;
  const { strides, dilation_rate: dilation, padding, groups } = settings;
  const [rows, columns] = asImage(slope.shape);
  const outPerGroup = outChannels / groups;
  const result = like(image);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, padding);
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
            for (let out = group * outPerGroup; out < (group + 1) * outPerGroup; out++) sum += slope.data[at + out] * kernel.data[weights + out];
            result.data[(y * width + x) * inChannels + channel] += sum;
          }
        }
      }
    }
  }
  return result;
}

export function depthwiseConvolveBack(slope: Tensor, image: Tensor, kernel: Tensor, settings: ConvolutionSettings): Tensor {
  const [kernelHeight, kernelWidth, channels, multiplier] = kernel.shape;
  const grouped = { shape: [kernelHeight, kernelWidth, 1, channels * multiplier], data: kernel.data };
  return convolveBack(slope, image, grouped, { ...settings, groups: channels });
}

export function denseBack(slope: Tensor, input: Tensor, kernel: Tensor): Tensor {
  const [inputs, units] = kernel.shape;
  const result = like(input);
  for (let line = 0; line * inputs < input.data.length; line++)
    for (let index = 0; index < inputs; index++) {
      let sum = 0;
      for (let unit = 0; unit < units; unit++) sum += slope.data[line * units + unit] * kernel.data[index * units + unit];
      result.data[line * inputs + index] = sum;
    }
  return result;
}

/** The largest of a window takes all of it, the first of several alike; a mean is shared. */
export function poolBack(slope: Tensor, image: Tensor, settings: PoolingSettings): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const { pool_size: size, strides, padding, kind } = settings;
  const [rows, columns] = asImage(slope.shape);
  const result = like(image);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, padding);
      const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
      const [lastRow, lastColumn] = [Math.min(height, top + size[0]), Math.min(width, left + size[1])];
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

export function globalPoolBack(slope: Tensor, image: Tensor, kind: "max" | "average"): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const result = like(image);
  for (let channel = 0; channel < channels; channel++) {
    let best = channel;
    for (let place = channel; place < image.data.length; place += channels) {
      if (kind === "average") result.data[place] = slope.data[channel] / (height * width);
      if (image.data[place] > image.data[best]) best = place;
    }
    if (kind === "max") result.data[best] = slope.data[channel];
  }
  return result;
}

export const scaleAndShiftBack = (slope: Tensor, scale: Float32Array): Tensor => ({
  shape: slope.shape,
  data: slope.data.map((value, place) => value * scale[place % scale.length]),
});

export const preluBack = (slope: Tensor, input: Tensor, alpha: Float32Array): Tensor => ({
  shape: input.shape,
  data: slope.data.map((value, place) => (input.data[place] > 0 ? value : value * alpha[place])),
});

/** Each array gets the part that it gave. */
export function concatenateBack(slope: Tensor, inputs: readonly Tensor[], axis: number): Tensor[] {
  const lengths = inputs.map((input) => input.shape.slice(axis).reduce((product, length) => product * length, 1));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const parts = inputs.map(like);
  for (let block = 0, from = 0; block * whole < slope.data.length; block++)
    inputs.forEach((_, index) => {
      parts[index].data.set(slope.data.subarray(from, from + lengths[index]), block * lengths[index]);
      from += lengths[index];
    });
  return parts;
}

export function zeroPaddingBack(slope: Tensor, image: Tensor, padding: Sides): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const [[top], [left, right]] = padding;
  const wide = width + left + right;
  const result = like(image);
  const above = image.shape.length === 2 ? 0 : top;
  for (let row = 0; row < height; row++) {
    const from = ((row + above) * wide + left) * channels;
    result.data.set(slope.data.subarray(from, from + width * channels), row * width * channels);
  }
  return result;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];

/** The slope of an activation where its sum is `x` and its value `y`. */
const SLOPES: Readonly<Record<string, (x: number, y: number, settings: Settings) => number>> = {
  relu: (x, y, { negative_slope, max_value, threshold }) => (max_value != null && y >= max_value ? 0 : x > (threshold ?? 0) ? 1 : (negative_slope ?? 0)),
  relu6: (x) => (x > 0 && x < 6 ? 1 : 0),
  leaky_relu: (x, _, { negative_slope }) => (x > 0 ? 1 : (negative_slope ?? 0.2)),
  elu: (x, y, { alpha }) => (x > 0 ? 1 : y + (alpha ?? 1)),
  selu: (x, y) => (x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA),
  gelu: (x, y) => (x === 0 ? 0.5 : y / x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  sigmoid: (_, y) => y * (1 - y),
  hard_sigmoid: (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
  tanh: (_, y) => 1 - y * y,
  softplus: (x) => sigmoid(x),
  softsign: (x) => 1 / (1 + Math.abs(x)) ** 2,
  silu: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  swish: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  mish: (x) => {
    const bent = Math.tanh(Math.log1p(Math.exp(x)));
    return bent + x * (1 - bent * bent) * sigmoid(x);
  },
  exponential: (_, y) => y,
};

export function activateBack(name: string, slope: Tensor, before: Tensor, after: Tensor, settings: Settings = {}): Tensor {
  if (name === "linear") return slope;
  if (ALONG_A_LINE.includes(name)) return softmaxBack(slope, after, settings.axis ?? -1, name === "log_softmax");
  const one = SLOPES[name];
  return { shape: before.shape, data: slope.data.map((value, place) => value * one(before.data[place], after.data[place], settings)) };
}

/** Every share of a line takes from the others. */
function softmaxBack(slope: Tensor, after: Tensor, axis: number, logarithm: boolean): Tensor {
  const result = like(after);
  for (const line of linesAlong(after.shape, axis)) {
    const total = line.reduce((sum, place) => sum + slope.data[place] * (logarithm ? 1 : after.data[place]), 0);
    for (const place of line) result.data[place] = logarithm ? slope.data[place] - Math.exp(after.data[place]) * total : after.data[place] * (slope.data[place] - total);
  }
  return result;
}
