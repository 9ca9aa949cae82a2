/** Predict first, then see: the output's size, then its numbers, before the page shows either. */
import { t } from "../../language/catalogue";
import { useState } from "preact/hooks";
import { judgeGrid, judgeSide, type Judged } from "../../numbers/predict";
import { outputSize, type Side } from "../../numbers/sizes";
import { slide } from "../../primitives/convolve";
import { poolOver } from "../../primitives/pool";
import type { Pair, Sides, Tensor } from "../../graph/tensor";
import { Card, Matrix } from "./parts";

const MOST_CELLS = 36; // more are no exercise

interface Setting {
  sides: Side[];
  image: Tensor;
  kernel: Tensor;
  kind: "convolution" | "max pooling" | "average pooling";
}

type Typed = (number | null)[];

export function Predict(props: Setting) {
  const { sides } = props;
  const [size, setSize] = useState<Typed>([null, null]);
  const judged = sides.map((side, axis) => (size[axis] === null ? null : judgeSide(side, size[axis])));
  const known = judged.every((one) => one?.correct);
  const [rows, columns] = sides.map((side) => outputSize(side).value);
  return (
    <>
      <Card title={t("How large is the output?")} caption={t("Predict it; the formula comes afterwards.")}>
        <div class="row wrap">
          {(["Height", "Width"] as const).map((name, axis) => (
            <label class="field" key={name}>
              <span class="caption">{name}</span>
              <input
                type="number"
                min={0}
                aria-label={t("Predicted {name}", { name: name.toLowerCase() })}
                onInput={(event) => setSize(replaced(size, axis, event.currentTarget.valueAsNumber))}
              />
            </label>
          ))}
        </div>
        {judged.some(Boolean) && (
          <p class={`verdict ${known ? "good" : "bad"}`} role="status">
            <b>{known ? t("✓ Correct.") : t("✗ Not yet.")}</b>{" "}
            {known ? sides.map((side) => outputSize(side).formula).join(" and ") : wordsOf(judged)}
          </p>
        )}
      </Card>
      {known && rows * columns <= MOST_CELLS && (
        <Numbers key={`${rows} ${columns}`} {...props} rows={rows} columns={columns} />
      )}
    </>
  );
}

const wordsOf = (judged: (Judged | null)[]): string =>
  ["Height", "Width"].flatMap((name, axis) => (judged[axis] ? [`${name}: ${judged[axis].reason}.`] : [])).join(" ");

const replaced = (values: Typed, place: number, value: number): Typed =>
  values.map((old, index) => (index === place ? (Number.isFinite(value) ? value : null) : old));

function Numbers(props: Setting & { rows: number; columns: number }) {
  const { image, kernel, kind, rows, columns } = props;
  const [typed, setTyped] = useState<Typed>(() => Array.from({ length: rows * columns }, () => null));
  const full = typed.every((value) => value !== null);
  const { right, mistakes } = outcomes(props);
  const verdict = full ? judgeGrid(typed as number[], right, mistakes) : null;
  const [height, width] = image.shape;
  const [kernelHeight, kernelWidth] = kernel.shape;
  return (
    <>
      <div class="lab">
        <Card title={t("Input")} caption={`${height} × ${width}`}>
          <Matrix
            size={width > 6 ? "small" : "medium"}
            rows={height}
            columns={width}
            digits={0}
            value={(r, c) => image.data[r * width + c]}
            look={{ palette: "intensity", limit: 1.6 }}
            label={t("Input")}
          />
        </Card>
        {kind === "convolution" && (
          <Card title={t("Kernel")} caption={`${kernelHeight} × ${kernelWidth}`}>
            <Matrix
              size={kernelWidth > 6 ? "small" : "medium"}
              rows={kernelHeight}
              columns={kernelWidth}
              digits={0}
              value={(r, c) => kernel.data[r * kernelWidth + c]}
              look={{ palette: "signed", limit: 2 }}
              label={t("Kernel")}
            />
          </Card>
        )}
        <Card
          title={t("Your output")}
          caption={
            kind === "average pooling" ? t("Two digits after the point are enough.") : t("Fill in every number.")
          }
        >
          <table class="editor" aria-label={t("Your output")}>
            <tbody>
              {Array.from({ length: rows }, (_, row) => (
                <tr key={row}>
                  {Array.from({ length: columns }, (_, column) => (
                    <td key={column}>
                      <input
                        type="number"
                        step="any"
                        aria-label={t("number in row {row}, column {column}", { row, column })}
                        onInput={(event) =>
                          setTyped(replaced(typed, row * columns + column, event.currentTarget.valueAsNumber))
                        }
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {verdict && (
            <p class={`verdict ${verdict.correct ? "good" : "bad"}`} role="status">
              <b>{verdict.correct ? t("✓ Correct.") : t("✗ Not yet.")}</b> {verdict.reason}
            </p>
          )}
        </Card>
      </div>
    </>
  );
}

/** The right output, and the outputs of the usual mistakes. */
function outcomes({ sides, image, kernel, kind }: Setting): {
  right: Float32Array;
  mistakes: [Float32Array, string][];
} {
  const strides = sides.map((side) => side.stride) as unknown as Pair;
  const padding = sides.map((side) => [side.before, side.after]) as unknown as Sides;
  const dilation = sides.map((side) => side.dilation) as unknown as Pair;
  if (kind !== "convolution") {
    const pooled = (how: "max" | "average", step: Pair): Float32Array =>
      poolOver(image, { window: [kernel.shape[0], kernel.shape[1]], strides: step, sides: padding, kind: how }).data;
    const [own, other] = kind === "max pooling" ? (["max", "average"] as const) : (["average", "max"] as const);
    const words =
      kind === "max pooling"
        ? t("These are means; max pooling keeps the largest.")
        : t("These are the largest numbers; average pooling takes the mean.");
    return { right: pooled(own, strides), mistakes: [[pooled(other, strides), words]] };
  }
  const convolved = (weights: Tensor): Float32Array =>
    slide(image, weights, null, { strides, sides: padding, dilation, groups: 1 }).data;
  const [high, wide] = kernel.shape;
  const turned: Tensor = { ...kernel, data: kernel.data.slice().reverse() };
  const ones: Tensor = { ...kernel, data: new Float32Array(kernel.data.length).fill(1) };
  const right = convolved(kernel);
  const mistakes: [Float32Array, string][] = [
    [convolved(turned), t("This is the result for a flipped kernel; it is not flipped here.")],
    [convolved(ones), t("Each window is added up, without the kernel.")],
    [right.map((value) => value / kernel.data.length), t("The products are added, not averaged.")],
  ];
  if (high === wide) {
    const transposed: Tensor = {
      ...kernel,
      data: Float32Array.from(kernel.data, (_, place) => kernel.data[(place % wide) * wide + Math.floor(place / wide)]),
    };
    mistakes.push([convolved(transposed), t("The kernel's rows and columns are exchanged.")]);
  }
  return { right, mistakes };
}
