/** Questions about how layers hang together. */
import { msg } from "../language/catalogue";
import type { Exhibit, Layer } from "../bundle";
import { asImage, sizeOf, type Shape, type Tensor } from "../graph/tensor";
import { onlyReshapes } from "../primitives/pick";
import { keyOf, partOf } from "./parts";

export function layerOf(exhibit: Exhibit, name: string): Layer | undefined {
  return exhibit.layers.find((layer) => layer.name === name);
}

/** The shape of a layer's numbers, or of a part's, or of a weight's. */
export function shapeOf(exhibit: Exhibit, name: string): Shape {
  return name === exhibit.input.name
    ? exhibit.input.shape
    : (partOf(exhibit, name)?.shape ?? weightOf(exhibit, name)?.shape ?? [1]);
}

/** A weight, by its own name behind its layer's. */
export function weightOf(exhibit: Exhibit, name: string): Tensor | undefined {
  for (const layer of exhibit.layers) {
    for (const [weight, values] of Object.entries(layer.weights)) if (keyOf(layer, weight) === name) return values;
  }
  return undefined;
}

/** The shape in which a layer's numbers are shown: a flat row of pixels as the picture that it is. */
export function pictureShape(exhibit: Exhibit, name: string): [number, number, number] {
  const shape = shapeOf(exhibit, name);
  const image = exhibit.imageShape;
  const isRow = name === exhibit.input.name && shape.length === 1 && image !== null && sizeOf(image) === shape[0];
  return isRow ? image : asImage(shape);
}

/** Does a layer leave every number as it is and where it is, whatever shape it gives them? */
export function handsOn({ graph }: Layer): boolean {
  let number = graph?.outputs[0] ?? -1;
  for (;;) {
    const value = graph?.values[number];
    if (!value?.do) return Boolean(graph && value && !value.static);
    if (!(value.do === "noise" || (value.do === "pick" && onlyReshapes(value.settings)))) return false;
    number = value.inputs[0];
  }
}

/** Does it slide kernels over a picture? */
export const hasKernels = ({ graph }: Layer): boolean =>
  Boolean(graph?.values.some((value) => value.do === "convolve"));

/** Does this layer only put a row's pixels back in their places? Then it shows nothing new. */
export function isTheImage(exhibit: Exhibit, layer: Layer): boolean {
  const image = exhibit.imageShape;
  const same = image !== null && layer.shape.join() === image.join();
  return same && layer.inputs[0] === exhibit.input.name && handsOn(layer);
}

const COLOURS = ["red", "green", "blue"] as const;

/** What a channel of the picture itself shows; null of any other map. */
export function pictureChannel(exhibit: Exhibit, name: string, map: number): string | null {
  const layer = layerOf(exhibit, name);
  if (exhibit.imageShape === null || !(name === exhibit.input.name || (layer && isTheImage(exhibit, layer))))
    return null;
  if (exhibit.imageShape[2] === 1) return msg("the picture");
  return exhibit.imageShape[2] === 3 ? COLOURS[map] : null;
}

/**
 * The maps behind a flat list: a dense layer's inputs seen as the pixels or maps that were flattened, in row-major
 * order; null where the list is a list.
 */
export function mapsBehind(exhibit: Exhibit, name: string): { name: string; shape: [number, number, number] } | null {
  const shape = pictureShape(exhibit, name);
  if (shape[0] * shape[1] > 1) return { name, shape };
  const layer = layerOf(exhibit, name);
  return layer && handsOn(layer) ? mapsBehind(exhibit, layer.inputs[0]) : null;
}

export const hasMaps = (exhibit: Exhibit, name: string): boolean => {
  const [height, width] = pictureShape(exhibit, name);
  return height * width > 1;
};
