/** Questions about how layers hang together. */
import type { Exhibit, Layer } from "../bundle";
import { asImage, sizeOf } from "../ops/tensor";

export function layerOf(exhibit: Exhibit, name: string): Layer | undefined {
  return exhibit.layers.find((layer) => layer.name === name);
}

export const shapeOf = (exhibit: Exhibit, name: string): readonly number[] =>
  name === exhibit.input.name ? exhibit.input.shape : layerOf(exhibit, name)!.shape;

/** The shape in which a layer's numbers are shown: a flat row of pixels as the picture that it is. */
export function pictureShape(exhibit: Exhibit, name: string): [number, number, number] {
  const shape = shapeOf(exhibit, name);
  const image = exhibit.imageShape;
  const isRow = name === exhibit.input.name && shape.length === 1 && image !== null && sizeOf(image) === shape[0];
  return isRow ? image : asImage(shape);
}

/** Does this layer only put a row's pixels back in their places? Then it shows nothing new. */
export function isTheImage(exhibit: Exhibit, layer: Layer): boolean {
  const image = exhibit.imageShape;
  const same = image !== null && layer.shape.join() === image.join();
  return layer.operation === "copy" && same && layer.inputs[0] === exhibit.input.name && layer.function === "linear";
}

/**
 * The maps behind a flat list: a dense layer's inputs seen as the pixels or maps that were flattened, in row-major
 * order; null where the list is a list.
 */
export function mapsBehind(exhibit: Exhibit, name: string): { name: string; shape: [number, number, number] } | null {
  const shape = pictureShape(exhibit, name);
  if (shape[0] * shape[1] > 1) return { name, shape };
  const layer = layerOf(exhibit, name);
  return layer && layer.operation === "copy" && layer.function === "linear" ? mapsBehind(exhibit, layer.inputs[0]) : null;
}

export const hasMaps = (exhibit: Exhibit, name: string): boolean => {
  const [height, width] = pictureShape(exhibit, name);
  return height * width > 1;
};

export type Seen = [Set<number>, Set<number>];

/** Which rows and columns of the picture a value depends on, over all branches, clipped at every border. */
export function fieldOf(exhibit: Exhibit, layerName: string, row: number, column: number): Seen | null {
  const wanted = new Map<string, Seen>([[layerName, [new Set([row]), new Set([column])]]]);
  for (const layer of [...exhibit.layers].reverse()) {
    const seen = wanted.get(layer.name);
    if (!seen) continue;
    if (layer.shape.length === 1) return null;
    const before = isTheImage(exhibit, layer) ? seen : seenBefore(exhibit, layer, seen);
    if (!before) return null;
    for (const name of layer.inputs) {
      const known = wanted.get(name) ?? [new Set<number>(), new Set<number>()];
      wanted.set(name, [new Set([...known[0], ...before[0]]), new Set([...known[1], ...before[1]])]);
    }
  }
  const found = wanted.get(exhibit.input.name);
  return found && exhibit.imageShape && found[0].size && found[1].size ? found : null;
}

const IN_PLACE = ["add", "scale_and_shift", "prelu", "dense", "concatenate"];

function seenBefore(exhibit: Exhibit, layer: Layer, seen: Seen): Seen | null {
  const [height, width] = pictureShape(exhibit, layer.inputs[0]);
  const { settings } = layer;
  const sameShape = shapeOf(exhibit, layer.inputs[0]).join() === layer.shape.join();
  if (IN_PLACE.includes(layer.operation) || (layer.operation === "copy" && sameShape)) return seen;
  if (layer.operation === "zero_padding") {
    return [moved(seen[0], settings.padding[0][0], height), moved(seen[1], settings.padding[1][0], width)];
  }
  const window = windowOf(layer);
  if (!window) return null;
  return [0, 1].map((axis) => {
    const taps = [...seen[axis]].flatMap((place) => tapsOf(layer, place, axis, window[axis]));
    return new Set(taps.filter((tap) => tap >= 0 && tap < (axis ? width : height)));
  }) as Seen;
}

const moved = (places: Set<number>, before: number, length: number): Set<number> =>
  new Set([...places].map((place) => place - before).filter((place) => place >= 0 && place < length));

/** Height and width of a sliding window; null for layers without one. */
export function windowOf(layer: Layer): [number, number] | null {
  if (layer.operation === "pooling") return layer.settings.pool_size;
  const kernel = layer.operation.endsWith("convolution") ? layer.weights.kernel : null;
  return kernel ? [kernel.shape[0], kernel.shape[1]] : null;
}

/** Where the window for one output place reaches into the input, along one axis; padding included. */
export function tapsOf(layer: Layer, place: number, axis: number, length: number): number[] {
  const start = place * layer.settings.strides[axis] - layer.settings.padding[axis][0];
  const dilation = layer.settings.dilation_rate?.[axis] ?? 1;
  return Array.from({ length }, (_, index) => start + index * dilation);
}

export const sorted = (places: Set<number>): number[] => [...places].sort((one, other) => one - other);
