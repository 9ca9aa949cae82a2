/** Predictions judged: a size by its formula, a grid number by number; known mistakes get their own words. */
import { t } from "../language/catalogue";
import { outputSize, type Side } from "./sizes";

export interface Judged {
  correct: boolean;
  reason: string;
}

/** One side of an output: right, or what was probably forgotten. The right number is never told. */
export function judgeSide(side: Side, predicted: number): Judged {
  const { value } = outputSize(side);
  if (predicted === value) return { correct: true, reason: "right" };
  const padded = side.input + side.before + side.after;
  const known: [number, string][] = [
    [
      outputSize({ ...side, stride: 1, same: false }).value,
      t("that is with a stride of 1: count only the places where the window stops"),
    ],
    [
      value - 1,
      side.stride > 1
        ? t("one too few: the first place counts too")
        : t("one too few: input − window + 1, since the first place counts too"),
    ],
    [
      value + 1,
      (padded - side.window) % side.stride
        ? t("round down: a window that no longer fits does not count")
        : t("one too many: the last window must lie inside"),
    ],
    [side.input, t("only places where the whole window fits count")],
  ];
  const found = known.find(([wrong]) => wrong === predicted);
  return { correct: false, reason: found ? found[1] : t("count the places where the window can begin") };
}

/** A grid, given row by row; `mistakes` are whole grids that usually come out instead, each with what to tell. */
export function judgeGrid(
  found: ArrayLike<number>,
  right: ArrayLike<number>,
  mistakes: readonly (readonly [ArrayLike<number>, string])[],
): Judged {
  const same = (other: ArrayLike<number>): boolean =>
    other.length === found.length && Array.from(other).every((value, place) => Math.abs(value - found[place]) < 1e-2);
  if (same(right)) return { correct: true, reason: t("Every number is right.") };
  const known = mistakes.find(([wrong]) => same(wrong));
  if (known) return { correct: false, reason: known[1] };
  const nRight = Array.from(right).filter((value, place) => Math.abs(value - found[place]) < 1e-2).length;
  return { correct: false, reason: t("{nRight} of {right} numbers are right.", { nRight, right: right.length }) };
}
