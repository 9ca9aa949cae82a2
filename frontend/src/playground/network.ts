/** Dense layers forward and backward for one row; numbers in double precision. */
import { ACTIVATIONS, softmax, type Loss } from "./functions";
import type { Random } from "./random";

export interface Dense {
  inputs: number;
  units: number;
  activation: string;
  /** `kernel[input * units + unit]`, as Keras keeps it. */
  kernel: Float64Array;
  bias: Float64Array;
  /** Weights that an L1 penalty pushed over zero stay there. */
  dead: Uint8Array;
}

/** What one row makes of each layer. */
export interface Pass {
  input: Float64Array;
  sums: Float64Array[];
  outputs: Float64Array[];
}

/** The slopes of the loss for each sum, and added up over rows for each weight. */
export interface Slopes {
  sums: Float64Array[];
  kernels: Float64Array[];
  biases: Float64Array[];
}

const BIAS = 0.1;

/** Draw weights from −0.5 to 0.5, unit by unit, and begin all biases at 0.1; or begin everything at 0. */
export function drawNetwork(
  shape: readonly number[],
  activations: readonly string[],
  random: Random,
  zero = false,
): Dense[] {
  return activations.map((activation, index) => {
    const [inputs, units] = [shape[index], shape[index + 1]];
    const kernel = new Float64Array(inputs * units);
    for (let unit = 0; unit < units; unit++)
      for (let input = 0; input < inputs; input++) kernel[input * units + unit] = zero ? 0 : random() - 0.5;
    return {
      inputs,
      units,
      activation,
      kernel,
      bias: new Float64Array(units).fill(zero ? 0 : BIAS),
      dead: new Uint8Array(inputs * units),
    };
  });
}

export const emptyPass = (network: readonly Dense[]): Pass => ({
  input: new Float64Array(network[0].inputs),
  sums: network.map((layer) => new Float64Array(layer.units)),
  outputs: network.map((layer) => new Float64Array(layer.units)),
});

export const emptySlopes = (network: readonly Dense[]): Slopes => ({
  sums: network.map((layer) => new Float64Array(layer.units)),
  kernels: network.map((layer) => new Float64Array(layer.kernel.length)),
  biases: network.map((layer) => new Float64Array(layer.units)),
});

/** Each unit adds up its bias and its weighted inputs, and hands on what its activation makes of that. */
export function forward(network: readonly Dense[], pass: Pass): Float64Array {
  let input = pass.input;
  network.forEach(({ inputs, units, kernel, bias, activation }, index) => {
    const [sums, outputs] = [pass.sums[index], pass.outputs[index]];
    const value = ACTIVATIONS[activation]?.value;
    for (let unit = 0; unit < units; unit++) {
      let sum = bias[unit];
      for (let from = 0; from < inputs; from++) sum += kernel[from * units + unit] * input[from];
      sums[unit] = sum;
      if (value) outputs[unit] = value(sum);
    }
    if (!value) softmax(sums, outputs);
    input = outputs;
  });
  return input;
}

/** The chain rule, last layer first: what the loss would change by, for each sum and each weight. */
export function backward(network: readonly Dense[], pass: Pass, loss: Loss, label: number, slopes: Slopes): void {
  const last = network.length - 1;
  loss.slopes(pass.outputs[last], pass.sums[last], label, slopes.sums[last]);
  for (let index = last; index >= 0; index--) {
    const { inputs, units, kernel } = network[index];
    const [after, kernels, biases] = [slopes.sums[index], slopes.kernels[index], slopes.biases[index]];
    const input = index ? pass.outputs[index - 1] : pass.input;
    const before = index ? slopes.sums[index - 1] : null;
    const slope = index ? ACTIVATIONS[network[index - 1].activation].slope : null;
    for (let from = 0; from < inputs; from++) {
      let total = 0;
      for (let unit = 0, place = from * units; unit < units; unit++, place++) {
        kernels[place] += after[unit] * input[from];
        total += kernel[place] * after[unit];
      }
      if (before) before[from] = total * slope!(pass.sums[index - 1][from], input[from]);
    }
    for (let unit = 0; unit < units; unit++) biases[unit] += after[unit];
  }
}
