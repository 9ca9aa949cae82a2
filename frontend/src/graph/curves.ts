/** Every activation that bends numbers one by one, by Keras' names: its value, and its slope where x gives y. */
import type { CurveName } from "../primitives/types";

export type How = Readonly<Record<string, number>>;

export interface Curve {
  value(x: number, how: How): number;
  slope(x: number, y: number, how: How): number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];

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

const relu: Curve = {
  value(x, { negative_slope = 0, max_value = Infinity, threshold = 0 }) {
    return Math.min(max_value, x > threshold ? x : negative_slope * (x - threshold));
  },
  slope(x, _, { negative_slope = 0, max_value = Infinity, threshold = 0 }) {
    return x >= max_value ? 0 : x > threshold ? 1 : negative_slope;
  },
};

const gelu = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

export const CURVES: Readonly<Record<CurveName, Curve>> = {
  linear: { value: (x) => x, slope: () => 1 },
  relu,
  relu6: { value: (x) => clamp(x, 0, 6), slope: (x) => (x > 0 && x < 6 ? 1 : 0) },
  leaky_relu: {
    value: (x, { negative_slope = 0.2 }) => (x > 0 ? x : negative_slope * x),
    slope: (x, _, { negative_slope = 0.2 }) => (x > 0 ? 1 : negative_slope),
  },
  elu: {
    value: (x, { alpha = 1 }) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x, y, { alpha = 1 }) => (x > 0 ? 1 : y + alpha),
  },
  celu: {
    value: (x, { alpha = 1 }) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    slope: (x, y, { alpha = 1 }) => (x > 0 ? 1 : y / alpha + 1),
  },
  selu: {
    value: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    slope: (x, y) => (x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA),
  },
  gelu: { value: (x) => x * gelu(x), slope: (x) => gelu(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI) },
  sigmoid: { value: sigmoid, slope: (_, y) => y * (1 - y) },
  log_sigmoid: { value: (x) => -softplus(-x), slope: (x) => sigmoid(-x) },
  tanh: { value: (x) => Math.tanh(x), slope: (_, y) => 1 - y * y },
  hard_tanh: { value: (x) => clamp(x, -1, 1), slope: (x) => (x > -1 && x < 1 ? 1 : 0) },
  tanh_shrink: { value: (x) => x - Math.tanh(x), slope: (x) => Math.tanh(x) ** 2 },
  softplus: { value: softplus, slope: (x) => sigmoid(x) },
  softsign: { value: (x) => x / (1 + Math.abs(x)), slope: (x) => 1 / (1 + Math.abs(x)) ** 2 },
  silu: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) },
  mish: {
    value: (x) => x * Math.tanh(softplus(x)),
    slope(x) {
      const share = Math.tanh(softplus(x));
      return share + x * (1 - share * share) * sigmoid(x);
    },
  },
  hard_sigmoid: { value: (x) => clamp(x + 3, 0, 6) / 6, slope: (x) => (x > -3 && x < 3 ? 1 / 6 : 0) },
  hard_silu: { value: (x) => (x * clamp(x + 3, 0, 6)) / 6, slope: (x) => (x >= 3 ? 1 : x > -3 ? x / 3 + 0.5 : 0) },
  hard_shrink: {
    value: (x, { threshold = 0.5 }) => (Math.abs(x) > threshold ? x : 0),
    slope: (x, _, { threshold = 0.5 }) => (Math.abs(x) > threshold ? 1 : 0),
  },
  soft_shrink: {
    value: (x, { threshold = 0.5 }) => Math.sign(x) * Math.max(Math.abs(x) - threshold, 0),
    slope: (x, _, { threshold = 0.5 }) => (Math.abs(x) > threshold ? 1 : 0),
  },
  sparse_plus: { value: (x) => (x >= 1 ? x : x > -1 ? (x + 1) ** 2 / 4 : 0), slope: (x) => clamp((x + 1) / 2, 0, 1) },
  sparse_sigmoid: { value: (x) => clamp((x + 1) / 2, 0, 1), slope: (x) => (x > -1 && x < 1 ? 0.5 : 0) },
  squareplus: {
    value: (x, { b = 4 }) => (x + Math.sqrt(x * x + b)) / 2,
    slope: (x, _, { b = 4 }) => (1 + x / Math.sqrt(x * x + b)) / 2,
  },
  exponential: { value: (x) => Math.exp(x), slope: (_, y) => y },
};

/** A curve's settings, from the pairs in which a primitive holds them. */
export const howOf = (pairs: readonly (readonly [string, number])[]): How => Object.fromEntries(pairs);
