/** Small parts that all screens are made of. */
import { nameText } from "../../numbers/names";
import { t } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { count, DECIMALS, formatNumber, numberText, type Line } from "../../numbers/digits";
import { asImage, type Tensor } from "../../graph/tensor";
import { colourOf, css, inkOn } from "../../paint/colours";
import { imageOf, paintMap, sized, type Look } from "../../paint/maps";
import { useStore, type Range } from "../../store";

export interface Box {
  row: number;
  column: number;
  height: number;
  width: number;
}

export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (T | [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <div class="field">
      <span class="caption">{props.label}</span>
      <div class="segments" role="group" aria-label={props.label}>
        {props.options.map((option) => {
          const [value, text] = typeof option === "string" ? [option, option] : option;
          return (
            <button
              key={value}
              type="button"
              aria-pressed={value === props.value}
              onClick={() => props.onChange(value)}
            >
              {text}
            </button>
          );
        })}
      </div>
    </div>
  );
}

/** Whose largest number ends the scale of colours. */
export const rangeOptions = (): [Range, string][] => [
  ["map", t("map")],
  ["layer", t("layer")],
  ["network", t("network")],
];

/** The letter of a colour channel; the letter carries the meaning, not the colour. */
export function Chip({ name }: { name: string }) {
  return ["red", "green", "blue"].includes(name) ? (
    <span class={`chip ${name}`} aria-hidden="true">
      {name[0].toUpperCase()}
    </span>
  ) : null;
}

export function Select(props: {
  label: string;
  value: string | number;
  options: readonly (readonly [string | number, string])[];
  onChange: (value: string) => void;
  class?: string;
  title?: string;
}) {
  return (
    <label class={`field ${props.class ?? ""}`} title={props.title}>
      <span class="caption">{props.label}</span>
      <select
        aria-label={props.label || t("Image")}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value} selected={String(value) === String(props.value)}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function NumberField(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
  step?: number | "any";
}) {
  return (
    <label class="field">
      <span class="caption">{props.label}</span>
      <input
        type="number"
        aria-label={props.label}
        value={props.value}
        min={props.min}
        max={props.max}
        step={props.step ?? 1}
        onInput={(event) => {
          const value = event.currentTarget.valueAsNumber;
          if (Number.isFinite(value)) props.onChange(Math.min(props.max, Math.max(props.min, value)));
        }}
      />
    </label>
  );
}

export function Card(props: {
  title: string;
  caption?: ComponentChildren;
  class?: string;
  children?: ComponentChildren;
}) {
  return (
    <section class={`card ${props.class ?? ""}`}>
      <h2>{props.title}</h2>
      {props.caption && <p class="caption">{props.caption}</p>}
      {props.children}
    </section>
  );
}

/** The colour scale with its zero mark. */
export function Legend(props: { look: Look }) {
  const store = useStore();
  const { palette, limit } = props.look;
  if (palette === "colour") return null;
  const colours = store.colours.value[palette];
  const stops = Array.from({ length: 17 }, (_, index) => css(colours[Math.round((index / 16) * 255)])).join(",");
  const low = palette === "signed" ? -limit : 0;
  const digits = Math.max(2, Math.min(6, 1 - Math.floor(Math.log10(limit || 1)))); // two that are not 0
  const ends = { low: numberText(low, digits), limit: numberText(limit, digits) };
  return (
    <div
      class="legend"
      role="img"
      aria-label={
        palette === "signed"
          ? t("Colours from {low} to {limit}, orange below 0, blue above", ends)
          : t("Colours from {low} to {limit}, black to white", ends)
      }
    >
      <span class={low < 0 ? "negative" : ""}>{formatNumber(low, digits)}</span>
      <span class="ramp" style={{ background: `linear-gradient(to right, ${stops})` }}>
        {palette === "signed" && <span class="zero">0</span>}
      </span>
      <span class={palette === "signed" ? "positive" : ""}>{formatNumber(limit, digits, palette === "signed")}</span>
    </div>
  );
}

interface MapProps {
  tensor: Tensor;
  map: number;
  look: Look;
  /** Screen pixels; the longer side fits into it. */
  size: number;
  label: string;
  marked?: Box | null;
  boxes?: Box[];
  onPlace?: (row: number, column: number, how: "hover" | "press") => void;
  onLeave?: () => void;
  onDive?: () => void;
  /** How many of its numbers are there yet, row by row; all, unless it is said. */
  filled?: number;
  /** It has the focus when its screen comes into view. */
  first?: boolean;
}

const LEAST_SIDE = 16;

/** One map as a picture: hover marks a value, arrows move it, Enter dives. */
export function MapPicture(props: MapProps) {
  const store = useStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { tensor, map, look, size } = props;
  const [height, width] = asImage(tensor.shape);
  const cell = size / Math.max(height, width, 1);
  // A map of a row or two is drawn taller than it is, so that it can be seen and pointed at.
  const least = Math.min(LEAST_SIDE, size);
  const [wide, high] = [Math.max(least, Math.round(cell * width)), Math.max(least, Math.round(cell * height))];
  const colours = store.colours.value;
  useLayoutEffect(() => {
    if (!canvas.current) return;
    paintMap(sized(canvas.current, wide, high), imageOf(colours, tensor, map, look), 0, 0, wide, high);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- looks are made anew; what is in them counts
  }, [tensor, map, look.palette, look.limit, wide, high, colours]);
  const placeOf = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    const along = (offset: number, length: number, n: number): number =>
      Math.min(n - 1, Math.max(0, Math.floor((offset / length) * n)));
    return [along(event.clientY - box.top, box.height, height), along(event.clientX - box.left, box.width, width)];
  };
  const marked = props.marked;
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = ARROWS[event.key];
    if (move && props.onPlace) {
      event.preventDefault();
      event.stopPropagation();
      const [row, column] = marked ? [marked.row + move[0], marked.column + move[1]] : [0, 0];
      props.onPlace(Math.min(height - 1, Math.max(0, row)), Math.min(width - 1, Math.max(0, column)), "hover");
    } else if (event.key === "Enter" && props.onDive) {
      event.preventDefault();
      event.stopPropagation();
      props.onDive();
    }
  };
  const active = Boolean(props.onPlace);
  return (
    <div
      class={`map ${active ? "active" : ""}`}
      style={{ width: `${wide}px`, aspectRatio: `${wide} / ${high}` }}
      role={active ? "application" : "img"}
      aria-roledescription={active ? t("map of numbers; arrow keys move") : undefined}
      aria-label={props.label}
      tabIndex={active ? 0 : undefined}
      data-focus={props.first || undefined}
      onPointerMove={(event) => active && props.onPlace!(...placeOf(event), "hover")}
      onPointerDown={(event) =>
        active && props.onPlace!(...placeOf(event), event.pointerType === "touch" ? "hover" : "press")
      }
      onPointerLeave={() => props.onLeave?.()}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} />
      {props.filled !== undefined && <NotYet filled={props.filled} height={height} width={width} />}
      {props.boxes?.map((box, index) => (
        <Outline key={index} box={box} of={[height, width]} class="quiet" />
      ))}
      {marked && <Outline box={marked} of={[height, width]} class="marked" />}
    </div>
  );
}

export const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function Outline(props: { box: Box; of: [number, number]; class: string }) {
  const { row, column, height, width } = props.box;
  const share = (part: number, axis: 0 | 1): string => `${(100 * part) / props.of[axis]}%`;
  const style = { top: share(row, 0), left: share(column, 1), width: share(width, 1), height: share(height, 0) };
  return <span class={`outline ${props.class}`} style={style} />;
}

/** Hatching over the places that have no number yet: the rest of a row, and the rows below. */
function NotYet({ filled, height, width }: { filled: number; height: number; width: number }) {
  const [row, column] = [Math.floor(filled / width), filled % width];
  const boxes = [
    { row, column, height: row < height ? 1 : 0, width: width - column },
    { row: row + 1, column: 0, height: Math.max(0, height - row - 1), width },
  ];
  return (
    <>
      {boxes.map(
        (box, index) => box.height > 0 && <Outline key={index} box={box} of={[height, width]} class="not-yet" />,
      )}
    </>
  );
}

/** Numbers as coloured cells; a corner mark where they are negative. */
export function Matrix(props: {
  rows: number;
  columns: number;
  value: (row: number, column: number) => number;
  look: Look;
  digits?: number;
  marked?: [number, number] | null;
  away?: (row: number, column: number) => boolean;
  inWindow?: (row: number, column: number) => boolean;
  /** Which cells have no number yet. */
  notYet?: (row: number, column: number) => boolean;
  onMark?: (place: [number, number] | null) => void;
  label: string;
  size?: "medium" | "small" | "wide";
}) {
  const colours = useStore().colours.value;
  const { palette, limit } = props.look;
  return (
    <table class={`matrix ${props.size ?? ""}`} aria-label={props.label} onPointerLeave={() => props.onMark?.(null)}>
      <tbody>
        {Array.from({ length: props.rows }, (_, row) => (
          <tr key={row}>
            {Array.from({ length: props.columns }, (_, column) => {
              const value = props.value(row, column);
              const ground = colourOf(colours, palette === "intensity" ? "intensity" : "signed", value, limit);
              const isComing = props.notYet?.(row, column) ?? false;
              const text = isComing ? "" : formatNumber(value, props.digits ?? DECIMALS);
              const marked = props.marked?.[0] === row && props.marked[1] === column;
              const classes = [
                marked && "marked",
                text.startsWith("−") && "below",
                props.away?.(row, column) && "away",
                props.inWindow?.(row, column) && "window",
                isComing && "not-yet",
              ]
                .filter(Boolean)
                .join(" ");
              return (
                <td
                  key={column}
                  class={classes}
                  style={isComing ? undefined : { background: css(ground), color: inkOn(ground) }}
                  onPointerEnter={() => props.onMark?.([row, column])}
                  onPointerDown={() => props.onMark?.([row, column])}
                >
                  {text}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Terms, the rest, the bias and the sum, each with its bar from a zero line. */
export function SumTable(props: {
  lines: readonly Line[];
  marked?: number;
  onMark?: (index: number) => void;
  onDive?: (index: number) => void;
  label: string;
}) {
  const terms = props.lines.filter((line) => line.name !== "sum");
  // The rest of many terms may be larger than each of them; its bar ends at the border, open.
  const named = terms.filter((line) => line.index !== undefined || line.name === "bias");
  const most = largest(named.map((line) => Math.abs(line.value)).filter(Number.isFinite), 1e-12);
  return (
    <table class="sum" aria-label={props.label}>
      <tbody>
        {props.lines.map((line, position) => {
          const index = line.index;
          const share = Number.isFinite(line.value) ? Math.min(1, Math.abs(line.value) / most) * 50 : 0;
          const below = line.value < 0;
          return (
            <tr
              key={position}
              class={line.name === "sum" ? "total" : index !== undefined && index === props.marked ? "marked" : ""}
              onPointerEnter={() => index !== undefined && props.onMark?.(index)}
              onPointerDown={() => index !== undefined && props.onMark?.(index)}
            >
              <th
                scope="row"
                title={line.name.endsWith("rounding") ? t("What the shown lines and decimals leave out") : undefined}
              >
                {index !== undefined && props.onDive ? (
                  <button
                    type="button"
                    class="plain"
                    onFocus={() => props.onMark?.(index)}
                    onClick={() => props.onDive!(index)}
                  >
                    {nameText(line.name)}
                  </button>
                ) : (
                  nameText(line.name)
                )}
              </th>
              <td class="bar" aria-hidden="true">
                {line.name !== "sum" && (
                  <span
                    class={`${below ? "below" : "above"} ${Math.abs(line.value) > most ? "open" : ""}`}
                    style={{ left: `${below ? 50 - share : 50}%`, width: `${share}%` }}
                  />
                )}
              </td>
              <td class={`number ${line.name === "sum" ? "" : below ? "negative" : "positive"}`}>{line.text}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const MOST_ROWS = 64;

/** Every number of a map, for those who read rather than look. */
export function NumberTable(props: { tensor: Tensor; map: number; name: string; digits?: number }) {
  const [open, setOpen] = useState(false);
  const [height, width, channels] = asImage(props.tensor.shape);
  const rows = Math.min(height, MOST_ROWS);
  const columns = Math.min(width, MOST_ROWS);
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Numbers of {name}", { name: props.name })}</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("Numbers of {name}", { name: props.name })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("row")}</th>
                {Array.from({ length: columns }, (_, column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: rows }, (_, row) => (
                <tr key={row}>
                  <th scope="row">{row}</th>
                  {Array.from({ length: columns }, (_, column) => (
                    <td key={column}>
                      {formatNumber(
                        props.tensor.data[(row * width + column) * channels + props.map],
                        props.digits ?? 3,
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {(rows < height || columns < width) && (
            <p class="caption">
              {t("The first {rows} rows and {columns} columns of {height} × {width}.", {
                rows: count(rows),
                columns: count(columns),
                height: count(height),
                width: count(width),
              })}
            </p>
          )}
        </div>
      )}
    </details>
  );
}
