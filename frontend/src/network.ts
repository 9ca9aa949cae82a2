/** One picture through the network, in the page's own arithmetic, and how that compares with Python. */
import { t } from "./language/catalogue";
import { largest } from "./numbers/extent";
import type { Exhibit, Layer, Picture } from "./bundle";
import { fold, run, type Graph } from "./graph/graph";
import { sizeOf, type Tensor } from "./graph/tensor";

/** A layer's numbers for one picture; nothing where only Python could compute them and was not asked. */
export interface LayerValues {
  preActivation: Tensor;
  activation: Tensor;
  fromPython: boolean;
  /** Every value of the layer's graph; nothing where Python computed it. */
  values: readonly Tensor[];
}

export interface Pass {
  picture: Picture;
  input: Tensor;
  layers: Map<string, LayerValues>;
  /** Why the rest of the layers has no values; empty where all have. */
  stopped: string;
}

const folded = new WeakMap<Layer, Tensor[]>();

/** What of a layer is made of its weights alone, computed once. */
function stillOf(layer: Layer, graph: Graph): Tensor[] {
  const known = folded.get(layer) ?? fold(graph, [...layer.inputs.map(() => null), ...Object.values(layer.weights)]);
  folded.set(layer, known);
  return known;
}

/** What enters the network: intensities divided by the scale that training used. */
export function inputOf(exhibit: Exhibit, picture: Picture): Tensor {
  const scale = Math.fround(exhibit.pixelScale);
  return { shape: exhibit.input.shape, data: picture.pixels.data.map((value) => value / scale) };
}

/** Compute every layer for one picture. */
export function forward(exhibit: Exhibit, picture: Picture): Pass {
  const input = inputOf(exhibit, picture);
  const pass: Pass = { picture, input, layers: new Map(), stopped: "" };
  for (const layer of exhibit.layers) {
    const inputs = layer.inputs.map((name) => tensorOf(pass, exhibit, name));
    const found = inputs.every((tensor) => tensor !== null) ? layerValues(layer, inputs as Tensor[], picture) : null;
    if (found) pass.layers.set(layer.name, found);
    else
      pass.stopped ||= t("the page cannot compute {name} ({kind}); for a picture of your own that needs Python", {
        name: layer.name,
        kind: layer.kind,
      });
  }
  return pass;
}

/** The numbers that a layer hands on, or the network's input. */
export function tensorOf(pass: Pass, exhibit: Exhibit, name: string): Tensor | null {
  return name === exhibit.input.name ? pass.input : (pass.layers.get(name)?.activation ?? null);
}

function layerValues(layer: Layer, inputs: Tensor[], picture: Picture): LayerValues | null {
  const given = picture.values.get(layer.name);
  const { graph } = layer;
  if (!graph) return given ? { preActivation: given, activation: given, fromPython: true, values: [] } : null;
  const values = run(graph, inputs, stillOf(layer, graph));
  return { preActivation: values[graph.before], activation: values[graph.outputs[0]], fromPython: false, values };
}

export interface Comparison {
  layers: { name: string; difference: number; allowed: number; compared: boolean }[];
  largest: number;
  equal: boolean;
  /** The first layer that differs. */
  where: string;
}

const TOLERANCE = 1e-5;

/** Compare the page's numbers with the model's, `|page - model| / max(1, |model|)`, on the first picture. */
export function compare(exhibit: Exhibit): Comparison {
  const pass = forward(exhibit, exhibit.pictures[0]);
  let rounding = 0;
  const layers = exhibit.layers.map((layer, index) => {
    rounding += layer.rounding;
    const values = pass.layers.get(layer.name);
    const compared = Boolean(values && !values.fromPython);
    const difference = compared ? apart(values!.activation, exhibit.reference[index]) : 0;
    // A fault of the backend that Python found and named is told, and everything after it differs too.
    return { name: layer.name, difference, allowed: Math.max(TOLERANCE, rounding), compared };
  });
  const wrong = layers.find((layer) => !(layer.difference <= layer.allowed));
  return {
    layers,
    largest: largest(
      layers.map((layer) => layer.difference),
      0,
    ),
    equal: !wrong,
    where: wrong?.name ?? "",
  };
}

function apart({ data }: Tensor, reference: Float32Array): number {
  let largest = 0;
  reference.forEach((model, index) => {
    const ours = data[Math.floor((index * data.length) / reference.length)];
    const same = ours === model || (Number.isNaN(ours) && Number.isNaN(model));
    if (!same) largest = Math.max(largest, Math.abs(ours - model) / Math.max(1, Math.abs(model)) || Infinity);
  });
  return largest;
}

/** The probabilities of the classes, or null where the last layer gives no such thing. */
export function answerOf(exhibit: Exhibit, pass: Pass): number[] | null {
  const last = exhibit.layers[exhibit.layers.length - 1];
  const values = pass.layers.get(last.name)?.activation;
  const names = exhibit.classNames;
  if (!values || !names.length) return null;
  if (sizeOf(values.shape) === 1 && names.length === 2) return [1 - values.data[0], values.data[0]];
  return values.data.length === names.length ? Array.from(values.data) : null;
}

export const indexOfLargest = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
};
