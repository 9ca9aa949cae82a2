import { zeros, type Tensor } from "./tensor";

/** Weigh and add the last axis: kernel (in, units). */
export function dense(input: Tensor, kernel: Tensor, bias: Float32Array | null): Tensor {
  const [inputs, units] = kernel.shape;
  const result = zeros([...input.shape.slice(0, -1), units]);
  const sums = new Float64Array(units);
  for (let line = 0; line * inputs < input.data.length; line++) {
    sums.fill(0);
    for (let index = 0; index < inputs; index++) {
      const value = input.data[line * inputs + index];
      if (value === 0) continue;
      for (let unit = 0; unit < units; unit++) sums[unit] += value * kernel.data[index * units + unit];
    }
    for (let unit = 0; unit < units; unit++) result.data[line * units + unit] = sums[unit] + (bias ? bias[unit] : 0);
  }
  return result;
}
