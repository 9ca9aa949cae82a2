/** The row of the table beside the picture that it is, and the order of its pixels. */
import { msg, t } from "../language/catalogue";
import { rich } from "../language/rich";
import { Toolbar } from "./parts/toolbar";
import { useEffect, useRef, useState } from "preact/hooks";
import { count, formatNumber, numberText } from "../numbers/digits";
import type { Tensor } from "../graph/tensor";
import { sized } from "../paint/maps";
import { indexOfLargest } from "../network";
import type { Screen } from "../screen";
import { useStore, type Store } from "../store";
import { ARROWS, Card, Choice, MapPicture, Matrix } from "./parts/parts";
import { pictureLimit, picturePalette } from "../paint/pictures";
import { useArrows } from "./parts/keys";
import { PictureBar } from "./parts/pictures";

const CELL = 56;
const SIZE = 364;

export const columnName = (index: number, [, width, channels]: readonly number[]): string => {
  const pixel = Math.floor(index / channels);
  const place = `${Math.floor(pixel / width) + 1}x${(pixel % width) + 1}`;
  return channels === 1 ? place : `${place}x${(index % channels) + 1}`;
};

interface Orders {
  original: Float32Array;
  shuffled: Float32Array;
  /** Place k of the shuffled picture shows pixel `order[k]` of the original. */
  order: Int32Array;
  /** From the table as it is to either order: place k shows the table's column `to...[k]`; null where that is the table's own. */
  toOriginal: Int32Array | null;
  toShuffled: Int32Array | null;
}

/** The picture in the original order of its pixels, and in the document's. */
function orders(store: Store): Orders | null {
  const { permutation: order, pixelOrder } = store.exhibit;
  if (!order) return null;
  const { data } = store.picture.value.pixels;
  if (pixelOrder === "shuffled") {
    const toOriginal = new Int32Array(order.length);
    order.forEach((pixel, place) => (toOriginal[pixel] = place));
    return {
      original: Float32Array.from(toOriginal, (place) => data[place]),
      shuffled: data,
      order,
      toOriginal,
      toShuffled: null,
    };
  }
  return {
    original: data,
    shuffled: Float32Array.from(order, (pixel) => data[pixel]),
    order,
    toOriginal: null,
    toShuffled: order,
  };
}

export const screen: Screen = {
  title: msg("Table"),
  tab: 20,
  keys: [["← → ↑ ↓", msg("cell")]],
  View: TableScreen,
};

function TableScreen() {
  const store = useStore();
  const shape = store.exhibit.imageShape;
  return (
    <>
      <Toolbar>
        <PictureBar />
      </Toolbar>
      <p class="lead">
        {shape
          ? t(
              "This is all that the network is given: a row of numbers for each picture, one for each pixel's brightness.",
            )
          : t("This is all that the network is given: a row of numbers for each example.")}
      </p>
      {shape ? <RowAndPicture shape={shape} /> : <Points />}
    </>
  );
}

/** A row without a picture: its numbers. */
function Points() {
  const picture = useStore().picture.value;
  return (
    <Card
      title={picture.name}
      caption={picture.label == null ? undefined : t("label {label}", { label: picture.label })}
    >
      <table class="plain-table">
        <tbody>
          {Array.from(picture.pixels.data, (value, index) => (
            <tr key={index}>
              <th scope="row">{t("feature {n}", { n: index + 1 })}</th>
              <td>{formatNumber(value, 6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

type Mode = "picture" | "channels" | "numbers";

function RowAndPicture({ shape }: { shape: [number, number, number] }) {
  const store = useStore();
  const at = store.remember("pixel", "");
  const slider = store.remember("order", store.exhibit.pixelOrder === "shuffled" ? "100" : "0");
  const mode = store.remember("show", "picture");
  useArrows((down, right) => {
    const [y, x] = [box.row + down, box.column + right];
    if (y >= 0 && y < height && x >= 0 && x < width) mark(y, x);
  });
  const found = orders(store)!;
  const share = Math.min(100, Math.max(0, Number(slider.value) || 0)) / 100;
  const data = share < 0.5 ? found.original : found.shuffled;
  const index =
    at.value === "" ? indexOfLargest(data) : Math.min(data.length - 1, Math.max(0, Math.trunc(Number(at.value)) || 0));
  const [height, width, channels] = shape;
  const pixel = Math.floor(index / channels);
  const box = { row: Math.floor(pixel / width), column: pixel % width, height: 1, width: 1 };
  const mark = (row: number, column: number): void =>
    void (at.value = String((row * width + column) * channels + (index % channels)));
  const moving = share > 0 && share < 1;
  const tensor: Tensor = { shape, data };
  const modes: [Mode, string][] = [
    ["picture", channels >= 3 ? t("colour") : t("grey")],
    ...(channels > 1 ? ([["channels", t("channels")]] as [Mode, string][]) : []),
    ["numbers", t("numbers")],
  ];
  const picture = store.picture.value;
  const limit = pictureLimit(picture);
  const held = {
    name: <b>{columnName(index, shape)}</b>,
    value: <b>{numberText(data[index], data[index] % 1 ? 3 : 0)}</b>,
    row: box.row + 1,
    column: box.column + 1,
    limit: count(limit),
  };
  return (
    <div class="table-screen">
      <Card
        title={t("The table: a class, and {n} columns", { n: count(data.length) })}
        caption={t("One row is one picture; its columns are named {pattern}, counted from 1.", {
          pattern: channels > 1 ? t("ROWxCOLUMNxCHANNEL") : t("ROWxCOLUMN"),
        })}
        class="row-card"
      >
        <RowCells
          order={share < 0.5 ? found.toOriginal : found.toShuffled}
          shape={shape}
          chosen={index}
          onChoose={(chosen) => (at.value = String(chosen))}
        />
        <p class="sentence">
          {channels > 1
            ? rich(
                "Column {name} holds {value}: the pixel in row {row}, column {column}, channel {channel}, of {limit} at most.",
                {
                  ...held,
                  channel: (index % channels) + 1,
                },
              )
            : rich("Column {name} holds {value}: the pixel in row {row}, column {column}, of {limit} at most.", held)}
        </p>
        <label class="slider">
          <span>{t("Pixel order")}</span>
          <span class="caption">{t("original")}</span>
          <input
            type="range"
            min={0}
            max={100}
            value={slider.value}
            aria-valuetext={
              share === 0
                ? t("original")
                : share === 1
                  ? t("shuffled as in the document")
                  : t("{share} % on the way", { share: slider.value })
            }
            onInput={(event) => (slider.value = event.currentTarget.value)}
          />
          <span class="caption">{t("shuffled")}</span>
        </label>
        <p class="caption">
          {moving
            ? t("On the way: each pixel moves to its new place. Nothing is lost, nothing is added.")
            : share === 1
              ? t("Place {place} shows what was column {column}. Every image is shuffled in the same way.", {
                  place: columnName(index, shape),
                  column: columnName(found.order[index], shape),
                })
              : t("The order of the file. Slide to shuffle the pixels as the lab does.")}
        </p>
      </Card>
      <Card title={t("The picture")} class="picture-card">
        <Choice<Mode>
          label={t("Show")}
          value={mode.value as Mode}
          options={modes}
          onChange={(value) => (mode.value = value)}
        />
        {moving ? (
          <Moving original={found.original} order={found.order} shape={shape} share={share} limit={limit} />
        ) : mode.value === "numbers" ? (
          <div class="scroll" tabIndex={0} role="region" aria-label={t("Numbers of the picture")}>
            <Matrix
              rows={height}
              columns={width}
              size="small"
              digits={limit === 1 ? 2 : 0}
              value={(row, column) => data[(row * width + column) * channels + (index % channels)]}
              look={{ palette: "intensity", limit }}
              marked={[box.row, box.column]}
              onMark={(place) => place && mark(...place)}
              label={t("Intensities")}
            />
          </div>
        ) : mode.value === "channels" ? (
          <div class="row wrap">
            {Array.from({ length: channels }, (_, channel) => (
              <figure key={channel}>
                <MapPicture
                  tensor={tensor}
                  map={channel}
                  look={{ palette: "intensity", limit }}
                  size={176}
                  label={t("channel {n}", { n: channel + 1 })}
                  marked={box}
                  onPlace={(row, column) => (at.value = String((row * width + column) * channels + channel))}
                />
                <figcaption>{t("channel {n}", { n: channel + 1 })}</figcaption>
              </figure>
            ))}
          </div>
        ) : (
          <MapPicture
            tensor={tensor}
            map={0}
            look={{ palette: picturePalette(picture), limit }}
            size={SIZE}
            label={t("{picture}, pixel {column} marked", { picture: picture.name, column: columnName(index, shape) })}
            marked={box}
            onPlace={mark}
          />
        )}
      </Card>
    </div>
  );
}

const ROWS = 8;
const CLASS = 64;
const LINE = 26;

/** Rows of the table around the chosen one; only the cells in view are in the page. */
function RowCells(props: {
  order: Int32Array | null;
  shape: readonly number[];
  chosen: number;
  onChoose: (index: number) => void;
}) {
  const store = useStore();
  const { order, shape, chosen, onChoose } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [[first, last], setRange] = useState([0, 24]);
  const n = shape[0] * shape[1] * shape[2];
  const pictures = store.pictures.value;
  const current = store.number("picture");
  const top = Math.min(Math.max(0, current - ROWS + 1), Math.max(0, pictures.length - ROWS));
  const rows = pictures.slice(top, top + ROWS);
  const valueOf = (row: number, index: number): number => rows[row].pixels.data[order ? order[index] : index];
  const look = (): void => {
    const { scrollLeft, clientWidth } = frame.current!;
    setRange([
      Math.max(0, Math.floor(scrollLeft / CELL) - 4),
      Math.min(n, Math.ceil((scrollLeft + clientWidth) / CELL) + 4),
    ]);
  };
  useEffect(() => {
    const { scrollLeft, clientWidth } = frame.current!;
    const left = chosen * CELL;
    if (left < scrollLeft || left + CELL + CLASS > scrollLeft + clientWidth)
      frame.current!.scrollLeft = left - clientWidth / 2;
    look();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what the frame shows is read when the choice changes
  }, [chosen, n]);
  const columns = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
  const at = (index: number, line: number) => ({
    left: `${CLASS + index * CELL}px`,
    width: `${CELL}px`,
    top: `${line * LINE}px`,
  });
  return (
    <div
      class="row-cells"
      ref={frame}
      onScroll={look}
      tabIndex={0}
      role="application"
      aria-roledescription={t("table; left and right choose a column, up and down a row")}
      aria-label={t("{picture}, column {column}: {value}", {
        picture: pictures[current].name,
        column: columnName(chosen, shape),
        value: formatNumber(valueOf(current - top, chosen), 0),
      })}
      onKeyDown={(event) => {
        const [down, right] = ARROWS[event.key] ?? [0, 0];
        if (!down && !right) return;
        event.preventDefault();
        event.stopPropagation();
        if (right) onChoose(Math.min(n - 1, Math.max(0, chosen + right)));
        else store.place.picture.value = String(Math.min(pictures.length - 1, Math.max(0, current + down)));
      }}
    >
      <div style={{ width: `${CLASS + n * CELL}px`, height: `${(rows.length + 1) * LINE}px` }}>
        {columns.map((index) => (
          <span key={index} class={`name ${index === chosen ? "column" : ""}`} style={at(index, 0)}>
            {columnName(index, shape)}
          </span>
        ))}
        {rows.map((picture, row) =>
          columns.map((index) => {
            const value = valueOf(row, index);
            const classes = [
              top + row === current && "chosen",
              index === chosen && "column",
              top + row === current && index === chosen && "marked",
            ]
              .filter(Boolean)
              .join(" ");
            const choose = (): void => {
              if (top + row === current) onChoose(index);
            };
            return (
              <span
                key={`${picture.name} ${index}`}
                class={`cell ${classes}`}
                style={at(index, row + 1)}
                onPointerEnter={choose}
                onPointerDown={() => {
                  store.place.picture.value = String(top + row);
                  onChoose(index);
                }}
              >
                {formatNumber(value, value % 1 ? 2 : 0)}
              </span>
            );
          }),
        )}
        <div class="classes">
          {[t("class"), ...rows.map((picture) => picture.label ?? "–")].map((text, row) => (
            <span
              key={row}
              class={`name class ${row - 1 + top === current && row ? "chosen" : ""}`}
              style={{ width: `${CLASS}px` }}
            >
              {text}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Every pixel on its way from its original place to its shuffled one. */
function Moving(props: {
  original: Float32Array;
  order: Int32Array;
  shape: [number, number, number];
  share: number;
  limit: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { original, order, shape, share, limit } = props;
  const [height, width, channels] = shape;
  const cell = SIZE / Math.max(height, width);
  const [wide, high] = [cell * width, cell * height];
  useEffect(() => {
    const context = sized(canvas.current!, wide, high);
    context.fillStyle = "#000";
    context.fillRect(0, 0, wide, high);
    context.globalCompositeOperation = "lighter";
    const place = (index: number): [number, number] => {
      const pixel = Math.floor(index / channels);
      return [(pixel % width) * cell, Math.floor(pixel / width) * cell];
    };
    order.forEach((pixel, target) => {
      const [[x0, y0], [x1, y1]] = [place(pixel), place(target)];
      const light = Math.round((255 * original[pixel]) / limit);
      const rgb =
        channels >= 3 ? [0, 1, 2].map((channel) => (channel === pixel % channels ? light : 0)) : [light, light, light];
      context.fillStyle = `rgb(${rgb.join(" ")})`;
      context.fillRect(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, cell, cell);
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the rest changes with the picture
  }, [original, share]);
  return (
    <canvas
      ref={canvas}
      class="moving"
      style={{ width: `${wide}px`, aspectRatio: `${wide} / ${high}` }}
      role="img"
      aria-label={t("pixels {share} % on the way to their shuffled places", { share: Math.round(share * 100) })}
    />
  );
}
