/** All maps of a column on one canvas, painted when it comes into view. */
import { rich } from "../../language/rich";
import { t } from "../../language/catalogue";
import { useEffect, useRef, useState } from "preact/hooks";
import { widthOf, type Column, type Grid } from "../../numbers/columns";
import { pictureShape } from "../../numbers/graph";
import { isUnit, nameOfMap } from "../../numbers/words";
import { imageOf, paintMap, sized, thinned } from "../../paint/maps";
import { soon } from "../../paint/soon";
import { useStore } from "../../store";
import { LayerCaption } from "./caption";
import { Inspector } from "./inspector";

export interface ColumnProps {
  column: Column;
  grid: Grid;
  /** Whether maps are shown before their activation. */
  before: boolean;
  narrow: boolean;
  brief: boolean;
}

export function ColumnView({ column, grid, before, narrow, brief }: ColumnProps) {
  const store = useStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const layer = column.last;
  const [, , channels] = pictureShape(store.exhibit, layer.name);
  const { across, rows, tile, high, gap } = grid;
  const [width, height] = [widthOf(grid), rows * (high + gap) - gap];
  const shown = Math.min(channels, rows * across);
  const pass = store.pass.value;
  const values = before ? pass.layers.get(column.main.name)?.preActivation : pass.layers.get(layer.name)?.activation;
  const range = store.place.range.value;
  const colours = store.colours.value;
  const focused = column.layers.includes(store.layer.value);

  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setSeen(entry.isIntersecting), { rootMargin: "300px" });
    observer.observe(holder.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!seen || !canvas.current) return;
    const context = sized(canvas.current, width, height);
    if (!values) return;
    context.strokeStyle = getComputedStyle(canvas.current).getPropertyValue("--line");
    const shape = pictureShape(store.exhibit, layer.name);
    const tensor = { shape, data: values.data };
    return soon(
      (function* paint() {
        const common = range === "map" ? 0 : store.limit(layer.name, 0);
        yield;
        for (let map = 0; map < shown; map++) {
          const limit = common || store.limit(layer.name, map) || 1;
          const small = thinned(tensor, map, tile);
          const image = imageOf(colours, small, small === tensor ? map : 0, { palette: "signed", limit });
          const [x, y] = [(map % across) * (tile + gap), Math.floor(map / across) * (high + gap)];
          paintMap(context, image, x, y, tile, high);
          if (gap) context.strokeRect(x + 0.5, y + 0.5, tile - 1, high - 1);
          yield;
        }
      })(),
    );
  }, [store, layer, seen, values, range, colours, width, height, across, tile, high, gap, shown]);

  const mapAt = (event: MouseEvent): number => {
    const box = holder.current!.getBoundingClientRect();
    const [x, y] = [
      Math.floor((event.clientX - box.left) / (tile + gap)),
      Math.floor((event.clientY - box.top) / (high + gap)),
    ];
    const map = y * across + x;
    return x >= 0 && x < across && y >= 0 && map < shown ? map : -1;
  };
  const look = (map: number): void => store.goToStrongest(layer.name, map);
  const pinned = store.place.pinned.value !== "";
  const isMarked = focused && store.layer.value.shape.join() === layer.shape.join() && store.map < shown;
  return (
    <div
      class={`column ${focused ? "focused" : ""}`}
      data-layer={layer.name}
      style={narrow ? {} : { width: `${Math.max(width, brief ? LEAST_BRIEF : LEAST)}px` }}
    >
      <LayerCaption column={column} brief={brief} />
      <div
        ref={holder}
        class="tiles"
        data-tiles={layer.name}
        data-across={across}
        data-tile={tile}
        data-high={high}
        data-gap={gap}
        data-focus={focused || undefined}
        style={{ width: `${width}px`, height: `${height}px` }}
        tabIndex={0}
        role="application"
        aria-roledescription={t("maps of a layer; arrow keys choose, Enter opens")}
        aria-label={`${layer.name}, ${focused ? nameOfMap(layer, store.map) : `${channels} ${isUnit(layer) ? t("units") : t("maps")}`}`}
        onFocus={() => !focused && look(0)}
        onPointerMove={(event) => {
          const map = mapAt(event);
          if (map >= 0 && !pinned && event.pointerType !== "touch" && !(isMarked && map === store.map)) look(map);
        }}
        onPointerDown={(event) => {
          const map = mapAt(event);
          if (map >= 0 && !(isMarked && map === store.map)) look(map);
        }}
        onClick={(event) => {
          const touched = (event as unknown as PointerEvent).pointerType === "touch";
          if (mapAt(event) >= 0 && !touched) store.go({ screen: "channel" });
        }}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
        {isMarked && (
          <span
            class="outline marked"
            style={{
              left: `${(store.map % across) * (tile + gap)}px`,
              top: `${Math.floor(store.map / across) * (high + gap)}px`,
              width: `${tile}px`,
              height: `${high}px`,
            }}
          />
        )}
        {!values && !pass.waiting && <p class="caption">{t("no values")}</p>}
      </div>
      {narrow && !focused && shown < channels && (
        <p class="caption">{rich("and {channels} more", { channels: channels - shown })}</p>
      )}
      {narrow && focused && <Inspector />}
    </div>
  );
}

/** Of a column, in screen pixels, so that its caption can be read. */
export const [LEAST, LEAST_BRIEF] = [112, 56];
