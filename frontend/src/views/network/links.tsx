/** Lines between the maps of the network: what adds most to the value in focus, and branches. */
import { linkHorizontal } from "d3-shape";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { layersOf, mapInList, type Column } from "../../numbers/columns";
import { largest } from "../../numbers/extent";
import { handsOn, isTheImage, layerOf } from "../../numbers/graph";
import type { Step } from "../../numbers/step";
import { useStore, type Store } from "../../store";

const STRONGEST = 6;

/** The strongest parts of the value in focus. */
export function strongestGroups(step: Step): number[] {
  const order = step.groups.map((_, index) => index);
  order.sort((one, other) => Math.abs(step.groups[other].subtotal) - Math.abs(step.groups[one].subtotal));
  return order.slice(0, STRONGEST).filter((index) => step.groups[index].subtotal !== 0);
}

interface Curve {
  path: string;
  kind: "adds" | "takes" | "branch";
  width: number;
}

/** Lines between maps for the value in focus, and the branches of the network. */
export function Links({ columns, tile }: { columns: readonly Column[]; tile: number }) {
  const store = useStore();
  const svg = useRef<SVGSVGElement>(null);
  const [curves, setCurves] = useState<Curve[]>([]);
  const [size, setSize] = useState<[number, number]>([0, 0]);
  const step = store.step.value;
  const layer = store.layer.value;
  const map = store.map;
  useLayoutEffect(() => {
    const strip = svg.current?.parentElement;
    if (!strip) return;
    setSize([strip.scrollWidth, strip.scrollHeight]);
    setCurves([...branches(store, columns, strip), ...(step ? shares(store, columns, step, strip) : [])]);
  }, [store, step, layer, map, columns, tile, store.place.picture.value]);
  return (
    <svg ref={svg} class="links" width={size[0]} height={size[1]} aria-hidden="true">
      {curves.map((curve, index) => (
        <path key={index} d={curve.path} class={curve.kind} stroke-width={curve.width} />
      ))}
    </svg>
  );
}

interface Point {
  x: number;
  y: number;
}

const curve = linkHorizontal<{ source: Point; target: Point }, Point>()
  .x((point) => point.x)
  .y((point) => point.y);

function tileBox(
  strip: HTMLElement,
  layer: string,
  map: number,
): { left: number; right: number; middle: number } | null {
  const tiles = strip.querySelector<HTMLElement>(`[data-tiles="${CSS.escape(layer)}"]`);
  if (!tiles) return null;
  const box = tiles.getBoundingClientRect();
  const origin = strip.getBoundingClientRect();
  const [across, tile, high, gap] = [
    tiles.dataset.across,
    tiles.dataset.tile,
    tiles.dataset.high,
    tiles.dataset.gap,
  ].map(Number);
  const [left, top] = [box.left - origin.left, box.top - origin.top];
  if (tiles.dataset.high === "0") {
    const row = tiles.children[Math.min(map, tiles.children.length - 1)].getBoundingClientRect();
    return {
      left: row.left - origin.left,
      right: row.right - origin.left,
      middle: row.top - origin.top + row.height / 2,
    };
  }
  if (!tile) return { left, right: left + box.width, middle: top + box.height / 2 };
  const [x, y] = [(map % across) * (tile + gap), Math.floor(map / across) * (high + gap)];
  return { left: left + x, right: left + x + tile, middle: top + y + high / 2 };
}

function shares(store: Store, columns: readonly Column[], step: Step, strip: HTMLElement): Curve[] {
  const target = tileBox(strip, shownFor(store, columns, step.layer.name), step.map);
  if (!target) return [];
  const chosen =
    step.rule === "sum" && step.groups.length > 1
      ? strongestGroups(step)
      : step.groups.slice(0, 1).map((_, index) => index);
  const most = largest(
    chosen.map((index) => Math.abs(step.groups[index].subtotal)),
    1e-12,
  );
  return chosen.flatMap((index) => {
    const { source, map, subtotal } = step.groups[index];
    const from = tileBox(strip, shownFor(store, columns, source), mapShown(store, columns, source, map));
    if (!from || from.right > target.left + 1) return [];
    const path = curve({ source: { x: from.right, y: from.middle }, target: { x: target.left, y: target.middle } })!;
    return [
      {
        path,
        kind: subtotal < 0 ? ("takes" as const) : ("adds" as const),
        width: 0.75 + (4.25 * Math.abs(subtotal)) / most,
      },
    ];
  });
}

/** The column that shows a tensor, by the name that its tiles have; the picture, for the layer that only reshapes it. */
function shownFor(store: Store, columns: readonly Column[], name: string): string {
  const layer = layerOf(store.exhibit, name);
  if (layer && isTheImage(store.exhibit, layer)) return store.exhibit.input.name;
  const own = columns.find((column) => layersOf(column).includes(layer!));
  if (!own || !layer) return name;
  const isBefore = own.layers.indexOf(layer) < own.layers.indexOf(own.main); // a list of what the column before shows
  return isBefore && layer.inputs[0] !== name ? shownFor(store, columns, layer.inputs[0]) : own.last.name;
}

/** In a column that shows maps, the map in which a number of a flattened list lies. */
function mapShown(store: Store, columns: readonly Column[], name: string, map: number): number {
  const layer = layerOf(store.exhibit, name);
  const own = layer && columns.find(({ layers, main }) => layers.includes(layer) && layer !== main && handsOn(layer));
  return own && own.layers.indexOf(layer) < own.layers.indexOf(own.main) ? mapInList(store.exhibit, layer, map) : map;
}

/** Arcs over the columns for every link that does not come from the column before. */
function branches(store: Store, columns: readonly Column[], strip: HTMLElement): Curve[] {
  const names = [store.exhibit.input.name, ...columns.map(({ last }) => last.name)];
  const origin = strip.getBoundingClientRect();
  let level = 0;
  return columns.flatMap((column, index) =>
    [...new Set(column.layers.flatMap(({ inputs }) => inputs.map((name) => shownFor(store, columns, name))))]
      .filter((name) => name !== names[index] && name !== column.last.name)
      .flatMap((name) => {
        const [from, to] = [name, column.last.name].map((one) =>
          strip.querySelector(`[data-layer="${CSS.escape(one)}"]`)?.getBoundingClientRect(),
        );
        if (!from || !to) return [];
        const [x0, x1, y] = [from.left - origin.left + 24, to.left - origin.left + 24, 12];
        const top = 2 + (level++ % 3) * 3;
        return [{ path: `M${x0},${y}V${top}H${x1}V${y}`, kind: "branch" as const, width: 1.5 }];
      }),
  );
}
