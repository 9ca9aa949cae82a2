/** Which rows and columns of the picture a value depends on, over all branches, clipped at every border. */
import type { Exhibit, Layer } from "../bundle";
import { apartOf } from "../graph/graph";
import { flatOf, isInside, placeOf, type Tensor } from "../graph/tensor";
import type { Pass } from "../network";
import { isTheImage, pictureShape } from "./graph";

export type Seen = [Set<number>, Set<number>];

export function fieldOf(exhibit: Exhibit, pass: Pass, layerName: string, row: number, column: number): Seen | null {
  const wanted = new Map<string, Seen>([[layerName, [new Set([row]), new Set([column])]]]);
  for (const layer of [...exhibit.layers].reverse()) {
    const seen = wanted.get(layer.name);
    if (!seen) continue;
    if (layer.shape.length === 1) return null;
    const values = pass.layers.get(layer.name)?.values;
    if (!values?.length) return null;
    layer.inputs.forEach((name, index) => {
      const known = wanted.get(name) ?? [new Set<number>(), new Set<number>()];
      const before = isTheImage(exhibit, layer) ? seen : seenBefore(exhibit, layer, index, values, seen);
      wanted.set(name, [new Set([...known[0], ...before[0]]), new Set([...known[1], ...before[1]])]);
    });
  }
  const found = wanted.get(exhibit.input.name);
  return found && exhibit.imageShape && found[0].size && found[1].size ? found : null;
}

/** What of one input a layer looks at: each row is asked about at the first column that sees anything, and the other way round. */
function seenBefore(exhibit: Exhibit, layer: Layer, index: number, values: readonly Tensor[], seen: Seen): Seen {
  const [[rows, columns], found]: [number[][], Seen] = [seen.map((places) => [...places]), [new Set(), new Set()]];
  const [, width, channels] = pictureShape(exhibit, layer.name);
  const before = pictureShape(exhibit, layer.inputs[index]);
  const known = new Map<number, Set<number>>();
  const ask = (row: number, column: number): boolean => {
    const flat = (row * width + column) * channels;
    const sources = known.get(flat) ?? leadingTo(layer, values, flat, layer.graph!.sources[index]);
    known.set(flat, sources);
    for (const flat of sources) {
      const [y, x] = placeOf(before, flat);
      found[0].add(y);
      found[1].add(x);
    }
    return sources.size > 0;
  };
  for (const row of rows) columns.some((column) => ask(row, column));
  for (const column of columns) rows.some((row) => ask(row, column));
  return found;
}

/** All numbers of a source that one number of a layer is made of. */
function leadingTo({ graph }: Layer, values: readonly Tensor[], flat: number, source: number): Set<number> {
  const asked = new Map<number, Set<number>>([[graph!.outputs[0], new Set([flat])]]);
  for (let number = graph!.outputs[0]; number >= 0; number--) {
    const use = graph!.values[number];
    if (!use.do || use.static || !asked.has(number)) continue;
    for (const place of asked.get(number)!) {
      for (const term of apartOf(use, values, placeOf(use.shape, place)).terms) {
        const input = use.inputs[term.input];
        const { shape } = graph!.values[input];
        if (graph!.values[input].static || !isInside(shape, term.place)) continue;
        const known = asked.get(input) ?? new Set<number>();
        asked.set(input, known.add(flatOf(shape, term.place)));
      }
    }
  }
  return asked.get(source) ?? new Set();
}

export const sorted = (places: Set<number>): number[] => [...places].sort((one, other) => one - other);
