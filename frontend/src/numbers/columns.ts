/** Which columns the network has on the screen: activations join their layer, long networks fold into blocks. */
import type { Exhibit, Layer } from "../bundle";
import { handsOn, hasMaps, isTheImage, pictureShape } from "./graph";

/** Layers that stand in one column, in their order; the last one's maps are shown, or those before its activation. */
export interface Column {
  layers: readonly Layer[];
  /** What gives the column its name: the first layer that is more than another order of the same numbers. */
  main: Layer;
  last: Layer;
  /** Columns that are folded away behind this one. */
  folded: readonly Column[];
}

/** Does every number that comes out follow from one number that went in? */
function isElementwise({ graph, inputs, shape }: Layer, before: Layer): boolean {
  if (!graph || inputs.length !== 1 || shape.join() !== before.shape.join()) return false;
  return graph.values.every((value) => {
    if (!value.do || value.static) return true;
    const changing = value.inputs.filter((number) => !graph.values[number].static);
    return ["bend", "noise", "add", "multiply"].includes(value.do) && changing.length === 1;
  });
}

/** One column for each layer that does something new. */
export function columnsOf(exhibit: Exhibit): Column[] {
  const layers = exhibit.layers.filter((layer) => !isTheImage(exhibit, layer));
  const uses = new Map<string, number>();
  for (const { inputs } of exhibit.layers) for (const name of inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const only = (before: Layer, layer: Layer): boolean =>
    layer.inputs.includes(before.name) && uses.get(before.name) === 1;
  const found: Layer[][] = [];
  for (const layer of layers) {
    const group = found[found.length - 1];
    const before = group?.[group.length - 1];
    const joins = before && only(before, layer) && (isElementwise(layer, before) || isList(exhibit, before));
    if (joins) group.push(layer);
    else found.push([layer]);
  }
  return found.map((group) => ({
    layers: group,
    main: group.find((layer) => !handsOn(layer)) ?? group[0],
    last: group[group.length - 1],
    folded: [],
  }));
}

/** Does a layer only write maps one behind the other? */
const isList = (exhibit: Exhibit, layer: Layer): boolean => handsOn(layer) && !hasMaps(exhibit, layer.name);

export const MOST_COLUMNS = 14;

/** Fold columns of one size into the last of them, where there are too many; those that were opened stay open. */
export function foldedColumns(columns: readonly Column[], opened: string): Column[] {
  if (columns.length <= MOST_COLUMNS) return [...columns];
  const blocks: Column[][] = [];
  for (const column of columns) {
    const block = blocks[blocks.length - 1];
    if (block && block[0].last.shape.join() === column.last.shape.join()) block.push(column);
    else blocks.push([column]);
  }
  return blocks.flatMap((block) => {
    const last = block[block.length - 1];
    return block.length < 2 || last.main.name === opened ? block : [{ ...last, folded: block.slice(0, -1) }];
  });
}

/** Every layer of a column, and of those folded behind it. */
export const layersOf = (column: Column): readonly Layer[] => [
  ...column.folded.flatMap(({ layers }) => layers),
  ...column.layers,
];

export interface Grid {
  across: number;
  rows: number;
  tile: number;
  high: number;
  gap: number;
}

export const TALL = 308; // of the tiles of a column, in screen pixels
const [LARGEST, SMALLEST, FINE] = [58, 14, 24];
const BETWEEN = 22;
/** Dense layers have units, which are small: sizes by their number. */
const UNITS = [
  [18, 64],
  [10, 256],
  [3, Infinity],
] as const;

const gapOf = (tile: number): number => (tile < 4 ? 0 : tile < FINE ? 2 : 4);

/** The tiles of one column, for a tile size. */
function gridWith(shape: readonly number[], maps: boolean, wanted: number): Grid {
  const n = shape[2];
  const tile = maps ? wanted : UNITS.find(([, most]) => n <= most)![0];
  const aspect = maps ? Math.min(2, Math.max(0.25, shape[0] / shape[1])) : 1;
  const gap = gapOf(tile);
  const high = Math.max(3, Math.round(tile * aspect));
  const fitting = Math.max(1, Math.floor((TALL + gap) / (high + gap)));
  const across = Math.max(Math.ceil(n / fitting), maps ? 1 : Math.min(n, 4));
  return { across, rows: Math.ceil(n / across), tile, high, gap };
}

export const widthOf = ({ across, tile, gap }: Grid): number => across * (tile + gap) - gap;

export interface Asked {
  shape: readonly number[];
  maps: boolean;
}

/** The largest tiles with which all columns fit into the width; the smallest where none do. */
export function gridsFor(asked: readonly Asked[], width: number, least: number): Grid[] {
  for (let tile = LARGEST; ; tile--) {
    const grids = asked.map(({ shape, maps }) => gridWith(shape, maps, tile));
    const needed = grids.reduce((sum, grid) => sum + Math.max(least, widthOf(grid)) + BETWEEN, 0);
    if (needed <= width || tile === SMALLEST) return grids;
  }
}

/** On a narrow screen a layer is a row of tiles; all of them where it is in focus. */
export function gridAcross({ shape, maps }: Asked, width: number, whole: boolean): Grid {
  const { tile, high, gap } = gridWith(shape, maps, 30);
  const across = Math.max(1, Math.min(shape[2], Math.floor((width + gap) / (tile + gap))));
  return { across, rows: whole ? Math.ceil(shape[2] / across) : 1, tile, high, gap };
}

/** The map of the column before that a number of a flattened list lies in. */
export function mapInList(exhibit: Exhibit, list: Layer, unit: number): number {
  return unit % pictureShape(exhibit, list.inputs[0])[2];
}
