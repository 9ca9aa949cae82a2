import type { Tensor } from "./tensor";

export type Settings = Readonly<Record<string, number | null | undefined>>;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x: number, alpha = 1): number => (x > 0 ? x : alpha * Math.expm1(x));

/** The error function to double precision: a series near 0, a continued fraction further out. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let [term, sum] = [size, size];
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / ((size + fraction) * Math.sqrt(Math.PI)));
}

function relu(x: number, { negative_slope, max_value, threshold }: Settings): number {
  const [slope, corner] = [negative_slope ?? 0, threshold ?? 0];
  const bent = x >= corner ? x : slope * (x - corner);
  return max_value == null ? bent : Math.min(bent, max_value);
}

/** One number in, one number out, by Keras' names. */
export const ACTIVATIONS: Readonly<Record<string, (x: number, settings: Settings) => number>> = {
  linear: (x) => x,
  relu,
  relu6: (x) => clamp(x, 0, 6),
  leaky_relu: (x, { negative_slope }) => (x >= 0 ? x : (negative_slope ?? 0.2) * x),
  elu: (x, { alpha }) => elu(x, alpha ?? 1),
  selu: (x) => 1.0507009873554805 * elu(x, 1.6732632423543772),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  sigmoid,
  hard_sigmoid: (x) => clamp(x + 3, 0, 6) / 6,
  tanh: (x) => Math.tanh(x),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  exponential: (x) => Math.exp(x),
};

export const ALONG_A_LINE = ["softmax", "log_softmax"];

/** Apply an activation by its Keras name; softmax works along an axis, the last one unless told. */
export function activate(name: string, input: Tensor, settings: Settings = {}): Tensor {
  if (ALONG_A_LINE.includes(name)) return softmax(input, settings.axis ?? -1, name === "log_softmax");
  if (name === "linear") return input;
  const one = ACTIVATIONS[name];
  return { shape: input.shape, data: input.data.map((value) => one(value, settings)) };
}

function softmax(input: Tensor, axis: number, logarithm: boolean): Tensor {
  const result = { shape: input.shape, data: new Float32Array(input.data.length) };
  for (const line of linesAlong(input.shape, axis)) {
    const largest = line.reduce((most, place) => Math.max(most, input.data[place]), -Infinity);
    const total = line.reduce((sum, place) => sum + Math.exp(input.data[place] - largest), 0);
    for (const place of line) {
      const shifted = input.data[place] - largest;
      result.data[place] = logarithm ? shifted - Math.log(total) : Math.exp(shifted) / total;
    }
  }
  return result;
}

/** The places of each line along an axis. */
export function* linesAlong(shape: readonly number[], axis: number): Generator<number[]> {
  const chosen = axis < 0 ? shape.length + axis : axis;
  const length = shape[chosen];
  const step = shape.slice(chosen + 1).reduce((product, one) => product * one, 1);
  const blocks = shape.slice(0, chosen).reduce((product, one) => product * one, 1);
  for (let block = 0; block < blocks; block++) {
    for (let offset = 0; offset < step; offset++) {
      yield Array.from({ length }, (_, index) => (block * length + index) * step + offset);
    }
  }
}
