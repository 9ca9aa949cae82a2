/** The layers of a network as one graph of primitives, and which of its numbers are learned. */
import type { Exhibit, Layer } from "../bundle";
import type { Graph, Use, Value } from "../graph/graph";
import { sizeOf, type Shape } from "../graph/tensor";

/** One array of weights: whose it is, and which value of the graph it gives. */
export interface Weight {
  layer: number;
  name: string;
  value: number;
  shape: Shape;
  /** False for what a batch normalization measures: it follows the batches, not the gradients. */
  learned: boolean;
}

export interface Network {
  graph: Graph;
  input: number;
  output: number;
  weights: Weight[];
  /** The activation that follows the output, which is left out because the loss knows it; null where there is none. */
  activation: Use | null;
}

/** Why a network cannot be trained in the page, in a sentence. */
export class NoTraining extends Error {}

/**
 * Join the layers. With `toLogits` the last activation is left out: a crossentropy is computed from what goes into it.
 * Throws `NoTraining` where a layer has no graph, or varies pictures.
 */
export function joined({ layers, input }: Pick<Exhibit, "layers" | "input">, toLogits: boolean): Network {
  const values: Value[] = [{ shape: input.shape, static: false }];
  const outputs = new Map([[input.name, 0]]);
  const weights: Weight[] = [];
  layers.forEach((layer, index) => {
    if (!layer.graph)
      throw new NoTraining(`The page cannot compute ${layer.name} (${layer.kind}), so it cannot train it.`);
    const numbers = appended(values, weights, layer, index, outputs);
    outputs.set(layer.name, numbers[layer.graph.outputs[0]]);
  });
  let output = outputs.get(layers[layers.length - 1].name)!;
  const last = values[output];
  const activation = toLogits && last.do && isActivation(last) && output === values.length - 1 ? last : null;
  if (activation) [values.length, output] = [output, activation.inputs[0]];
  const measured = measuredBy(values);
  for (const weight of weights) weight.learned = !measured.has(weight.value);
  const graph = { values, sources: [0, ...weights.map(({ value }) => value)], outputs: [output] };
  return { graph, input: 0, output, weights, activation };
}

/** Append a layer's values, and give their new numbers. */
function appended(
  values: Value[],
  weights: Weight[],
  { graph, inputs, name, weights: own }: Layer,
  layer: number,
  outputs: ReadonlyMap<string, number>,
): number[] {
  const names = Object.keys(own);
  const numbers: number[] = [];
  // what `layerGraph` adds behind the output is for looking at
  for (const [number, value] of graph!.values.slice(0, graph!.outputs[0] + 1).entries()) {
    const source = graph!.sources.indexOf(number);
    if (source >= 0 && source < inputs.length) {
      numbers.push(outputs.get(inputs[source])!);
      continue;
    }
    if (value.do === "noise" && value.settings.kind === "varied")
      throw new NoTraining(`${name} varies pictures in Keras' own way; choose variations of the training instead.`);
    const use = value.do && ({ ...value, inputs: value.inputs.map((one) => numbers[one]) } as Use);
    numbers.push(values.push(use ?? value) - 1);
    if (source >= 0)
      weights.push({
        layer,
        name: names[source - inputs.length],
        value: values.length - 1,
        shape: value.shape,
        learned: true,
      });
  }
  return numbers;
}

const isActivation = (use: Use): boolean =>
  use.do === "softmax"
    ? !use.settings.log && use.settings.axis === use.shape.length - 1
    : use.do === "bend" && !use.settings.how.length;

/** The weights that normalizations measure against: their moving means and variances. */
function measuredBy(values: readonly Value[]): Set<number> {
  const found = new Set<number>();
  for (const value of values)
    if (value.do === "normalize")
      for (let number of value.inputs.slice(1)) {
        for (let one = values[number]; one.do; one = values[number]) number = one.inputs[0];
        found.add(number);
      }
  return found;
}

/** The weights of an exhibit, in the order of `joined`, end to end. */
export const weightsOf = ({ layers }: Pick<Exhibit, "layers">): Float32Array[] =>
  layers.flatMap((layer) => Object.values(layer.weights).map(({ data }) => data));

export const countOf = (weights: readonly Weight[]): number =>
  weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
