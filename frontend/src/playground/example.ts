/** One example taken apart: every product forward, and every slope backward. */
import { FEATURES } from "./features";
import { ACTIVATIONS } from "./functions";
import { backward, emptyPass, emptySlopes, forward } from "./network";
import type { Trainer } from "./trainer";

export interface UnitStep {
  name: string;
  activation: string;
  terms: { from: string; input: number; weight: number; slope: number }[];
  bias: number;
  sum: number;
  output: number;
  /** Of the loss for this unit's sum, and of its activation at that sum. */
  slope: number;
  ofActivation: number;
}

export interface Example {
  row: number;
  label: string;
  target: number;
  loss: number;
  lossName: string;
  layers: UnitStep[][];
}

export const nameOfUnit = (layers: number, layer: number, unit: number, classNames: readonly string[]): string =>
  layer < layers - 1
    ? `unit ${layer + 1}.${unit + 1}`
    : classNames.length > 2
      ? `output ${classNames[unit]}`
      : "output";

export function takeApart(trainer: Trainer, row: number): Example {
  const { network, data, loss, settings } = trainer;
  const label = data.train.points[row].label;
  const [pass, slopes] = [emptyPass(network), emptySlopes(network)];
  pass.input = data.train.inputs[row];
  forward(network, pass);
  backward(network, pass, loss, label, slopes);
  const last = network.length - 1;
  const name = (layer: number, unit: number): string => nameOfUnit(network.length, layer, unit, data.classNames);
  const layers = network.map(({ inputs, units, activation, kernel, bias }, index) =>
    Array.from({ length: units }, (_, unit): UnitStep => {
      const seen = index ? pass.outputs[index - 1] : pass.input;
      const [sum, output] = [pass.sums[index][unit], pass.outputs[index][unit]];
      const terms = Array.from({ length: inputs }, (_, from) => ({
        from: index ? name(index - 1, from) : FEATURES[settings.features[from]].label,
        input: seen[from],
        weight: kernel[from * units + unit],
        slope: slopes.kernels[index][from * units + unit],
      }));
      const ofActivation = ACTIVATIONS[activation]?.slope(sum, output) ?? NaN;
      return {
        name: name(index, unit),
        activation,
        terms,
        bias: bias[unit],
        sum,
        output,
        slope: slopes.sums[index][unit],
        ofActivation,
      };
    }),
  );
  const target = loss.last === "tanh" ? 2 * label - 1 : label;
  const lossName = loss.last === "tanh" || loss.last === "linear" ? "½ (output − target)²" : "cross-entropy";
  return {
    row,
    label: data.classNames[label] ?? String(label),
    target,
    loss: loss.value(pass.outputs[last], pass.sums[last], label),
    lossName,
    layers,
  };
}
