/** The six point sets of TensorFlow Playground, by its formulas in its order of operations; noise from 0, 0.5 is much. */
import { msg, type Message } from "../language/catalogue";
import { normal, uniform, type Random } from "./random";

/** A point and its label: a class's number, or the value to be predicted. */
export interface Point {
  x: number;
  y: number;
  label: number;
}

type Draw = (random: Random, count: number, noise: number) => Point[];

const RADIUS = 5;
const WIDE = 6;
const GAP = 0.3;
const HILLS = [
  [-4, 2.5, 1],
  [0, 2.5, -1],
  [4, 2.5, 1],
  [-4, -2.5, -1],
  [0, -2.5, 1],
  [4, -2.5, -1],
] as const;

const repeat = (count: number, make: (index: number) => Point): Point[] =>
  Array.from({ length: Math.ceil(count) }, (_, index) => make(index));
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** A blue disk in an orange ring. */
const circle: Draw = (random, count, noise) => {
  const ring = (from: number, to: number) => () => {
    const radius = uniform(random, from, to);
    const angle = uniform(random, 0, 2 * Math.PI);
    const [x, y] = [radius * Math.sin(angle), radius * Math.cos(angle)];
    const [seenX, seenY] = [x + uniform(random, -RADIUS, RADIUS) * noise, y + uniform(random, -RADIUS, RADIUS) * noise];
    return { x, y, label: Math.sqrt(seenX * seenX + seenY * seenY) < RADIUS * 0.5 ? 1 : 0 };
  };
  return [...repeat(count / 2, ring(0, RADIUS * 0.5)), ...repeat(count / 2, ring(RADIUS * 0.7, RADIUS))];
};

/** Blue where both coordinates have the same sign. */
const xor: Draw = (random, count, noise) =>
  repeat(count, () => {
    const apart = (value: number): number => value + (value > 0 ? GAP : -GAP);
    const x = apart(uniform(random, -RADIUS, RADIUS));
    const y = apart(uniform(random, -RADIUS, RADIUS));
    const seen = [x + uniform(random, -RADIUS, RADIUS) * noise, y + uniform(random, -RADIUS, RADIUS) * noise];
    return { x, y, label: seen[0] * seen[1] >= 0 ? 1 : 0 };
  });

/** Two clouds, wider with noise. */
const gauss: Draw = (random, count, noise) => {
  const share = noise / 0.5;
  const variance = 0.5 * (1 - share) + 4 * share;
  const cloud = (centre: number, label: number) => () => ({
    x: normal(random, centre, variance),
    y: normal(random, centre, variance),
    label,
  });
  return [...repeat(count / 2, cloud(2, 1)), ...repeat(count / 2, cloud(-2, 0))];
};

/** Two arms that wind about each other. */
const spiral: Draw = (random, count, noise) => {
  const half = count / 2;
  const arm = (turned: number, label: number) => (index: number) => {
    const radius = (index / half) * RADIUS;
    const angle = ((1.75 * index) / half) * 2 * Math.PI + turned;
    const x = radius * Math.sin(angle) + uniform(random, -1, 1) * noise;
    return { x, y: radius * Math.cos(angle) + uniform(random, -1, 1) * noise, label };
  };
  return [...repeat(half, arm(0, 1)), ...repeat(half, arm(Math.PI, 0))];
};

const surface =
  (valueAt: (x: number, y: number) => number): Draw =>
  (random, count, noise) =>
    repeat(count, () => {
      const [x, y] = [uniform(random, -WIDE, WIDE), uniform(random, -WIDE, WIDE)];
      const [offX, offY] = [uniform(random, -WIDE, WIDE) * noise, uniform(random, -WIDE, WIDE) * noise];
      return { x, y, label: valueAt(x + offX, y + offY) };
    });

/** A slope from −1 at a sum of −10 to 1 at 10. */
function plane(x: number, y: number): number {
  const share = (x + y + 10) / 20;
  return share - (1 - share);
}

/** The steepest of six hills and hollows. */
function hill(x: number, y: number): number {
  let value = 0;
  for (const [centreX, centreY, sign] of HILLS) {
    const [dx, dy] = [x - centreX, y - centreY];
    const height = sign * clamp(1 - Math.sqrt(dx * dx + dy * dy) / 2, 0, 1);
    if (Math.abs(height) > Math.abs(value)) value = height;
  }
  return value;
}

export const POINT_SETS: Readonly<
  Record<string, { title: Message; says: Message; values: boolean; count: number; draw: Draw }>
> = {
  circle: { title: msg("Circle"), says: msg("a disk in a ring"), values: false, count: 500, draw: circle },
  xor: { title: msg("Exclusive or"), says: msg("opposite quarters"), values: false, count: 500, draw: xor },
  gauss: { title: msg("Gauss"), says: msg("two clouds"), values: false, count: 500, draw: gauss },
  spiral: { title: msg("Spiral"), says: msg("two arms"), values: false, count: 500, draw: spiral },
  "reg-plane": { title: msg("Plane"), says: msg("a slope"), values: true, count: 1200, draw: surface(plane) },
  "reg-gauss": {
    title: msg("Multi-Gauss"),
    says: msg("hills and hollows"),
    values: true,
    count: 1200,
    draw: surface(hill),
  },
};
