/** The network as a picture: what each unit answers over the plane, and how strongly it is asked. */
import { msg, t, tn } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { useSignalEffect } from "@preact/signals";
import { linkHorizontal } from "d3-shape";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { withSign } from "../../numbers/digits";
import { planeOf, stretch } from "../../paint/plane";
import { FEATURES } from "../../playground/features";
import { nameOfUnit } from "../../playground/example";
import type { Session } from "../../playground/session";
import { activationsOf, MOST_LAYERS, MOST_UNITS, OPTIONS } from "../../playground/settings";
import { featureGrids, SIDE } from "../../playground/surface";
import { wordsOf } from "../../playground/words";
import { useStore } from "../../store";

const TILE = 40;
const PITCH = 42;
const TOP = 80;
const [NARROWEST, WIDEST] = [86, 150];
const LABEL = 46;
const STEP = 3; // every third point of the grid is enough for a tile
const HOVER = 120; // milliseconds

interface Spot {
  x: number;
  y: number;
}

export function Diagram({ session }: { session: Session }) {
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  const settings = session.settings.value;
  const hides = (name: string): boolean => session.hidden.value.has(name);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setRoom(entry.contentRect.width));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const outputs =
    session.data.value.classNames.length > 2 && !session.isRegression ? session.data.value.classNames.length : 1;
  const shape = [...settings.networkShape, outputs];
  const stride = Math.min(WIDEST, Math.max(NARROWEST, (room - LABEL - TILE) / shape.length));
  const features = hides("features") ? settings.features : Object.keys(FEATURES);
  const most = largest(shape, features.length);
  const spotOf = (layer: number, unit: number, units: number): Spot => ({
    x: LABEL + (layer + 1) * stride,
    y: TOP + unit * PITCH + (units < most && layer < 0 ? 0 : ((most - units) * PITCH) / 2),
  });
  const featureSpot = (name: string): Spot => spotOf(-1, features.indexOf(name), most);
  const [width, height] = [LABEL + shape.length * stride + TILE + 4, TOP + most * PITCH];
  const spots = shape.map((units, layer) => Array.from({ length: units }, (_, unit) => spotOf(layer, unit, units)));
  const inputs = settings.features.map(featureSpot);
  return (
    <section class="card network-card" aria-label={t("Network")}>
      <div class="network-head">
        <h2>{t("Network")}</h2>
        {!hides("numHiddenLayers") && <LayerButtons session={session} />}
        <span class="caption">{t("thick = strong, dashed = negative; click a unit to see and set its weights")}</span>
      </div>
      <div class="network" ref={box} tabIndex={0} role="region" aria-label={t("Layers from left to right")}>
        <div style={{ width: `${width}px`, height: `${height}px` }} class="stage">
          <Lines session={session} spots={[inputs, ...spots]} width={width} height={height} />
          <p class="caption layer-name" style={{ left: 0, top: 0, width: `${LABEL + TILE + 20}px` }}>
            {t("Features")}
          </p>
          {features.map((name) => (
            <FeatureTile key={name} session={session} name={name} spot={featureSpot(name)} />
          ))}
          {settings.networkShape.map((units, layer) => (
            <LayerHead
              key={layer}
              session={session}
              layer={layer}
              units={units}
              left={LABEL + (layer + 1) * stride + TILE / 2}
            />
          ))}
          <p
            class="caption layer-name"
            style={{
              left: `${LABEL + shape.length * stride - 20}px`,
              top: 0,
              width: `${TILE + 40}px`,
              textAlign: "center",
            }}
          >
            {t("Output")}
          </p>
          {spots.map((layer, index) =>
            layer.map((spot, unit) => (
              <UnitTile key={`${index}.${unit}`} session={session} layer={index} unit={unit} spot={spot} />
            )),
          )}
        </div>
      </div>
    </section>
  );
}

function LayerButtons({ session }: { session: Session }) {
  const { networkShape, activations } = session.settings.value;
  const set = (shape: number[]): void => {
    session.set("networkShape", shape);
    session.set("activations", activations.slice(0, shape.length));
  };
  return (
    <span class="steppers">
      <button
        type="button"
        aria-label={t("Remove a layer")}
        disabled={!networkShape.length}
        onClick={() => set(networkShape.slice(0, -1))}
      >
        −
      </button>
      <b>{networkShape.length}</b> {tn("hidden layer", "hidden layers", networkShape.length)}
      <button
        type="button"
        aria-label={t("Add a layer")}
        disabled={networkShape.length >= MOST_LAYERS}
        onClick={() => set([...networkShape, 2])}
      >
        +
      </button>
    </span>
  );
}

function LayerHead(props: { session: Session; layer: number; units: number; left: number }) {
  const { session, layer, units } = props;
  const settings = session.settings.value;
  const resize = (by: number): void =>
    session.set(
      "networkShape",
      settings.networkShape.map((count, index) => (index === layer ? count + by : count)),
    );
  const choose = (name: string): void =>
    session.set(
      "activations",
      activationsOf(settings).map((before, index) => (index === layer ? name : before)),
    );
  return (
    <div class="layer-head" style={{ left: `${props.left}px` }}>
      {!session.hidden.value.has("numHiddenLayers") && (
        <span class="steppers">
          <button
            type="button"
            aria-label={t("Remove a neuron from layer {n}", { n: layer + 1 })}
            disabled={units <= 1}
            onClick={() => resize(-1)}
          >
            −
          </button>
          <button
            type="button"
            aria-label={t("Add a neuron to layer {n}", { n: layer + 1 })}
            disabled={units >= MOST_UNITS}
            onClick={() => resize(1)}
          >
            +
          </button>
        </span>
      )}
      <span class="caption">{tn("{n} neuron", "{n} neurons", units)}</span>
      {!session.hidden.value.has("activation") && (
        <select
          aria-label={t("Activation of layer {n}", { n: layer + 1 })}
          value={activationsOf(settings)[layer]}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {OPTIONS.activation.map((name) => (
            <option key={name} value={name} selected={name === activationsOf(settings)[layer]}>
              {wordsOf(name)}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function FeatureTile({ session, name, spot }: { session: Session; name: string; spot: Spot }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useStore().colours.value;
  const { features } = session.settings.value;
  const [low, high] = session.data.value.extent;
  const used = features.includes(name);
  useLayoutEffect(() => {
    const grids = featureGrids([name], [low, high]);
    const limit = grids.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    stretch(canvas.current!, planeOf(colours, { grids, side: SIDE }, 0, [-limit, limit], false, STEP), TILE);
  }, [name, colours, low, high]);
  const timer = useRef(0);
  const leave = (): void => {
    clearTimeout(timer.current);
    if (session.feature.value === name) session.feature.value = null;
  };
  const toggle = (): void => {
    const after = used
      ? features.filter((one) => one !== name)
      : Object.keys(FEATURES).filter((one) => one === name || features.includes(one));
    if (after.length) session.set("features", after);
    else session.said.value = { text: msg("A network needs at least one feature.") };
  };
  return (
    <div class="feature" style={{ left: 0, top: `${spot.y}px` }}>
      <span class={used ? "" : "caption"}>{t(FEATURES[name].label)}</span>
      <button
        type="button"
        class="unit"
        aria-pressed={used}
        aria-label={t("Feature {name}", { name: t(FEATURES[name].label) })}
        disabled={session.hidden.value.has("features")}
        onPointerEnter={() => (timer.current = window.setTimeout(() => (session.feature.value = name), HOVER))}
        onPointerLeave={leave}
        onFocus={() => (session.feature.value = name)}
        onBlur={leave}
        onClick={toggle}
        style={{ left: `${LABEL}px` }}
      >
        <canvas ref={canvas} />
      </button>
    </div>
  );
}

/** What is painted from orange to blue: answers about 0, or about one half where they decide between two classes. */
export const rangeOf = (activation: string, decides: boolean): [number, number] =>
  decides && activation === "sigmoid" ? [0, 1] : [-1, 1];

function UnitTile({ session, layer, unit, spot }: { session: Session; layer: number; unit: number; spot: Spot }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStore();
  const focus = session.focus.value;
  const focused = focus?.layer === layer && focus.unit === unit;
  const shape = session.settings.value.networkShape;
  const name = nameOfUnit(shape.length + 1, layer, unit, session.data.value.classNames);
  const timer = useRef(0);
  useSignalEffect(() => {
    const frame = session.frame.value;
    const colours = store.colours.value;
    const place = placeOf(frame?.network ?? [], layer) + unit;
    if (!frame || !canvas.current || (place + 1) * SIDE * SIDE > frame.grids.length || !frame.network[layer]) return;
    const range = rangeOf(frame.network[layer].activation, layer === frame.network.length - 1);
    stretch(
      canvas.current,
      planeOf(colours, { grids: frame.grids, side: SIDE }, place, range, session.settings.value.discretize, STEP),
      TILE,
    );
  });
  const look = (): void => {
    if (!session.pinned.value) session.focus.value = { layer, unit };
  };
  return (
    <button
      type="button"
      class={`unit ${focused ? "focused" : ""}`}
      aria-pressed={focused && session.pinned.value}
      aria-label={name}
      style={{ left: `${spot.x}px`, top: `${spot.y}px` }}
      onPointerEnter={() => (timer.current = window.setTimeout(look, HOVER))}
      onPointerLeave={() => {
        clearTimeout(timer.current);
        if (!session.pinned.value) session.focus.value = null;
      }}
      onClick={() => {
        const again = focused && session.pinned.value;
        session.pinned.value = !again;
        session.focus.value = again ? null : { layer, unit };
      }}
    >
      <canvas ref={canvas} />
    </button>
  );
}

/** Number of units before a layer. */
export const placeOf = (network: readonly { units: number }[], layer: number): number =>
  network.slice(0, layer).reduce((total, { units }) => total + units, 0);

const path = linkHorizontal<{ source: Spot; target: Spot }, Spot>()
  .x(({ x }) => x)
  .y(({ y }) => y);
const thickness = (weight: number): number => 0.75 + Math.min(5, Math.abs(weight)) * 1.25;

/** What stays as it is costs nothing to paint. */
const change = (line: Element, name: string, value: string): void => {
  if (line.getAttribute(name) !== value) line.setAttribute(name, value);
};

/** All weights as lines. They are set by hand at each frame: there may be hundreds. */
function Lines(props: { session: Session; spots: Spot[][]; width: number; height: number }) {
  const { session, spots } = props;
  const group = useRef<SVGGElement>(null);
  const [told, setTold] = useState<{ text: string; x: number; y: number } | null>(null);
  const lines = spots.slice(1).flatMap((layer, index) =>
    layer.flatMap((to, unit) =>
      spots[index].map((from, input) => ({
        layer: index,
        input,
        unit,
        d: path({ source: { x: from.x + TILE, y: from.y + TILE / 2 }, target: { x: to.x, y: to.y + TILE / 2 } })!,
      })),
    ),
  );
  const paint = (): void => {
    const network = session.frame.value?.network;
    lines.forEach(({ layer, input, unit }, index) => {
      const line = group.current?.children[index];
      const dense = network?.[layer];
      if (!line || !dense || input >= dense.inputs || unit >= dense.units) return;
      const place = input * dense.units + unit;
      const weight = dense.kernel[place];
      change(line, "class", dense.dead[place] ? "dead" : weight < 0 ? "takes" : "adds");
      if (line instanceof SVGElement) line.style.strokeWidth = `${thickness(weight).toFixed(1)}px`;
    });
  };
  useSignalEffect(paint);
  useLayoutEffect(paint);
  const hover = (event: PointerEvent, layer: number, input: number, unit: number): void => {
    const dense = session.frame.value?.network[layer];
    const stage = group.current!.ownerSVGElement!.getBoundingClientRect();
    if (dense)
      setTold({
        text: t("weight {weight}", { weight: withSign(dense.kernel[input * dense.units + unit]) }),
        x: event.clientX - stage.left,
        y: event.clientY - stage.top,
      });
  };
  return (
    <>
      <svg
        class={`weights ${session.running.value ? "running" : ""}`}
        width={props.width}
        height={props.height}
        aria-hidden="true"
      >
        <g ref={group}>
          {lines.map(({ layer, input, unit, d }) => (
            <path
              key={`${layer}.${input}.${unit}`}
              d={d}
              onPointerMove={(event) => hover(event, layer, input, unit)}
              onPointerLeave={() => setTold(null)}
              onClick={() => {
                session.pinned.value = true;
                session.focus.value = { layer, unit };
              }}
            />
          ))}
        </g>
      </svg>
      {told && (
        <span class="told" style={{ left: `${told.x + 12}px`, top: `${told.y - 10}px` }}>
          {told.text}
        </span>
      )}
    </>
  );
}
