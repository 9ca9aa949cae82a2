/**
 * Numbers for a person: a true minus sign, and sums that add up digit for digit. Cards, tables and sums are arithmetic,
 * and keep the decimal point in every language, as programs and most calculators do; numbers in a sentence follow the
 * language.
 */
import { digitsText, t } from "../language/catalogue";

export const MINUS = "−";
/** Decimals of factors and of their products. */
export const DECIMALS = 4;

const grouped = (digits: string): string => digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

export function formatNumber(value: number, digits = 3, sign = false): string {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? t("not a number") : value < 0 ? `${MINUS}∞` : sign ? "+∞" : "∞";
  if (Math.abs(value) >= 1e15) return value.toExponential(3).replace("-", MINUS);
  const text = Math.abs(value).toFixed(digits);
  const mark = /[1-9]/.test(text) ? (value < 0 ? MINUS : sign ? "+" : "") : "";
  return mark + grouped(text);
}

export const withSign = (value: number, digits = 3): string => formatNumber(value, digits, true);
/** A number in a sentence. */
export const numberText = (value: number, digits = 3, sign = false): string => {
  if (Number.isNaN(value)) return t("not a number");
  return digitsText(formatNumber(value, digits, sign));
};
export const count = (value: number): string => numberText(value, 0);

export interface Line {
  name: string;
  text: string;
  value: number;
  /** Which of the terms it shows; none for the rest and the sum. */
  index?: number;
}

const units = (value: number, digits: number): bigint => BigInt(value.toFixed(digits).replace(".", ""));

/** What is not finite, or too large for digits one by one, is shown as it is. */
const isCountable = (value: number): boolean => Number.isFinite(value) && Math.abs(value) < 1e15;

/**
 * Multiply numbers as they are shown, and round half away from 0: what stands on the page is what a pocket calculator
 * gives. The true product may differ in the last digits; the line "rounding" of a sum takes that up.
 */
export function shownProduct(factors: readonly number[], digits = DECIMALS, ofFactors = digits): number {
  if (!factors.every(isCountable)) return factors.reduce((product, factor) => product * factor, 1);
  const exact = factors.reduce((product, factor) => product * units(factor, ofFactors), 1n);
  const surplus = 10n ** BigInt(Math.max(0, factors.length * ofFactors - digits));
  const size = ((exact < 0n ? -exact : exact) + surplus / 2n) / surplus;
  return fromUnits(exact < 0n ? -size : size, digits);
}

/** The sum of numbers as each is shown. */
export function shownSum(values: readonly number[], digits = 3): number {
  if (!values.every(isCountable)) return values.reduce((total, value) => total + value, 0);
  return fromUnits(
    values.reduce((total, value) => total + units(value, digits), 0n),
    digits,
  );
}

function fromUnits(whole: bigint, digits: number): number {
  return Number(whole) / 10 ** digits;
}

/**
 * List the terms of a sum so that what is shown adds up to the shown total, digit for digit: the largest ones by size
 * where `most` is given, then "n others, rounding" where something is hidden, then what is `always` shown, then the sum.
 */
export function exactSumLines(
  terms: readonly [string, number][],
  total: number,
  digits = 3,
  most = Infinity,
  always: readonly [string, number][] = [],
): Line[] {
  const order = terms.map((_, index) => index);
  if (terms.length > most)
    order.sort((one, other) => Math.abs(terms[other][1]) - Math.abs(terms[one][1]) || one - other);
  const shown = order.slice(0, most);
  const lines: Line[] = shown.map((index) => ({
    name: terms[index][0],
    value: terms[index][1],
    text: withSign(terms[index][1], digits),
    index,
  }));
  const fixed: Line[] = always.map(([name, value]) => ({ name, value, text: withSign(value, digits) }));
  const all = [...lines, ...fixed];
  const hidden = terms.length - shown.length;
  if (Number.isFinite(total) && all.every((line) => isCountable(line.value))) {
    const rest = all.reduce((left, line) => left - units(line.value, digits), units(total, digits));
    const others = hidden ? `${formatNumber(hidden, 0)} other${hidden > 1 ? "s" : ""}, ` : "";
    if (hidden || rest)
      lines.push({
        name: `${others}rounding`,
        value: fromUnits(rest, digits),
        text: withSign(fromUnits(rest, digits), digits),
      });
  }
  return [...lines, ...fixed, { name: "sum", text: formatNumber(total, digits), value: total }];
}

/** "rows 5–7", "row 5", or "no rows". */
export function span(word: "row" | "column", places: readonly number[]): string {
  const isRow = word === "row";
  if (!places.length) return isRow ? t("no rows") : t("no columns");
  const [first, last] = [places[0], places[places.length - 1]];
  if (first === last) return isRow ? t("row {row}", { row: first }) : t("column {column}", { column: first });
  return isRow ? t("rows {first}–{last}", { first, last }) : t("columns {first}–{last}", { first, last });
}

export const shapeText = (shape: readonly number[]): string => shape.map(count).join(" × ");
