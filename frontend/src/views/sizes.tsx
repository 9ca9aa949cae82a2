/** The arithmetic of convolution and pooling on small pictures: sizes, windows, and what is impossible. */
import { msg, t } from "../language/catalogue";
import { rich } from "../language/rich";
import { Toolbar } from "./parts/toolbar";
import { largest } from "../numbers/extent";
import { slide } from "../primitives/convolve";
import { pick } from "../primitives/pick";
import { poolOver } from "../primitives/pool";
import type { Pair, Sides, Tensor } from "../graph/tensor";
import { count, formatNumber, shapeText } from "../numbers/digits";
import { outputSize, reachOf, samePadding, type Side } from "../numbers/sizes";
import type { Screen } from "../screen";
import { useStore } from "../store";
import { Card, Choice, MapPicture, Matrix, NumberField } from "./parts/parts";
import { useArrows } from "./parts/keys";
import { PlayerBar, usePlayer, type Player } from "./parts/player";
import { Predict } from "./parts/predict";

const INPUT = [
  [1, 0, 1, 0],
  [0, 1, 1, 1],
  [0, 1, 0, 0],
  [1, 0, 0, 0],
];
const KERNEL = [
  [1, 0],
  [1, 1],
];
const CELLS = 12; // more are drawn as a picture
const MOST = 64;

/** The hand-worked picture and kernel for number 0, and zeros and ones by chance for every other number. */
function patterns(number: number): { picture: number[][]; kernel: number[][] } {
  if (!number) return { picture: INPUT, kernel: KERNEL };
  let state = Math.imul(number, 2654435761) >>> 0 || 1;
  const bit = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 7) & 1;
  };
  const drawn = (pattern: number[][]): number[][] => pattern.map((line) => line.map(bit));
  const kernel = drawn(KERNEL);
  return { picture: drawn(INPUT), kernel: kernel.flat().some(Boolean) ? kernel : KERNEL };
}

const repeated = (pattern: number[][], height: number, width: number): Float32Array =>
  Float32Array.from(
    { length: height * width },
    (_, place) => pattern[Math.floor(place / width) % pattern.length][(place % width) % pattern[0].length],
  );

type Kind = "convolution" | "max pooling" | "average pooling";

const KINDS = [msg("convolution"), msg("max pooling"), msg("average pooling")] as string[] as Kind[];

export const screen: Screen = {
  title: msg("Sizes"),
  tab: 50,
  keys: [
    ["← → ↑ ↓", msg("place")],
    ["Space", msg("play")],
  ],
  View: SizesScreen,
};

function SizesScreen() {
  const store = useStore();
  const kind = store.remember("kind", "convolution");
  const how = store.remember("pad", "valid");
  const at = store.remember("place", "0");
  const mode = store.remember("mode", "see");
  const drawn = store.remember("numbers", "0");
  const numbers = (name: string, value: string) => store.remember(name, value);
  const fields = {
    input: [numbers("ih", "4"), numbers("iw", "4")],
    window: [numbers("kh", "2"), numbers("kw", "2")],
    stride: [numbers("sh", "1"), numbers("sw", "1")],
    dilation: [numbers("dh", "1"), numbers("dw", "1")],
    padding: [numbers("ph", "0"), numbers("pw", "0")],
  };
  const value = (name: keyof typeof fields, axis: number, least: number, most: number): number =>
    Math.min(most, Math.max(least, Math.trunc(Number(fields[name][axis].value)) || least));
  const pooling = kind.value !== "convolution";
  const sides = [0, 1].map((axis): Side => {
    const [input, window, stride] = [
      value("input", axis, 1, MOST),
      value("window", axis, 1, MOST),
      value("stride", axis, 1, MOST),
    ];
    const dilation = pooling ? 1 : value("dilation", axis, 1, 16);
    const own = value("padding", axis, 0, 16);
    const same = how.value === "same";
    const [before, after] = same
      ? samePadding(input, window, stride, dilation)
      : how.value === "own"
        ? [own, own]
        : [0, 0];
    return { input, window, stride, dilation, before, after, same };
  });
  const sizes = sides.map(outputSize);
  const [rows, columns] = sizes.map((size) => size.value);
  const n = rows * columns;
  const place = Math.min(Math.max(0, n - 1), Math.max(0, Math.trunc(Number(at.value)) || 0));
  const predicting = mode.value === "predict" && n > 0;
  const player = usePlayer(rows, columns, place, (row, column) => (at.value = String(row * columns + column)));
  useArrows(
    (down, right) => {
      const [row, column] = [Math.floor(place / columns) + down, (place % columns) + right];
      if (row >= 0 && row < rows && column >= 0 && column < columns) at.value = String(row * columns + column);
    },
    undefined,
    (event) => n > 0 && !predicting && player.key(event),
  );
  const [[height, width], [kernelHeight, kernelWidth]] = [
    sides.map((side) => side.input),
    sides.map((side) => side.window),
  ];
  const { picture, kernel: weights } = patterns(Math.trunc(Number(drawn.value)) || 0);
  const image: Tensor = { shape: [height, width, 1], data: repeated(picture, height, width) };
  const kernel: Tensor = {
    shape: [kernelHeight, kernelWidth, 1, 1],
    data: repeated(weights, kernelHeight, kernelWidth),
  };
  const set = (name: keyof typeof fields, axis: number) => (number: number) =>
    (fields[name][axis].value = String(Math.trunc(number)));
  const pair = (name: keyof typeof fields, label: string, least: number, most: number) => (
    <div class="pair-fields">
      <NumberField
        label={t("{side}, down", { side: label })}
        value={value(name, 0, least, most)}
        min={least}
        max={most}
        onChange={set(name, 0)}
      />
      <NumberField
        label={t("{side}, to the right", { side: label })}
        value={value(name, 1, least, most)}
        min={least}
        max={most}
        onChange={set(name, 1)}
      />
    </div>
  );
  return (
    <>
      <Toolbar>
        <Choice<Kind>
          label={t("Operation")}
          value={kind.value as Kind}
          options={KINDS.map((one): [Kind, string] => [one, t(one)])}
          onChange={(name) => {
            kind.value = name;
            if (name !== "convolution")
              for (const axis of [0, 1]) fields.stride[axis].value = fields.window[axis].value;
          }}
        />
        <Choice
          label={t("Padding")}
          value={how.value}
          options={[
            ["valid", t("none (valid)")],
            ["same", t("to the same size (same)")],
            ["own", t("own")],
          ]}
          onChange={(name) => (how.value = name)}
        />
        <Choice
          label={t("Output")}
          value={mode.value}
          options={[
            ["see", t("see")],
            ["predict", t("predict first")],
          ]}
          onChange={(name) => (mode.value = name)}
        />
        <button type="button" onClick={() => (drawn.value = String((Math.trunc(Number(drawn.value)) || 0) + 1))}>
          {t("Other numbers")}
        </button>
      </Toolbar>
      <p class="lead">
        {t("How large is the map that a layer makes? It has one number for each place where the window fits.")}
      </p>
      <div class="settings">
        {pair("input", t("Input"), 1, MOST)}
        {pair("window", pooling ? t("Window") : t("Kernel"), 1, MOST)}
        {pair("stride", t("Stride"), 1, MOST)}
        {!pooling && pair("dilation", t("Dilation"), 1, 16)}
        {how.value === "own" && pair("padding", t("Pixels on each side"), 0, 16)}
      </div>
      {predicting ? (
        <Predict
          key={JSON.stringify([sides, kind.value, drawn.value])}
          sides={sides}
          image={image}
          kernel={kernel}
          kind={kind.value as Kind}
        />
      ) : (
        <>
          <Card
            title={
              n
                ? t("{input} becomes {output}", {
                    input: shapeText(sides.map((side) => side.input)),
                    output: shapeText([rows, columns]),
                  })
                : t("There is no output")
            }
          >
            <dl class="formulas">
              {[t("Height"), t("Width")].map((name, axis) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    {sizes[axis].impossible ? (
                      <span class="negative-verdict">
                        {t("✗ Impossible: {reason}", { reason: sizes[axis].impossible })}
                      </span>
                    ) : (
                      sizes[axis].formula
                    )}
                  </dd>
                </div>
              ))}
            </dl>
            <p class="caption">
              {how.value === "same"
                ? t("Padding “same”: input / stride, rounded up.")
                : t("(input + padding − reach) / stride + 1, rounded down; reach = dilation · (window − 1) + 1.")}
            </p>
            {pooling && how.value !== "valid" && (
              <p class="caption">{t("Padding is in no window: pooling looks only at the pixels that are there.")}</p>
            )}
          </Card>
          {n > 0 && (
            <Drawing
              sides={sides}
              image={image}
              kernel={kernel}
              rows={rows}
              columns={columns}
              place={place}
              player={player}
              kind={kind.value as Kind}
              onPlace={(next) => (at.value = String(next))}
            />
          )}
        </>
      )}
    </>
  );
}

function Drawing(props: {
  sides: Side[];
  image: Tensor;
  kernel: Tensor;
  rows: number;
  columns: number;
  place: number;
  player: Player;
  kind: Kind;
  onPlace: (place: number) => void;
}) {
  const { sides, image, kernel, rows, columns, place, player, kind, onPlace } = props;
  const [[height, width], [kernelHeight, kernelWidth]] = [image.shape, kernel.shape];
  const strides = sides.map((side) => side.stride) as unknown as Pair;
  const padding = sides.map((side) => [side.before, side.after]) as unknown as Sides;
  const dilation = sides.map((side) => side.dilation) as unknown as Pair;
  const result =
    kind === "convolution"
      ? slide(image, kernel, null, { strides, sides: padding, dilation, groups: 1 })
      : poolOver(image, {
          window: [kernelHeight, kernelWidth],
          strides,
          sides: padding,
          kind: kind === "max pooling" ? "max" : "average",
        });
  const [row, column] = [Math.floor(place / columns), place % columns];
  const [top, left] = [row * strides[0], column * strides[1]]; // in the padded picture
  const around = padding.map(([before, after], axis) => ["zeros", axis, before, 0, after]);
  const padded: Tensor = pick.forward([image], { moves: around }, [
    sides[0].before + height + sides[0].after,
    sides[1].before + width + sides[1].after,
    1,
  ]);
  const [high, wide] = padded.shape;
  const inWindow = (r: number, c: number): boolean =>
    r >= top &&
    c >= left &&
    (r - top) % dilation[0] === 0 &&
    (c - left) % dilation[1] === 0 &&
    (r - top) / dilation[0] < kernelHeight &&
    (c - left) / dilation[1] < kernelWidth;
  const away = (r: number, c: number): boolean =>
    r < padding[0][0] || c < padding[1][0] || r >= padding[0][0] + height || c >= padding[1][0] + width;
  const cells = Math.max(high, wide) <= CELLS;
  const box = { row: top, column: left, height: reachOf(sides[0]), width: reachOf(sides[1]) };
  const digits = kind === "average pooling" ? 2 : 0;
  const value = result.data[place];
  return (
    <>
      <PlayerBar player={player} />
      <div class="lab">
        <Card
          title={t("Input")}
          caption={
            high > height || wide > width
              ? t("{size} with padding", { size: shapeText([high, wide]) })
              : shapeText([high, wide])
          }
        >
          {cells ? (
            <Matrix
              size={wide > 6 ? "small" : "medium"}
              rows={high}
              columns={wide}
              digits={0}
              value={(r, c) => padded.data[r * wide + c]}
              look={{ palette: "intensity", limit: 1.6 }}
              inWindow={inWindow}
              away={away}
              label={t("Input")}
            />
          ) : (
            <MapPicture
              tensor={padded}
              map={0}
              look={{ palette: "intensity", limit: 1.6 }}
              size={300}
              label={t("Input")}
              marked={box}
            />
          )}
        </Card>
        {kind === "convolution" && (
          <Card title={t("Kernel")} caption={`${kernelHeight} × ${kernelWidth}`}>
            {Math.max(kernelHeight, kernelWidth) <= CELLS ? (
              <Matrix
                size={kernelWidth > 6 ? "small" : "medium"}
                rows={kernelHeight}
                columns={kernelWidth}
                digits={0}
                value={(r, c) => kernel.data[r * kernelWidth + c]}
                look={{ palette: "signed", limit: 2 }}
                label={t("Kernel")}
              />
            ) : (
              <MapPicture
                tensor={{ shape: [kernelHeight, kernelWidth, 1], data: kernel.data }}
                map={0}
                look={{ palette: "signed", limit: 2 }}
                size={200}
                label={t("Kernel")}
              />
            )}
          </Card>
        )}
        <Card title={t("Output")} caption={`${rows} × ${columns}`}>
          {Math.max(rows, columns) <= CELLS ? (
            <Matrix
              size={columns > 6 ? "small" : "medium"}
              rows={rows}
              columns={columns}
              digits={digits}
              value={(r, c) => result.data[r * columns + c]}
              look={{ palette: "signed", limit: largest(result.data, 1) * 1.2 }}
              marked={[row, column]}
              notYet={(r, c) => r * columns + c >= player.filled}
              onMark={(found) => found && onPlace(found[0] * columns + found[1])}
              label={t("Output")}
            />
          ) : (
            <MapPicture
              tensor={result}
              map={0}
              look={{ palette: "signed", limit: largest(result.data, 1) * 1.2 }}
              size={300}
              label={t("Output")}
              filled={player.filled}
              marked={{ row, column, height: 1, width: 1 }}
              onPlace={(r, c) => onPlace(r * columns + c)}
            />
          )}
        </Card>
      </div>
      <p class="sentence">
        {rich("Output row {row}, column {column} is {value}: {why}", {
          row,
          column,
          value: <b>{formatNumber(value, digits)}</b>,
          why: wordsFor(kind, padded, wide, inWindow, away, kernel, dilation, top, left, value, digits),
        })}
      </p>
    </>
  );
}

function wordsFor(
  kind: Kind,
  padded: Tensor,
  wide: number,
  inWindow: (r: number, c: number) => boolean,
  away: (r: number, c: number) => boolean,
  kernel: Tensor,
  dilation: Pair,
  top: number,
  left: number,
  value: number,
  digits: number,
): string {
  const seen = Array.from(padded.data, (number, place) => ({
    number,
    row: Math.floor(place / wide),
    column: place % wide,
  })).filter(({ row, column }) => inWindow(row, column));
  if (seen.length > 16) return t("{n} numbers of the window take part.", { n: count(seen.length) });
  if (kind === "convolution") {
    const width = kernel.shape[1];
    return `${seen.map(({ number, row, column }) => `${number}·${kernel.data[((row - top) / dilation[0]) * width + (column - left) / dilation[1]]}`).join(" + ")} = ${formatNumber(value, digits)}.`;
  }
  const inside = seen.filter(({ row, column }) => !away(row, column)).map(({ number }) => number);
  return kind === "max pooling"
    ? t("the largest of {numbers}.", { numbers: inside.join(", ") })
    : `(${inside.join(" + ")}) / ${inside.length}.`;
}
