/** Activations, losses and penalties, each with its slope. */
import { largest } from "../numbers/extent";
export interface Activation {
  value: (sum: number) => number;
  /** At a sum whose value is known. */
  slope: (sum: number, value: number) => number;
}

export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  tanh: { value: Math.tanh, slope: (_, value) => 1 - value * value },
  relu: { value: (sum) => Math.max(0, sum), slope: (sum) => (sum <= 0 ? 0 : 1) },
  sigmoid: { value: (sum) => 1 / (1 + Math.exp(-sum)), slope: (_, value) => value * (1 - value) },
  linear: { value: (sum) => sum, slope: () => 1 },
};

/** How far outputs are from targets, and the slope of that for each sum that the last layer made. */
export interface Loss {
  last: "tanh" | "linear" | "sigmoid" | "softmax";
  value: (outputs: Float64Array, sums: Float64Array, target: number) => number;
  slopes: (outputs: Float64Array, sums: Float64Array, target: number, into: Float64Array) => void;
}

/** Half the squared distance, of one output. */
const halfSquared = (last: "tanh" | "linear", targetOf: (label: number) => number): Loss => ({
  last,
  value: (outputs, _, label) => 0.5 * (outputs[0] - targetOf(label)) ** 2,
  slopes: (outputs, sums, label, into) => {
    into[0] = (outputs[0] - targetOf(label)) * ACTIVATIONS[last].slope(sums[0], outputs[0]);
  },
});

/** Cross-entropy from the sums before the activation: where probabilities round to 0 or 1, it still has a slope. */
const ofTwo: Loss = {
  last: "sigmoid",
  value: (_, [sum], label) => Math.max(sum, 0) - sum * label + Math.log1p(Math.exp(-Math.abs(sum))),
  slopes: (outputs, _, label, into) => {
    into[0] = outputs[0] - label;
  },
};

const ofMany: Loss = {
  last: "softmax",
  value: (_, sums, label) => {
    const most = largest(sums);
    return most + Math.log(sums.reduce((total, sum) => total + Math.exp(sum - most), 0)) - sums[label];
  },
  slopes: (outputs, _, label, into) =>
    outputs.forEach((probability, unit) => (into[unit] = probability - (unit === label ? 1 : 0))),
};

export function lossFor(name: string, classes: number): Loss {
  if (!classes) return halfSquared("linear", (label) => label);
  if (name === "squared" && classes === 2) return halfSquared("tanh", (label) => 2 * label - 1);
  return classes === 2 ? ofTwo : ofMany;
}

export function softmax(sums: Float64Array, into: Float64Array): void {
  const most = largest(sums);
  let total = 0;
  sums.forEach((sum, unit) => (total += into[unit] = Math.exp(sum - most)));
  into.forEach((share, unit) => (into[unit] = share / total));
}

/** The slope of what a weight costs for being there. */
export const PENALTIES: Readonly<Record<string, (weight: number) => number>> = {
  none: () => 0,
  L1: Math.sign,
  L2: (weight) => weight,
};
