/** What the network answers over the plane, with the points on it. */
import { msg, t, wholeText } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { symbol, symbolsFill } from "d3-shape";
import { scaleLinear } from "d3-scale";
import { useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatNumber } from "../../numbers/digits";
import { css, type Colours } from "../../paint/colours";
import { sized } from "../../paint/maps";
import { classesOf, planeOf, stretch } from "../../paint/plane";
import type { Data } from "../../playground/data";
import { drawnPoints, CLASS_NAMES, MOST_DRAWN } from "../../playground/tables";
import type { Point } from "../../playground/points";
import type { Session } from "../../playground/session";
import { FEATURES } from "../../playground/features";
import { featureGrids, SIDE } from "../../playground/surface";
import { useStore } from "../../store";
import { Card } from "../parts/parts";
import { placeOf, rangeOf } from "./diagram";
import { nameOfUnit } from "../../playground/example";

const SIZE = 248;
const PALER = 0.3;

export function OutputCard({ session }: { session: Session }) {
  const store = useStore();
  const settings = session.settings.value;
  const data = session.data.value;
  const hides = (name: string): boolean => session.hidden.value.has(name);
  const focus = session.focus.value;
  const feature = session.feature.value;
  const title = feature
    ? t("The feature {name}", { name: t(FEATURES[feature].label) })
    : focus && focus.layer < settings.networkShape.length
      ? t("What {unit} answers", {
          unit: nameOfUnit(settings.networkShape.length + 1, focus.layer, focus.unit, data.classNames),
        })
      : t("Output");
  const [drawClass, setDrawClass] = useState(0);
  const draws = settings.dataset === "drawn" && !session.isRegression;
  return (
    <Card title={title} class="output">
      <Surface session={session} onPress={draws ? (x, y) => addPoint(session, x, y, drawClass) : undefined} />
      {draws && <DrawTools session={session} drawClass={drawClass} onChoose={setDrawClass} />}
      <PlaneLegend session={session} colours={store.colours.value} />
      <Key data={data} values={session.isRegression} colours={store.colours.value} />
      <div class="row wrap">
        {!hides("showTestData") && (
          <Check
            label={t("Test points")}
            checked={settings.showTestData}
            onChange={(value) => session.set("showTestData", value)}
          />
        )}
        {!hides("discretize") && (
          <Check
            label={t("Show the decision only")}
            checked={settings.discretize}
            onChange={(value) => session.set("discretize", value)}
          />
        )}
      </div>
    </Card>
  );
}

/** What the colours of the plane mean; of several classes the key says it. */
function PlaneLegend({ session, colours }: { session: Session; colours: Colours }) {
  const shown = session.frame.value && shownSurface(session);
  if (!shown) return <p class="caption">{t("Each class has its colour: the paler, the less sure.")}</p>;
  const [low, high] = shown.range;
  const [first, last] = paler(shown.range);
  const levelAt = (share: number): number => ((low + share * (high - low) - first) / (last - first)) * 255;
  const stops = Array.from({ length: 17 }, (_, index) => css(colours.signed[Math.round(levelAt(index / 16))]));
  const text = (value: number): string => formatNumber(value, Number.isInteger(value) ? 0 : 1);
  return (
    <div
      class="legend"
      role="img"
      aria-label={t("Colours from {low}, orange, to {high}, blue", { low: text(low), high: text(high) })}
    >
      <span class="negative">{text(low)}</span>
      <span class="ramp" style={{ background: `linear-gradient(to right, ${stops.join(",")})` }}>
        <span class="zero">{text((low + high) / 2)}</span>
      </span>
      <span class="positive">{text(high)}</span>
    </div>
  );
}

function Check(props: { label: string; checked: boolean; onChange: (value: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

function addPoint(session: Session, x: number, y: number, label: number): void {
  const before = session.own.value?.points ?? [];
  if (before.length >= MOST_DRAWN)
    session.said.value = {
      text: msg("{most} points are as many as a link can carry."),
      values: { most: MOST_DRAWN },
    };
  else
    session.useOwn(
      drawnPoints([...before, { x: Number(x.toFixed(2)), y: Number(y.toFixed(2)), label }]),
      "drawn",
      true,
    );
}

function DrawTools(props: { session: Session; drawClass: number; onChoose: (one: number) => void }) {
  const colours = useStore().colours.value;
  const points = props.session.own.value?.points ?? [];
  return (
    <div class="draw-tools">
      <p class="caption">{t("Press the picture to place points of this class:")}</p>
      <div class="classes" role="group" aria-label={t("Class of the next points")}>
        {CLASS_NAMES.map((name, index) => (
          <button
            key={name}
            type="button"
            aria-pressed={index === props.drawClass}
            aria-label={t(name)}
            title={t(name)}
            onClick={() => props.onChoose(index)}
          >
            <Mark colours={colours} label={index} classes={10} />
          </button>
        ))}
      </div>
      <button
        type="button"
        disabled={!points.length}
        onClick={() => props.session.useOwn(drawnPoints(points.slice(0, -1)), "drawn", true)}
      >
        {t("Take back")}
      </button>
      <button
        type="button"
        disabled={!points.length}
        onClick={() => props.session.useOwn(drawnPoints([]), "drawn", true)}
      >
        {t("Clear")}
      </button>
    </div>
  );
}

/** The colour of a label: a class's own, or a value's on the signed scale. */
export function colourOfLabel(colours: Colours, data: Pick<Data, "classNames">, label: number): string {
  if (!data.classNames.length) return css(colours.signed[Math.round((Math.max(-1, Math.min(1, label)) + 1) * 127.5)]);
  return css(data.classNames.length === 2 ? colours.signed[label ? 218 : 37] : colours.classes[label]);
}

const SHAPES = symbolsFill.length;

/** Two classes are told apart by circle and diamond, more by seven shapes, filled or open. */
const shapeOf = (label: number, classes: number, size: number): string =>
  symbol(classes === 2 ? symbolsFill[label ? 0 : 2] : symbolsFill[label % SHAPES], size)()!;

function Mark({
  colours,
  label,
  classes,
  value,
}: {
  colours: Colours;
  label: number;
  classes: number;
  value?: boolean;
}) {
  const colour = colourOfLabel(colours, { classNames: value ? [] : Array(classes).fill("") }, label);
  const open = label >= SHAPES;
  return (
    <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
      <path
        d={value ? symbol(symbolsFill[0], 60)()! : shapeOf(label, classes, 60)}
        fill={open ? "none" : colour}
        stroke={open ? colour : "none"}
        stroke-width="2"
      />
    </svg>
  );
}

function Key({ data, values, colours }: { data: Data; values: boolean; colours: Colours }) {
  const labels = values ? [-1, 0, 1] : data.classNames.map((_, index) => index);
  return (
    <ul class="key" aria-label={t("What colours and shapes mean")}>
      {labels.map((label, index) => (
        <li key={index}>
          <Mark colours={colours} label={label} classes={data.classNames.length} value={values} />{" "}
          {values ? formatNumber(label, 0) : t(data.classNames[label])}
        </li>
      ))}
    </ul>
  );
}

function Surface({ session, onPress }: { session: Session; onPress?: (x: number, y: number) => void }) {
  const [ground, marks] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  const [told, setTold] = useState("");
  const store = useStore();
  const data = session.data.value;
  const settings = session.settings.value;
  const colours = store.colours.value;
  useSignalEffect(() => {
    const frame = session.frame.value;
    if (!frame || !ground.current) return;
    const image = imageOf(session, store.colours.value);
    if (image) stretch(ground.current, image, SIZE);
  });
  useLayoutEffect(() => {
    const context = sized(marks.current!, SIZE, SIZE);
    const at = scaleLinear().domain(data.extent).range([0, SIZE]);
    const draw = (points: readonly Point[], isTest: boolean): void =>
      points.forEach((point) => mark(context, at(point.x), SIZE - at(point.y), colours, data, point.label, isTest));
    draw(data.train.points, false);
    if (settings.showTestData) draw(data.test.points, true);
    const row = session.example.value?.row;
    const example = row === undefined ? undefined : data.train.points[row];
    if (example)
      ring(context, at(example.x), SIZE - at(example.y), getComputedStyle(marks.current!).getPropertyValue("--accent"));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the canvas is the same one as long as it is there
  }, [data, settings.showTestData, colours, session.example.value]);
  const placeOfEvent = (event: PointerEvent): [number, number] => {
    const box = marks.current!.getBoundingClientRect();
    const along = scaleLinear().domain([0, box.width]).range(data.extent);
    return [along(event.clientX - box.left), -along(event.clientY - box.top)];
  };
  const hover = (event: PointerEvent): void => {
    const [x, y] = placeOfEvent(event);
    setTold(`x₁ ${formatNumber(x, 2)}, x₂ ${formatNumber(y, 2)}: ${answerAt(session, x, y)}`);
  };
  const ticks = scaleLinear().domain(data.extent).ticks(5);
  return (
    <div class="surface-box">
      <span class="axis-title up">{data.columns[1]}</span>
      <div
        class={`surface ${onPress ? "drawing" : ""}`}
        role="img"
        aria-label={t("The network's output, with {n} training points", { n: wholeText(data.train.points.length) })}
        onPointerMove={hover}
        onPointerLeave={() => setTold("")}
        onPointerDown={(event) => onPress?.(...placeOfEvent(event))}
      >
        <canvas ref={ground} />
        <canvas ref={marks} />
      </div>
      <div class="ticks" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${(100 * (tick - data.extent[0])) / (data.extent[1] - data.extent[0])}%` }}>
            {String(tick).replace("-", "−")}
          </span>
        ))}
      </div>
      <p class="caption axis-title">{told || data.columns[0]}</p>
    </div>
  );
}

interface Shown {
  grids: Float32Array;
  unit: number;
  /** The ends of its colours, before they are made paler. */
  range: [number, number];
}

/** The one surface in view: of the feature or unit in focus, else of the output; null where classes share the plane. */
function shownSurface(session: Session): Shown | null {
  const { network, grids } = session.frame.value!;
  const [focus, last] = [session.focus.value, network.length - 1];
  if (session.feature.value) {
    const own = featureGrids([session.feature.value], session.data.value.extent);
    const limit = own.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    return { grids: own, unit: 0, range: [-limit, limit] };
  }
  const single = network[last].units === 1;
  if (focus && focus.layer <= last && focus.unit < network[focus.layer].units && !(focus.layer === last && single)) {
    const unit = placeOf(network, focus.layer) + focus.unit;
    return { grids, unit, range: rangeOf(network[focus.layer].activation, false) };
  }
  return single ? { grids, unit: placeOf(network, last), range: rangeOf(network[last].activation, true) } : null;
}

function imageOf(session: Session, colours: Colours): ImageData {
  const { network, grids } = session.frame.value!;
  const { discretize } = session.settings.value;
  const shown = shownSurface(session);
  if (shown) return planeOf(colours, { grids: shown.grids, side: SIDE }, shown.unit, paler(shown.range), discretize, 1);
  const last = network.length - 1;
  return classesOf(colours, { grids, side: SIDE }, placeOf(network, last), network[last].units, discretize);
}

/** So that points stand out from what lies under them. */
const paler = ([low, high]: readonly [number, number]): [number, number] => [
  low - (high - low) * PALER,
  high + (high - low) * PALER,
];

/** The output at the grid's nearest point, in words. */
function answerAt(session: Session, x: number, y: number): string {
  const frame = session.frame.value;
  if (!frame) return "";
  const [low, high] = session.data.value.extent;
  const along = (value: number): number =>
    Math.min(SIDE - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * SIDE)));
  const place = (SIDE - 1 - along(y)) * SIDE + along(x);
  const last = frame.network.length - 1;
  const outputs = Array.from(
    { length: frame.network[last].units },
    (_, unit) => frame.grids[(placeOf(frame.network, last) + unit) * SIDE * SIDE + place],
  );
  const names = session.data.value.classNames;
  if (outputs.length === 1)
    return names.length
      ? t("output {value}, {name}", {
          value: formatNumber(outputs[0]),
          name: t(names[Number(outputs[0] > (frame.network[last].activation === "tanh" ? 0 : 0.5))]),
        })
      : t("output {value}", { value: formatNumber(outputs[0]) });
  const best = outputs.indexOf(largest(outputs));
  return `${t(names[best])} ${formatNumber(outputs[best])}`;
}

function mark(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  colours: Colours,
  data: Data,
  label: number,
  isTest: boolean,
): void {
  context.save();
  context.translate(x, y);
  const values = !data.classNames.length;
  const path = new Path2D(values ? symbol(symbolsFill[0], 34)()! : shapeOf(label, data.classNames.length, 34));
  context.lineWidth = isTest ? 1.4 : 1;
  context.strokeStyle = isTest ? "#1b1c1f" : "#ffffff";
  if (label < SHAPES || values) {
    context.fillStyle = colourOfLabel(colours, data, label);
    context.fill(path);
  } else context.strokeStyle = colourOfLabel(colours, data, label);
  context.stroke(path);
  context.restore();
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = colour;
  context.stroke();
}
