/** Does a kernel find edges of one direction? Tried on pictures of edges and lines, whatever its size, sign or scale. */
import { t } from "../language/catalogue";
import { numberText } from "./digits";

export type Kernel = number[][];
type Direction = "horizontal" | "vertical" | "falling" | "rising";

const SIDE = 12;
const HALF = SIDE / 2;

const STEPS: Record<Direction, (row: number, column: number) => boolean> = {
  horizontal: (row) => row >= HALF,
  vertical: (_, column) => column >= HALF,
  falling: (row, column) => column > row,
  rising: (row, column) => row + column >= SIDE,
};
const LINES: Record<Direction, (row: number, column: number) => boolean> = {
  horizontal: (row) => row === HALF,
  vertical: (_, column) => column === HALF,
  falling: (row, column) => row === column,
  rising: (row, column) => row + column === SIDE - 1,
};

/** The strongest answers of a kernel to a picture of 0 and 1, on either side of 0. */
function answers(
  kernel: Kernel,
  bright: (row: number, column: number) => boolean,
): { high: number; low: number; peak: number } {
  let [high, low] = [0, 0];
  for (let row = 0; row + kernel.length <= SIDE; row++) {
    for (let column = 0; column + kernel[0].length <= SIDE; column++) {
      let sum = 0;
      kernel.forEach((line, down) =>
        line.forEach((weight, right) => (sum += bright(row + down, column + right) ? weight : 0)),
      );
      [high, low] = [Math.max(high, sum), Math.min(low, sum)];
    }
  }
  return { high, low, peak: Math.max(high, -low) };
}

export interface Verdict {
  correct: boolean;
  reason: string;
}

export type FilterExercise = "horizontal" | "diagonal";
const EPSILON = 1e-9;

export function judgeFilter(kernel: Kernel, exercise: FilterExercise): Verdict {
  const all = kernel.flat();
  const size = all.reduce((sum, weight) => sum + Math.abs(weight), 0);
  if (size === 0) return { correct: false, reason: t("All weights are 0: it responds to nothing.") };
  const flat = all.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(flat) > 0.05 * size)
    return {
      correct: false,
      reason: t("It responds to a flat bright picture (with {flat}), where there is no edge.", {
        flat: numberText(flat, 2),
      }),
    };
  return exercise === "horizontal" ? horizontal(kernel) : diagonal(kernel);
}

const strength = (value: number): string => numberText(value, 1);

function horizontal(kernel: Kernel): Verdict {
  const [level, upright] = [answers(kernel, STEPS.horizontal).peak, answers(kernel, STEPS.vertical).peak];
  const measured = t("strength {level} on ━, {upright} on ┃", {
    level: strength(level),
    upright: strength(upright),
  });
  if (level > 0 && upright <= level / 3 + EPSILON)
    return { correct: true, reason: t("It responds to horizontal edges: {measured}.", { measured }) };
  if (upright > 0 && level <= upright / 3 + EPSILON)
    return {
      correct: false,
      reason: t("{measured}: this is the vertical one.", { measured: measured[0].toUpperCase() + measured.slice(1) }),
    };
  return { correct: false, reason: t("It responds to every direction: {measured}.", { measured }) };
}

function diagonal(kernel: Kernel): Verdict {
  const step = Object.fromEntries(
    Object.entries(STEPS).map(([name, bright]) => [name, answers(kernel, bright).peak]),
  ) as Record<Direction, number>;
  const line = Object.fromEntries(
    Object.entries(LINES).map(([name, bright]) => [name, answers(kernel, bright)]),
  ) as Record<Direction, ReturnType<typeof answers>>;
  for (const [one, other, drawn] of [
    ["falling", "rising", "╲"],
    ["rising", "falling", "╱"],
  ] as const) {
    if (step[one] > 0 && step[one] >= 2 * step[other] - EPSILON)
      return {
        correct: true,
        reason: t("It responds to a step along {drawn}: strength {step}, against {step2} on the other diagonal.", {
          drawn,
          step: strength(step[one]),
          step2: strength(step[other]),
        }),
      };
    for (const sign of [1, -1]) {
      const signed = (name: Direction): number => (sign > 0 ? line[name].high : -line[name].low);
      const rest = Math.max(signed(other), signed("horizontal"), signed("vertical"), step.horizontal, step.vertical);
      if (signed(one) > 0 && signed(one) >= 2 * rest - EPSILON)
        return {
          correct: true,
          reason: t("It responds to a line along {drawn}: strength {one}, at most {rest} on all others.", {
            drawn,
            one: strength(signed(one)),
            rest: strength(rest),
          }),
        };
    }
  }
  const measured = t("strength {falling} on ╲, {rising} on ╱, {level} on ━, {upright} on ┃", {
    falling: strength(step.falling),
    rising: strength(step.rising),
    level: strength(step.horizontal),
    upright: strength(step.vertical),
  });
  return { correct: false, reason: t("It prefers no diagonal: {measured}.", { measured }) };
}
