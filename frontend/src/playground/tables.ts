/** Tables of one's own: comma-separated text, any two columns of it, and points drawn by hand. */
import { msg, t, wholeText, type Message } from "../language/catalogue";
import { largest } from "../numbers/extent";
import type { OwnPoints } from "./data";
import type { Point } from "./points";

export interface Sheet {
  title: string;
  columns: string[];
  rows: string[][];
}

export const MOST_CLASSES = 10;
export const MOST_POINTS = 20_000;
export const MOST_DRAWN = 400;
const MOST_BYTES = 20_000_000;

/** Read comma-, semicolon- or tab-separated text with a line of names. */
export function readSheet(text: string, title: string): Sheet {
  if (text.length > MOST_BYTES)
    throw new Error(
      t("{title} has {size} MB; the playground takes 20.", { title, size: Math.round(text.length / 1e6) }),
    );
  const rows = separated(text.replace(/^\uFEFF/, ""));
  if (rows.length < 2) throw new Error(t("{title} has no rows below its header.", { title }));
  const [columns, ...rest] = rows;
  const wrong = rest.findIndex((row) => row.length !== columns.length);
  if (wrong >= 0)
    throw new Error(
      t("{title}, line {line}: {values} values, but the header has {names} names.", {
        title,
        line: wrong + 2,
        values: rest[wrong].length,
        names: columns.length,
      }),
    );
  if (rest.length > MOST_POINTS)
    throw new Error(
      t("{title} has {rows} rows; the playground takes {most}.", {
        title,
        rows: wholeText(rest.length),
        most: wholeText(MOST_POINTS),
      }),
    );
  return { title, columns, rows: rest };
}

function separated(text: string): string[][] {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const mark = [",", ";", "\t"].reduce((best, one) =>
    first.split(one).length > first.split(best).length ? one : best,
  );
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], "", false];
  const end = (): void => {
    row.push(cell.trim());
    if (row.length > 1 || row[0]) rows.push(row);
    [row, cell] = [[], ""];
  };
  for (let index = 0; index < text.length; index++) {
    const letter = text[index];
    if (letter === '"' && quoted && text[index + 1] === '"') cell += text[++index];
    else if (letter === '"') quoted = !quoted;
    else if (quoted) cell += letter;
    else if (letter === mark) [row, cell] = [[...row, cell.trim()], ""];
    else if (letter === "\n") end();
    else if (letter !== "\r") cell += letter;
  }
  if (cell || row.length) end();
  return rows;
}

const isNumber = (text: string): boolean => text !== "" && Number.isFinite(Number(text));

export const numberColumns = (sheet: Sheet): string[] =>
  sheet.columns.filter((_, index) => sheet.rows.every((row) => isNumber(row[index])));

/** Columns that may name a class: few different values. */
export const labelColumns = (sheet: Sheet): string[] =>
  sheet.columns.filter((_, index) => {
    const count = new Set(sheet.rows.map((row) => row[index])).size;
    return count >= 2 && count <= MOST_CLASSES;
  });

/** What a table most likely means: a column `class` or `label`, a column `split`, and the first two numbers. */
export function guess(sheet: Sheet): { x: string; y: string; label: string } {
  const labels = labelColumns(sheet).filter((name) => name !== "split");
  const numbers = numberColumns(sheet);
  const named = labels.find((name) => /^(class|label|target|species)$/i.test(name));
  const label = named ?? labels.find((name) => !numbers.includes(name)) ?? labels.at(-1) ?? "";
  const [x, y] = numbers.filter((name) => name !== label);
  return { x: x ?? "", y: y ?? x ?? "", label };
}

/** Two columns of a table as points, a third as their labels; a column `split` says which are for the test. */
export function takeColumns(sheet: Sheet, x: string, y: string, label: string): OwnPoints {
  const place = (name: string): number => sheet.columns.indexOf(name);
  const [atX, atY, atLabel, atSplit] = [place(x), place(y), place(label), place("split")];
  if (atX < 0 || atY < 0)
    throw new Error(
      t("{title} needs two columns of numbers. Received: {columns}.", {
        title: sheet.title,
        columns: numberColumns(sheet).join(", ") || "–",
      }),
    );
  if (atLabel < 0)
    throw new Error(
      t("{title} needs a column with 2 to {most} different labels.", { title: sheet.title, most: MOST_CLASSES }),
    );
  const classNames = [...new Set(sheet.rows.map((row) => row[atLabel]))].sort((one, other) =>
    one.localeCompare(other, "en", { numeric: true }),
  );
  if (classNames.length === 2 && classNames[0] === "blue") classNames.reverse(); // the second class is drawn in blue
  const number = new Map(classNames.map((name, index) => [name, index]));
  const points = sheet.rows.map((row): Point => ({
    x: Number(row[atX]),
    y: Number(row[atY]),
    label: number.get(row[atLabel])!,
  }));
  const tests = atSplit >= 0 ? sheet.rows.map((row) => row[atSplit] === "test") : null;
  return {
    title: sheet.title,
    points,
    classNames,
    columns: [x, y],
    isTest: tests?.some(Boolean) && !tests.every(Boolean) ? tests : null,
  };
}

export const CLASS_NAMES: readonly Message[] = [
  msg("orange"),
  msg("blue"),
  msg("green"),
  msg("violet"),
  msg("yellow"),
  msg("teal"),
  msg("red"),
  msg("grey"),
  msg("brown"),
  msg("pink"),
];

/** Points drawn by hand; classes up to the last that is used, at least two. */
export function drawnPoints(points: Point[]): OwnPoints {
  const count = largest(
    points.map(({ label }) => label + 1),
    2,
  );
  return { title: msg("drawn"), points, classNames: CLASS_NAMES.slice(0, count), columns: ["x₁", "x₂"], isTest: null };
}

/** Drawn points as a word of the link, and back. */
export const writePoints = ({ points }: OwnPoints): string =>
  points.map(({ x, y, label }) => `${x.toFixed(2)},${y.toFixed(2)},${label}`).join(";");

export function pointsOf(word: string): OwnPoints | null {
  const points = word.split(";").map((one) => one.split(",").map(Number));
  if (
    points.length > MOST_DRAWN ||
    points.some(
      (one) =>
        one.length !== 3 ||
        !one.every(Number.isFinite) ||
        !(one[2] >= 0 && one[2] < MOST_CLASSES && Number.isInteger(one[2])),
    )
  )
    return null;
  return drawnPoints(points.map(([x, y, label]) => ({ x, y, label })));
}
