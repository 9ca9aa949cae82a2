/** The points of one training: generated, or a user's own; in their order, and divided. */
import { msg } from "../language/catalogue";
import { featuresOf } from "./features";
import { POINT_SETS, type Point } from "./points";
import { seededRandom, shuffle, type Random } from "./random";
import { OWN, type Settings } from "./settings";

/** A user's points: from a table, or drawn by hand. */
export interface OwnPoints {
  title: string;
  points: Point[];
  /** Empty where the labels are values. */
  classNames: string[];
  columns: [string, string];
  /** True for each point that the table itself puts aside for the test; null where it does not say. */
  isTest: boolean[] | null;
}

export interface Rows {
  inputs: Float64Array[];
  points: Point[];
}

export interface Data {
  title: string;
  classNames: string[];
  columns: [string, string];
  train: Rows;
  test: Rows;
  /** What the drawn square shows of each coordinate. */
  extent: [number, number];
  /** From the table's numbers to the network's: `(value − offset) · factor`, for each column. */
  scaling: [number, number][];
}

const SHOWN = 6;
const SCALED = 5;

export const hasValues = (settings: Settings): boolean => settings.problem === "regression";
export const isOwn = (settings: Settings): boolean =>
  settings.problem === "classification" && !(settings.dataset in POINT_SETS);

/** Draw or take the points; the generator goes on with the weights. */
export function makeData(settings: Settings, own: OwnPoints | null): { data: Data; random: Random } {
  const random = seededRandom(settings.seed);
  const data = isOwn(settings) ? ownData(settings, own ?? NONE, random) : drawnData(settings, random);
  return { data, random };
}

const TWO = [msg("orange"), msg("blue")] as const;
const NONE: OwnPoints = { title: OWN, points: [], classNames: [...TWO], columns: ["x₁", "x₂"], isTest: null };

function drawnData(settings: Settings, random: Random): Data {
  const set = POINT_SETS[hasValues(settings) ? settings.regDataset : settings.dataset];
  const points = set.draw(random, set.count, settings.noise / 100);
  shuffle(random, points);
  return divided(settings, points, {
    title: set.title,
    classNames: set.values ? [] : [...TWO],
    columns: ["x₁", "x₂"],
  });
}

function ownData(settings: Settings, own: OwnPoints, random: Random): Data {
  const scaling = settings.scaled
    ? [scalingOf(own.points.map((point) => point.x)), scalingOf(own.points.map((point) => point.y))]
    : AS_THEY_ARE;
  const [ofX, ofY] = scaling;
  const placed = own.points.map(({ x, y, label }) => ({ x: (x - ofX[0]) * ofX[1], y: (y - ofY[0]) * ofY[1], label }));
  const about = { title: own.title, classNames: own.classNames, columns: own.columns, scaling };
  if (!own.isTest) {
    shuffle(random, placed);
    return divided(settings, placed, about);
  }
  const train = placed.filter((_, index) => !own.isTest![index]);
  shuffle(random, train);
  return gathered(
    settings,
    train,
    placed.filter((_, index) => own.isTest![index]),
    about,
  );
}

const AS_THEY_ARE: [number, number][] = [
  [0, 1],
  [0, 1],
];

/** Bring a column to −5 to 5. */
function scalingOf(values: number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return high > low ? [(low + high) / 2, (2 * SCALED) / (high - low)] : [values.length ? low : 0, 1];
}

type About = Pick<Data, "title" | "classNames" | "columns"> & { scaling?: [number, number][] };

function divided(settings: Settings, points: Point[], about: About): Data {
  const border = Math.floor((points.length * settings.percTrainData) / 100);
  return gathered(settings, points.slice(0, border), points.slice(border), about);
}

function gathered(settings: Settings, train: Point[], test: Point[], about: About): Data {
  const rows = (points: Point[]): Rows => ({
    points,
    inputs: points.map(({ x, y }) => Float64Array.from(featuresOf(settings.features, x, y))),
  });
  const far = [...train, ...test].reduce((most, { x, y }) => Math.max(most, Math.abs(x), Math.abs(y)), 0);
  const wide = far > SHOWN || (far > 0 && far < SHOWN / 4) ? far * 1.1 : SHOWN;
  return { scaling: AS_THEY_ARE, ...about, train: rows(train), test: rows(test), extent: [-wide, wide] };
}
