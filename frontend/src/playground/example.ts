/** One example taken apart: every product forward, and every slope backward. */
import { msg, t, type Message } from "../language/catalogue";
import { ACTIVATIONS } from "./functions";
import { backward, emptyPass, emptySlopes, forward } from "./network";
import type { Trainer } from "./trainer";

export interface UnitStep {
  activation: string;
  terms: { input: number; weight: number; slope: number }[];
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
  lossName: Message;
  layers: UnitStep[][];
}

export const nameOfUnit = (layers: number, layer: number, unit: number, classNames: readonly string[]): string =>
  layer < layers - 1
    ? t("unit {layer}.{unit}", { layer: layer + 1, unit: unit + 1 })
    : classNames.length > 2
      ? t("output {name}", { name: t(classNames[unit]) })
      : t("output");

export function takeApart(trainer: Trainer, row: number): Example {
  const { network, data, loss } = trainer;
  const label = data.train.points[row].label;
  const [pass, slopes] = [emptyPass(network), emptySlopes(network)];
  pass.input = data.train.inputs[row];
  forward(network, pass);
  backward(network, pass, loss, label, slopes);
  const last = network.length - 1;
  const layers = network.map(({ inputs, units, activation, kernel, bias }, index) =>
    Array.from({ length: units }, (_, unit): UnitStep => {
      const seen = index ? pass.outputs[index - 1] : pass.input;
      const [sum, output] = [pass.sums[index][unit], pass.outputs[index][unit]];
      const terms = Array.from({ length: inputs }, (_, from) => ({
        input: seen[from],
        weight: kernel[from * units + unit],
        slope: slopes.kernels[index][from * units + unit],
      }));
      const ofActivation = ACTIVATIONS[activation]?.slope(sum, output) ?? NaN;
      return {
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
  const lossName = loss.last === "tanh" || loss.last === "linear" ? msg("½ (output − target)²") : msg("cross-entropy");
  return {
    row,
    label: data.classNames[label] ?? String(label),
    target,
    loss: loss.value(pass.outputs[last], pass.sums[last], label),
    lossName,
    layers,
  };
}
