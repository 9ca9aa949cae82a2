import { asImage, zeros, type Sides, type Tensor } from "./tensor";

/** Multiply and shift each channel: batch normalization after training, and rescaling. */
export function scaleAndShift(input: Tensor, scale: Float32Array, shift: Float32Array): Tensor {
  const channels = scale.length;
  return { shape: input.shape, data: input.data.map((value, place) => value * scale[place % channels] + shift[place % channels]) };
}

/** Keep what is above 0; multiply the rest by a weight of its own. */
export const prelu = (input: Tensor, alpha: Float32Array): Tensor => ({
  shape: input.shape,
  data: input.data.map((value, place) => (value > 0 ? value : value * alpha[place])),
});

export function add(inputs: readonly Tensor[]): Tensor {
  const data = inputs[0].data.map((_, place) => inputs.reduce((sum, input) => sum + input.data[place], 0));
  return { shape: inputs[0].shape, data };
}

/** Put arrays one behind the other along an axis. */
export function concatenate(inputs: readonly Tensor[], axis: number): Tensor {
  const lengths = inputs.map((input) => input.shape.slice(axis).reduce((product, length) => product * length, 1));
  const shape = inputs[0].shape.map((length, index) => (index === axis ? inputs.reduce((sum, input) => sum + input.shape[axis], 0) : length));
  const result = zeros(shape);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  for (let block = 0, to = 0; block * whole < result.data.length; block++) {
    inputs.forEach((input, index) => {
      result.data.set(input.data.subarray(block * lengths[index], (block + 1) * lengths[index]), to);
      to += lengths[index];
    });
  }
  return result;
}

export function zeroPadding(image: Tensor, padding: Sides): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const [[top, bottom], [left, right]] = padding;
  const wide = width + left + right;
  const shape = image.shape.length === 2 ? [wide, channels] : [height + top + bottom, wide, channels];
  const result = zeros(shape);
  for (let row = 0; row < height; row++) {
    const line = image.data.subarray(row * width * channels, (row + 1) * width * channels);
    result.data.set(line, ((row + top) * wide + left) * channels);
  }
  return result;
}
