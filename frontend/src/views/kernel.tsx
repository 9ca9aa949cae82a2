/** A kernel of one's own on any picture, and whether it finds the edges that were asked for. */
import { msg, t } from "../language/catalogue";
import { Toolbar } from "./parts/toolbar";
import { largest } from "../numbers/extent";
import { indexOfLargest } from "../network";
import { slide } from "../primitives/convolve";
import { asImage, type Tensor } from "../graph/tensor";
import { DECIMALS, exactSumLines, formatNumber, shownProduct, span } from "../numbers/digits";
import { judgeFilter, type FilterExercise, type Kernel } from "../numbers/filters";
import { outputSize, samePadding, type Side } from "../numbers/sizes";
import { largestOf } from "../paint/maps";
import type { Screen } from "../screen";
import { useStore } from "../store";
import { Card, Choice, Legend, MapPicture, Matrix, NumberField, NumberTable, Select } from "./parts/parts";
import { pictureLimit } from "../paint/pictures";
import { useArrows } from "./parts/keys";
import { PlayerBar, usePlayer } from "./parts/player";
import { PictureBar } from "./parts/pictures";

const FIRST = msg("vertical edges");
const PRESETS: Readonly<Record<string, Kernel>> = {
  [FIRST]: [
    [-0.5, 0.5],
    [-0.5, 0.5],
  ],
  [msg("Sobel, down")]: [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  [msg("Sobel, right")]: [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  [msg("Laplace")]: [
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ],
  [msg("blur (mean)")]: Array.from({ length: 3 }, () =>
    [1 / 9, 1 / 9, 1 / 9].map((value) => Math.round(value * 1e4) / 1e4),
  ),
  [msg("sharpen")]: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
  [msg("emboss")]: [
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ],
  [msg("identity")]: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
  [msg("shift left")]: [[0, 0, 1]],
};

const write = (kernel: Kernel): string => kernel.map((row) => row.join(",")).join(";");

/** Read a kernel from the link; what cannot be read is the first preset. */
function read(text: string): Kernel {
  const kernel = text.split(";").map((row) => row.split(",").map(Number));
  const side = kernel[0].length;
  const good =
    kernel.length <= 7 && side <= 7 && kernel.every((row) => row.length === side && row.every(Number.isFinite));
  return good && text ? kernel : PRESETS[FIRST];
}

/** The picture as one channel: intensities over their largest; colours by their brightness. */
export function greyOf(pixels: Tensor, limit: number): Tensor {
  const [height, width, channels] = asImage(pixels.shape);
  const weights = channels >= 3 ? [0.299, 0.587, 0.114] : [1];
  const data = Float32Array.from(
    { length: height * width },
    (_, place) =>
      weights.reduce((sum, weight, channel) => sum + weight * pixels.data[place * channels + channel], 0) / limit,
  );
  return { shape: [height, width, 1], data };
}

export const screen: Screen = {
  title: msg("Kernel lab"),
  tab: 40,
  keys: [
    ["← → ↑ ↓", msg("pixel")],
    ["Space", msg("play")],
  ],
  View: KernelScreen,
};

function KernelScreen() {
  if (useStore().exhibit.imageShape) return <Lab />;
  return <p class="note">{t("The kernel lab needs pictures, and this table holds points.")}</p>;
}

function Lab() {
  const store = useStore();
  const text = store.remember("kernel", write(PRESETS[FIRST]));
  const padding = store.remember("padding", "valid");
  const [down, right] = [store.remember("down", "1"), store.remember("right", "1")];
  const exercise = store.remember("exercise", "horizontal");
  const spot = store.remember("spot", "");
  const kernel = read(text.value);
  const picture = store.picture.value;
  const grey = greyOf(picture.pixels, pictureLimit(picture));
  const [height, width] = asImage(grey.shape);
  const strides = [down.value, right.value].map((word) => Math.min(7, Math.max(1, Math.trunc(Number(word)) || 1))) as [
    number,
    number,
  ];
  const sides = [height, width].map((input, axis): Side => {
    const window = axis ? kernel[0].length : kernel.length;
    const same = padding.value === "same";
    const [before, after] = same ? samePadding(input, window, strides[axis], 1) : [0, 0];
    return { input, window, stride: strides[axis], dilation: 1, before, after, same };
  });
  const sizes = sides.map(outputSize);
  const possible = sizes.every((size) => size.value > 0);
  const settings = {
    strides,
    dilation: [1, 1] as const,
    sides: sides.map((side) => [side.before, side.after]) as never,
    groups: 1,
  };
  const weights = { shape: [kernel.length, kernel[0].length, 1, 1], data: Float32Array.from(kernel.flat()) };
  const result = possible ? slide(grey, weights, null, settings) : null;
  const best = result && indexOfLargest(result.data.map(Math.abs));
  const place = spot.value || (best === null ? "0,0" : `${Math.floor(best / sizes[1].value)},${best % sizes[1].value}`);
  const [row, column] = place
    .split(",")
    .map((word, axis) => Math.min(Math.max(0, sizes[axis].value - 1), Math.max(0, Math.trunc(Number(word)) || 0)));
  const start = [row * strides[0] - sides[0].before, column * strides[1] - sides[1].before];
  const player = usePlayer(sizes[0].value, sizes[1].value, row * sizes[1].value + column, (y, x) => {
    spot.value = `${y},${x}`;
  });
  useArrows(
    (down, right) => {
      const [y, x] = [row + down, column + right].map((at, axis) => Math.min(sizes[axis].value - 1, Math.max(0, at)));
      if (possible) spot.value = `${y},${x}`;
    },
    undefined,
    (event) => possible && player.key(event),
  );
  const box = { row: start[0], column: start[1], height: kernel.length, width: kernel[0].length };
  const limit = result ? largestOf(result) || 1 : 1;
  const windowAt = (y: number, x: number): number => {
    const [r, c] = [start[0] + y, start[1] + x];
    return r < 0 || c < 0 || r >= height || c >= width ? 0 : grey.data[r * width + c];
  };
  const outside = (y: number, x: number): boolean =>
    start[0] + y < 0 || start[1] + x < 0 || start[0] + y >= height || start[1] + x >= width;
  const setWeight = (y: number, x: number, value: number): void => {
    if (Number.isFinite(value))
      text.value = write(kernel.map((line, r) => line.map((weight, c) => (r === y && c === x ? value : weight))));
  };
  const resize = (rows: number, columns: number): void => {
    text.value = write(
      Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => kernel[y]?.[x] ?? 0)),
    );
  };
  const preset = Object.keys(PRESETS).find((name) => write(PRESETS[name]) === text.value) ?? "";
  const verdict = judgeFilter(kernel, exercise.value as FilterExercise);
  return (
    <>
      <Toolbar>
        <PictureBar />
        <div class="how">
          <Legend look={{ palette: "signed", limit }} />
        </div>
      </Toolbar>
      <div class="presets" role="group" aria-label={t("Ready kernels")}>
        {Object.entries(PRESETS).map(([name, value]) => (
          <button key={name} type="button" aria-pressed={name === preset} onClick={() => (text.value = write(value))}>
            {t(name)}
          </button>
        ))}
      </div>
      {possible && <PlayerBar player={player} />}
      <div class="lab">
        <Card
          title={t("Picture")}
          caption={t(
            "{height} × {width}, black 0, white 1. At each place the pixels in the window times the kernel's weights are added up: one number of the result.",
            { height, width },
          )}
        >
          <MapPicture
            tensor={grey}
            map={0}
            look={{ palette: "intensity", limit: 1 }}
            size={204}
            label={t("picture, window at {rows}", { rows: span("row", [start[0], start[0] + kernel.length - 1]) })}
            marked={possible ? box : null}
            onPlace={(y, x) =>
              (spot.value = `${Math.max(0, Math.floor((y + sides[0].before) / strides[0]))},${Math.max(0, Math.floor((x + sides[1].before) / strides[1]))}`)
            }
          />
        </Card>
        <Card title={t("Kernel")} caption={t("Type any number; the kernel is not flipped.")}>
          <table class="editor" aria-label={t("Kernel")}>
            <tbody>
              {kernel.map((line, y) => (
                <tr key={y}>
                  {line.map((weight, x) => (
                    <td key={x}>
                      <input
                        type="number"
                        step="any"
                        value={weight}
                        aria-label={t("weight in row {row}, column {column}", { row: y, column: x })}
                        onInput={(event) => setWeight(y, x, event.currentTarget.valueAsNumber)}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <div class="row wrap">
            <NumberField
              label={t("Height")}
              value={kernel.length}
              min={1}
              max={7}
              onChange={(rows) => resize(Math.trunc(rows), kernel[0].length)}
            />
            <NumberField
              label={t("Width")}
              value={kernel[0].length}
              min={1}
              max={7}
              onChange={(columns) => resize(kernel.length, Math.trunc(columns))}
            />
          </div>
          <div class="row wrap">
            <NumberField
              label={t("Stride down")}
              value={strides[0]}
              min={1}
              max={7}
              onChange={(value) => (down.value = String(Math.trunc(value)))}
            />
            <NumberField
              label={t("Stride to the right")}
              value={strides[1]}
              min={1}
              max={7}
              onChange={(value) => (right.value = String(Math.trunc(value)))}
            />
            <Select
              label={t("Padding")}
              value={padding.value}
              options={[
                ["valid", t("no padding (valid)")],
                ["same", t("padded to the same size (same)")],
              ]}
              onChange={(value) => (padding.value = value)}
            />
          </div>
        </Card>
        <Card title={t("Result")} caption={possible ? `${sizes[0].value} × ${sizes[1].value}` : undefined}>
          {result ? (
            <>
              <MapPicture
                tensor={result}
                map={0}
                look={{ palette: "signed", limit }}
                size={204}
                first
                filled={player.filled}
                label={t("result, row {row}, column {column} marked", { row, column })}
                marked={{ row, column, height: 1, width: 1 }}
                onPlace={(y, x) => (spot.value = `${y},${x}`)}
              />
              <NumberTable tensor={result} map={0} name={t("the result")} />
            </>
          ) : (
            sizes.map(
              (size, axis) =>
                size.impossible && (
                  <p key={axis} class="note">
                    {t("No result: {reason}", { reason: size.impossible })}
                  </p>
                ),
            )
          )}
        </Card>
      </div>
      <div class="lab-below">
        {result && (
          <Worked
            kernel={kernel}
            windowAt={windowAt}
            outside={outside}
            sum={result.data[row * sizes[1].value + column]}
            title={t("Row {row}, column {column}", { row, column })}
            sizes={t("Height: {height}. Width: {width}.", { height: sizes[0].formula, width: sizes[1].formula })}
          />
        )}
        <Card
          title={t("Exercise: a kernel that finds edges of one direction")}
          caption={t("Any size, sign and scale counts: it is tried on pictures, not compared with an answer.")}
        >
          <Choice<FilterExercise>
            label={t("Find")}
            value={exercise.value as FilterExercise}
            options={[
              ["horizontal", t("edges that lie ━")],
              ["diagonal", t("edges that lean ╲ or ╱")],
            ]}
            onChange={(value) => (exercise.value = value)}
          />
          <p class={`verdict ${verdict.correct ? "good" : "bad"}`} role="status">
            <b>{verdict.correct ? t("✓ Correct.") : t("✗ Not yet.")}</b> {verdict.reason}
          </p>
          {exercise.value === "diagonal" && (
            <p class="caption">
              {t(
                "Both readings count: a step from dark to bright along a diagonal, or a thin line along it. A 2 × 2 kernel that finds the step answers straight edges too.",
              )}
            </p>
          )}
        </Card>
      </div>
    </>
  );
}

/** One place of the result: window times kernel, and the products added up digit for digit. */
function Worked(props: {
  kernel: Kernel;
  windowAt: (y: number, x: number) => number;
  outside: (y: number, x: number) => boolean;
  sum: number;
  title: string;
  sizes: string;
}) {
  const { kernel, windowAt, outside, sum } = props;
  const size = {
    rows: kernel.length,
    columns: kernel[0].length,
    size: kernel[0].length > 5 ? ("small" as const) : kernel[0].length > 3 ? ("medium" as const) : undefined,
  };
  const products = kernel.flatMap((line, y) => line.map((weight, x) => shownProduct([weight, windowAt(y, x)])));
  const most = (values: number[]): number => largest(values.map(Math.abs), 1e-9);
  const shown = exactSumLines(
    products.map((value, index): [string, number] => [String(index), value]),
    sum,
    DECIMALS,
  );
  const text = shown
    .filter((line) => line.name !== "sum")
    .map((line) => (line.name === "rounding" ? `${line.text} (${t("rounding")})` : line.text))
    .join(" ");
  return (
    <Card title={`${props.title}: ${formatNumber(sum, DECIMALS)}`} caption={props.sizes}>
      <div class="cells">
        <figure>
          <Matrix
            {...size}
            value={windowAt}
            away={outside}
            look={{ palette: "intensity", limit: 1 }}
            label={t("Window")}
          />
          <figcaption>{t("window")}</figcaption>
        </figure>
        <span class="operator">×</span>
        <figure>
          <Matrix
            {...size}
            value={(y, x) => kernel[y][x]}
            look={{ palette: "signed", limit: most(kernel.flat()) }}
            label={t("Kernel")}
          />
          <figcaption>{t("kernel")}</figcaption>
        </figure>
        <span class="operator">=</span>
        <figure>
          <Matrix
            {...size}
            value={(y, x) => products[y * kernel[0].length + x]}
            look={{ palette: "signed", limit: most(products) }}
            label={t("Products")}
          />
          <figcaption>{t("products")}</figcaption>
        </figure>
      </div>
      <p class="sum-line">
        {text} = <b>{formatNumber(sum, DECIMALS)}</b>
      </p>
    </Card>
  );
}
