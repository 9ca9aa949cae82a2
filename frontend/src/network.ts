/** One picture through the network, in the page's own arithmetic, and how that compares with Python. */
import { t } from "./language/catalogue";
import { largest } from "./numbers/extent";
import type { Exhibit, Layer, Picture } from "./bundle";
import { begun, fold, run, type Graph } from "./graph/graph";
import { asImage, sizeOf, type Tensor } from "./graph/tensor";

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
  /** Whether layers are still to come. */
  waiting: boolean;
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

/** A pass of which no layer is there yet. */
export const emptyPass = (exhibit: Exhibit, picture: Picture): Pass => ({
  picture,
  input: inputOf(exhibit, picture),
  layers: new Map(),
  stopped: "",
  waiting: true,
});

/** Compute every layer for one picture. */
export function forward(exhibit: Exhibit, picture: Picture): Pass {
  const pass = emptyPass(exhibit, picture);
  for (const layer of exhibit.layers) addLayer(exhibit, pass, layer);
  pass.waiting = false;
  return pass;
}

/** Add the next layer to a pass; `computed` are the values of its graph where they are known already. */
export function addLayer(exhibit: Exhibit, pass: Pass, layer: Layer, computed?: readonly (Tensor | null)[]): void {
  const inputs = layer.inputs.map((name) => tensorOf(pass, exhibit, name));
  const found = inputs.every((tensor) => tensor !== null)
    ? layerValues(layer, inputs as Tensor[], pass.picture, computed)
    : null;
  if (found) pass.layers.set(layer.name, found);
  else
    pass.stopped ||= t("the page cannot compute {name} ({kind}); for a picture of your own that needs Python", {
      name: layer.name,
      kind: layer.kind,
    });
}

/** What a layer computed for this picture alone; null where it did not. */
export function computedOf(pass: Pass, { name, graph }: Layer): (Tensor | null)[] | null {
  const found = pass.layers.get(name);
  if (!graph || !found) return null;
  return graph.values.map((value, number) => (value.do && !value.static ? found.values[number] : null));
}

/** About how many multiplications a picture takes: each layer's largest weight at every place. */
export const workOf = ({ layers }: Exhibit): number =>
  layers.reduce((sum, { shape, weights }) => {
    const [height, width] = asImage(shape);
    return (
      sum +
      height *
        width *
        largest(
          Object.values(weights).map(({ data }) => data.length),
          1,
        )
    );
  }, 0);

/** Whether a pass can be sent: the steps of a scan are kept beside its values, and would stay behind. */
export const hasScans = ({ layers }: Exhibit): boolean =>
  layers.some(({ graph }) => graph?.values.some((value) => value.do === "scan"));

/** The numbers that a layer hands on, or the network's input. */
export function tensorOf(pass: Pass, exhibit: Exhibit, name: string): Tensor | null {
  return name === exhibit.input.name ? pass.input : (pass.layers.get(name)?.activation ?? null);
}

function layerValues(
  layer: Layer,
  inputs: Tensor[],
  picture: Picture,
  computed?: readonly (Tensor | null)[],
): LayerValues | null {
  const given = picture.values.get(layer.name);
  const { graph } = layer;
  if (!graph) return given ? { preActivation: given, activation: given, fromPython: true, values: [] } : null;
  const still = stillOf(layer, graph);
  const values = computed ? begun(graph, inputs, still) : run(graph, inputs, still);
  computed?.forEach((value, number) => value && (values[number] = value));
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
export function compare(exhibit: Exhibit, pass = forward(exhibit, exhibit.pictures[0])): Comparison {
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
  return values ? probabilitiesOf(exhibit, values) : null;
}

/** The same, from the last layer's numbers. */
export function probabilitiesOf({ classNames: names }: Exhibit, values: Tensor): number[] | null {
  if (!names.length) return null;
  if (sizeOf(values.shape) === 1 && names.length === 2) return [1 - values.data[0], values.data[0]];
  return values.data.length === names.length ? Array.from(values.data) : null;
}

export const indexOfLargest = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
};
