/** The whole way from the picture to the answer: a column per layer, every map in it. */
import { linkHorizontal } from "d3-shape";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Layer } from "../bundle";
import { answerOf, indexOfLargest } from "../network";
import { exactSumLines, formatNumber, shapeText, withSign } from "../numbers/digits";
import { hasMaps, isTheImage, layerOf, pictureShape } from "../numbers/graph";
import type { Step } from "../numbers/step";
import { isUnit, nameOfMap, sentenceOf, whatItDoes } from "../numbers/words";
import { imageOf, paintMap, sized } from "../paint/maps";
import type { Screen } from "../screen";
import { useStore, type Range, type Store } from "../store";
import { ARROWS, Choice, Legend, MapPicture, NumberTable } from "./parts/parts";
import { PictureBar, PictureView } from "./parts/pictures";

const STRONGEST = 6;

export const screen: Screen = {
  title: "Network",
  tab: 30,
  keys: [
    ["← → ↑ ↓", "map"],
    ["Enter", "open"],
    [".", "hold"],
  ],
  View: NetworkScreen,
};

function NetworkScreen() {
  const store = useStore();
  const layer = store.layer.value;
  const map = store.map;
  const [frame, narrow] = useNarrow();
  return (
    <>
      <div class="toolbar" ref={frame}>
        <PictureBar />
        <div class="how">
          <Choice<Range>
            label="Colour range"
            value={store.place.range.value as Range}
            options={["map", "layer", "network"]}
            onChange={(value) => (store.place.range.value = value)}
          />
          <Legend look={{ palette: "signed", limit: store.limit(layer.name, map) || 1 }} />
        </div>
      </div>
      {store.pass.value.stopped && <p class="note">{store.pass.value.stopped}.</p>}
      <Columns narrow={narrow} />
      {!narrow && <Inspector />}
    </>
  );
}

interface Grid {
  across: number;
  rows: number;
  tile: number;
  high: number;
  gap: number;
}

const TALL = 346; // of a column, in screen pixels
/** Tile sizes by the number of maps: large enough to look at while they are few. */
const MAP_TILES = [
  [40, 32],
  [33, 64],
  [24, 128],
  [18, 256],
  [14, Infinity],
] as const;
const SMALL_MAP_TILES = [
  [22, 64],
  [18, 256],
  [14, Infinity],
] as const;
const UNIT_TILES = [
  [18, 64],
  [10, 256],
  [3, Infinity],
] as const;

/** How many maps stand side by side, and how large. */
function gridOf(shape: readonly number[], maps: boolean, narrow: number): Grid {
  const channels = shape[2];
  const aspect = maps ? Math.min(2, Math.max(0.25, shape[0] / shape[1])) : 1;
  const tiles = !maps ? UNIT_TILES : Math.max(shape[0], shape[1]) > 8 ? MAP_TILES : SMALL_MAP_TILES;
  const tile =
    channels === 1 && maps ? 112 : channels <= 3 && maps ? 76 : tiles.find(([, most]) => channels <= most)![0];
  const gap = tile > 3 ? 3 : 0;
  const high = Math.max(3, Math.round(tile * aspect));
  const fitting = narrow ? Math.floor(narrow / (tile + gap)) : Math.ceil(channels / Math.floor(TALL / (high + gap)));
  const across = Math.min(channels, Math.max(1, fitting, maps || narrow ? 1 : 12));
  return { across, rows: Math.ceil(channels / across), tile, high, gap };
}

function useNarrow(): [preact.RefObject<HTMLDivElement | null>, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [narrow, setNarrow] = useState(0);
  useLayoutEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) =>
      setNarrow(entry.contentRect.width < 700 ? entry.contentRect.width : 0),
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return [frame, narrow];
}

function Columns({ narrow }: { narrow: number }) {
  const store = useStore();
  const { picture, exhibit } = { picture: store.picture.value, exhibit: store.exhibit };
  const answer = answerOf(exhibit, store.pass.value);
  const last = store.columns[store.columns.length - 1];
  return (
    <div class={`columns ${narrow ? "narrow" : ""}`} tabIndex={-1} role="region" aria-label="Network">
      <div class="strip">
        <Links narrow={Boolean(narrow)} />
        <div class="column" data-layer={exhibit.input.name}>
          <h3>input</h3>
          <p class="caption">
            {shapeText(exhibit.imageShape ?? exhibit.input.shape)}
            <br />
            {exhibit.pixelScale === 1 ? "as in the table" : `÷ ${formatNumber(exhibit.pixelScale, 0)}: 0 to 1`}
          </p>
          <div class="tiles" data-tiles={exhibit.input.name}>
            <PictureView picture={picture} size={112} />
          </div>
          <p class="caption">
            {picture.name}
            {picture.label != null && (
              <>
                <br />
                label <b>{picture.label}</b>
              </>
            )}
            {answer && (
              <>
                <br />
                predicted <b>{exhibit.classNames[indexOfLargest(answer)]}</b>
              </>
            )}
          </p>
        </div>
        {store.columns.map((layer) =>
          layer === last && answer ? (
            <Answer key={layer.name} layer={layer} answer={answer} narrow={narrow} />
          ) : (
            <Column key={layer.name} layer={layer} narrow={narrow} />
          ),
        )}
      </div>
    </div>
  );
}

function LayerCaption({ layer }: { layer: Layer }) {
  return (
    <>
      <h3 title={layer.name}>{layer.name}</h3>
      <p class="caption" title={layer.note}>
        {shapeText(layer.shape)}
        {layer.function && layer.function !== "linear" ? `, ${layer.function}` : ""}
        <br />
        {layer.arithmetic}
        {layer.n_parameters ? ` = ${formatNumber(layer.n_parameters, 0)}` : ""}
        {!layer.graph && (
          <>
            <br />
            <b>from Python</b>
          </>
        )}
      </p>
    </>
  );
}

/** All maps of a layer on one canvas, drawn when it comes into view. */
function Column({ layer, narrow }: { layer: Layer; narrow: number }) {
  const store = useStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const shape = pictureShape(store.exhibit, layer.name);
  const { across, rows, tile, high, gap } = gridOf(shape, hasMaps(store.exhibit, layer.name), narrow);
  const [width, height] = [across * (tile + gap) - gap, rows * (high + gap) - gap];
  const values = store.pass.value.layers.get(layer.name);
  const range = store.place.range.value;
  const colours = store.colours.value;
  const focused = store.layer.value === layer;

  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && setSeen(true), {
      rootMargin: "300px",
    });
    observer.observe(holder.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!seen || !canvas.current || !values) return;
    const context = sized(canvas.current, width, height);
    context.strokeStyle = getComputedStyle(canvas.current).getPropertyValue("--line");
    const common = range === "map" ? 0 : store.limit(layer.name, 0);
    for (let map = 0; map < shape[2]; map++) {
      const limit = common || store.limit(layer.name, map) || 1;
      const image = imageOf(colours, { shape, data: values.activation.data }, map, { palette: "signed", limit });
      const [x, y] = [(map % across) * (tile + gap), Math.floor(map / across) * (high + gap)];
      paintMap(context, image, x, y, tile, high);
      if (gap) context.strokeRect(x + 0.5, y + 0.5, tile - 1, high - 1);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the grid follows from width and height
  }, [seen, values, range, colours, width, height]);

  const mapAt = (event: PointerEvent): number => {
    const box = holder.current!.getBoundingClientRect();
    const [x, y] = [
      Math.floor((event.clientX - box.left) / (tile + gap)),
      Math.floor((event.clientY - box.top) / (high + gap)),
    ];
    const map = y * across + x;
    return x >= 0 && x < across && y >= 0 && map < shape[2] ? map : -1;
  };
  const look = (map: number): void => store.goToStrongest(layer.name, map);
  const pinned = store.place.pinned.value !== "";
  return (
    <div
      class={`column ${focused ? "focused" : ""}`}
      data-layer={layer.name}
      style={
        narrow
          ? {}
          : { width: `${Math.max(width, layer.n_parameters ? 118 : hasMaps(store.exhibit, layer.name) ? 118 : 64)}px` }
      }
    >
      <LayerCaption layer={layer} />
      <div
        ref={holder}
        class="tiles"
        data-tiles={layer.name}
        data-across={across}
        data-tile={tile}
        data-high={high}
        data-gap={gap}
        style={{ width: `${width}px`, height: `${height}px` }}
        tabIndex={0}
        role="application"
        aria-roledescription="maps of a layer; arrow keys choose, Enter opens"
        aria-label={`${layer.name}, ${focused ? nameOfMap(layer, store.map) : `${shape[2]} ${isUnit(layer) ? "units" : "maps"}`}`}
        onFocus={() => !focused && look(0)}
        onPointerMove={(event) => {
          const map = mapAt(event);
          if (map >= 0 && !pinned && event.pointerType !== "touch" && !(focused && map === store.map)) look(map);
        }}
        onPointerDown={(event) => {
          const map = mapAt(event);
          if (map < 0) return;
          if (!(focused && map === store.map)) look(map);
        }}
        onClick={(event) => {
          const touched = (event as unknown as PointerEvent).pointerType === "touch";
          if (mapAt(event as unknown as PointerEvent) >= 0 && !touched) store.go({ screen: "channel" });
        }}
        onKeyDown={(event) => {
          const move = ARROWS[event.key];
          if (move) {
            event.preventDefault();
            const map = store.map + move[0] * across + move[1];
            if (map >= 0 && map < shape[2]) look(map);
            else if (move[1]) neighbour(store, layer, move[1], event.currentTarget as HTMLElement);
          } else if (event.key === "Enter") store.go({ screen: "channel" });
          else return;
          event.stopPropagation();
        }}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
        {focused && (
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
        {!values && <p class="caption">no values</p>}
      </div>
      {narrow > 0 && focused && <Inspector />}
    </div>
  );
}

/** Step over the border of a layer into the next one. */
function neighbour(store: Store, layer: Layer, direction: number, from: HTMLElement): void {
  const next = store.columns[store.columns.indexOf(layer) + direction];
  if (!next) return;
  store.goToStrongest(next.name, 0);
  from
    .closest(".strip")
    ?.querySelector<HTMLElement>(`[data-tiles="${CSS.escape(next.name)}"]`)
    ?.focus();
}

/** The class bars; each is a unit that can be opened. */
function Answer({ layer, answer, narrow }: { layer: Layer; answer: number[]; narrow: number }) {
  const store = useStore();
  const best = indexOfLargest(answer);
  const names = store.exhibit.classNames;
  const focused = store.layer.value === layer;
  const single = layer.shape.reduce((product, length) => product * length, 1) === 1;
  const open = (index: number): void =>
    store.go({ layer: layer.name, map: single ? 0 : index, row: 0, column: 0, screen: "pixel" });
  return (
    <div class={`column answer ${focused ? "focused" : ""}`} data-layer={layer.name}>
      <LayerCaption layer={layer} />
      <div class="bars" data-tiles={layer.name} data-across="1" data-tile="0" data-high="0">
        {answer.map((value, index) => (
          <button
            key={index}
            type="button"
            class={`${index === best ? "best" : ""} ${focused && index === store.map ? "marked" : ""}`}
            onPointerEnter={() =>
              store.place.pinned.value === "" &&
              store.go({ layer: layer.name, map: single ? 0 : index, row: 0, column: 0 })
            }
            onFocus={() => store.go({ layer: layer.name, map: single ? 0 : index, row: 0, column: 0 })}
            onClick={() => open(index)}
          >
            <span class="name">{names[index]}</span>
            <span class="track">
              <span style={{ width: `${Math.max(0, Math.min(1, value)) * 100}%` }} />
            </span>
            <span class="number">{formatNumber(value)}</span>
          </button>
        ))}
      </div>
      {narrow > 0 && focused && <Inspector />}
    </div>
  );
}

/** The strongest parts of the value in focus. */
function strongestGroups(step: Step): number[] {
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
function Links({ narrow }: { narrow: boolean }) {
  const store = useStore();
  const svg = useRef<SVGSVGElement>(null);
  const [curves, setCurves] = useState<Curve[]>([]);
  const [size, setSize] = useState<[number, number]>([0, 0]);
  const step = store.step.value;
  const layer = store.layer.value;
  const map = store.map;
  useLayoutEffect(() => {
    const strip = svg.current?.parentElement;
    if (!strip || narrow) return setCurves([]);
    setSize([strip.scrollWidth, strip.scrollHeight]);
    setCurves([...branches(store, strip), ...(step ? shares(store, step, strip) : [])]);
  }, [store, step, layer, map, narrow, store.place.picture.value]);
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

function shares(store: Store, step: Step, strip: HTMLElement): Curve[] {
  const target = tileBox(strip, step.layer.name, step.map);
  if (!target) return [];
  const chosen =
    step.rule === "sum" && step.groups.length > 1
      ? strongestGroups(step)
      : step.groups.slice(0, 1).map((_, index) => index);
  const most = Math.max(...chosen.map((index) => Math.abs(step.groups[index].subtotal)), 1e-12);
  return chosen.flatMap((index) => {
    const { source, map, subtotal } = step.groups[index];
    const from = tileBox(strip, visible(store, source), map);
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

/** The column that shows a tensor: the picture itself, for the layer that only reshapes it. */
function visible(store: Store, name: string): string {
  const layer = layerOf(store.exhibit, name);
  return layer && isTheImage(store.exhibit, layer) ? store.exhibit.input.name : name;
}

/** Arcs over the columns for every link that does not come from the column before. */
function branches(store: Store, strip: HTMLElement): Curve[] {
  const names = [store.exhibit.input.name, ...store.columns.map((layer) => layer.name)];
  const origin = strip.getBoundingClientRect();
  let level = 0;
  return store.columns.flatMap((layer, index) =>
    layer.inputs
      .map((name) => visible(store, name))
      .filter((name) => name !== names[index])
      .flatMap((name) => {
        const [from, to] = [name, layer.name].map((one) =>
          strip.querySelector(`[data-layer="${CSS.escape(one)}"]`)?.getBoundingClientRect(),
        );
        if (!from || !to) return [];
        const [x0, x1, y] = [from.left - origin.left + 24, to.left - origin.left + 24, 18];
        const top = 3 + (level++ % 3) * 4;
        return [{ path: `M${x0},${y}V${top}H${x1}V${y}`, kind: "branch" as const, width: 1.5 }];
      }),
  );
}

/** The map in focus: its strongest value, and the sum behind it. */
function Inspector() {
  const store = useStore();
  const [layer, map, step] = [store.layer.value, store.map, store.step.value];
  const values = store.pass.value.layers.get(layer.name);
  useEffect(() => {
    if (step) store.said.value = `${layer.name}, ${nameOfMap(layer, map)}. ${sentenceOf(step)}`;
  }, [store, layer, map, step]);
  const limit = store.limit(layer.name, map) || 1;
  const shape = pictureShape(store.exhibit, layer.name);
  return (
    <section class="card inspector" aria-label="Map in focus">
      {values && hasMaps(store.exhibit, layer.name) && (
        <MapPicture
          tensor={{ shape, data: values.activation.data }}
          map={map}
          look={{ palette: "signed", limit }}
          size={132}
          label={`${layer.name}, ${nameOfMap(layer, map)}`}
          marked={{ row: store.row, column: store.column, height: 1, width: 1 }}
          onPlace={(row, column, how) => store.go({ row, column, screen: how === "press" ? "pixel" : undefined })}
          onDive={() => store.go({ screen: "pixel" })}
        />
      )}
      <div class="words">
        <h2>
          <span class="accent">{layer.name}</span> · {nameOfMap(layer, map)}
        </h2>
        <p class="caption">{whatItDoes(store.exhibit, layer)}</p>
        {values && (
          <p>
            {hasMaps(store.exhibit, layer.name) ? `at row ${store.row}, column ${store.column}: ` : ""}
            <b class="subtotal">
              {formatNumber(
                step ? step.value : values.activation.data[(store.row * shape[1] + store.column) * shape[2] + map],
              )}
            </b>
          </p>
        )}
        <button
          type="button"
          onClick={() => store.go({ screen: hasMaps(store.exhibit, layer.name) ? "channel" : "pixel" })}
        >
          Open {nameOfMap(layer, map)}
        </button>
        {layer.note && <p class="caption">{layer.note}</p>}
      </div>
      {step && <Strongest step={step} />}
      {values && (
        <NumberTable
          tensor={{ shape, data: values.activation.data }}
          map={map}
          name={`${layer.name}, ${nameOfMap(layer, map)}`}
        />
      )}
    </section>
  );
}

function Strongest({ step }: { step: Step }) {
  const store = useStore();
  if (step.rule !== "sum" || step.groups.length < 2) return <p class="sentence">{sentenceOf(step)}</p>;
  const chosen = strongestGroups(step);
  const terms = step.groups.map((group): [string, number] => [group.name, group.subtotal]);
  const lines = exactSumLines(terms, step.sum, 3, chosen.length, step.bias === null ? [] : [["bias", step.bias]]);
  const what = step.groups[0].name.startsWith("unit") ? "units" : "inputs";
  return (
    <div class="strongest">
      <p class="caption">
        The sum behind that {isUnit(step.layer) ? "value" : "pixel"}: the {chosen.length} {what} that add or take away
        the most
      </p>
      <div class="row">
        {lines.map((line) => {
          const group = line.index === undefined ? null : step.groups[line.index];
          return (
            <figure key={line.name} class={line.name === "sum" ? "total" : ""}>
              {group && <Share group={group} store={store} />}
              <b class={line.name === "sum" ? "" : line.value < 0 ? "negative" : "positive"}>
                {line.name === "sum" ? `= ${line.text}` : line.text}
              </b>
              <figcaption>{line.name}</figcaption>
            </figure>
          );
        })}
      </div>
      <p class="caption">
        Solid line: adds. Dashed line: takes away. Thickness: how much.{" "}
        {step.layer.function === "relu" &&
          `ReLU: max(0, ${formatNumber(step.sum)}) = ${withSign(step.value).replace("+", "")}.`}
      </p>
    </div>
  );
}

/** A small input map beside its small kernel. */
function Share({ group, store }: { group: Step["groups"][number]; store: Store }) {
  const pass = store.pass.value;
  const shape = pictureShape(store.exhibit, group.source);
  const data =
    group.source === store.exhibit.input.name ? pass.input.data : pass.layers.get(group.source)?.activation.data;
  if (!data || shape[0] * shape[1] < 2) return null;
  const weights = group.terms.map((term) => term.weight ?? 0);
  const most = Math.max(...weights.map(Math.abs), 1e-12);
  const isPicture =
    group.source === store.exhibit.input.name || isTheImage(store.exhibit, layerOf(store.exhibit, group.source)!);
  const limit = isPicture ? Math.max(...data) || 1 : store.limit(group.source, group.map) || 1;
  return (
    <span class="pair">
      <MapPicture
        tensor={{ shape, data }}
        map={group.map}
        look={{ palette: isPicture ? "intensity" : "signed", limit }}
        size={38}
        label={group.name}
      />
      {group.height * group.width > 1 && (
        <MapPicture
          tensor={{ shape: [group.height, group.width, 1], data: Float32Array.from(weights) }}
          map={0}
          look={{ palette: "signed", limit: most }}
          size={30}
          label={`kernel of ${group.name}`}
        />
      )}
    </span>
  );
}
