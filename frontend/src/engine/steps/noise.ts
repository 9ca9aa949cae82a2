/** Chance in training, and nothing afterwards: dropout and its relatives, drawn as Python's engine draws them. */
import { placeOf } from "../../graph/tensor";
import type { Settings } from "../../primitives/types";
import type { Step, Wiring } from "../flow";
import type { Generator } from "../random";

/** What a SELU tends to far below 0; Klambauer et al. 2017, arXiv:1706.02515. */
const SELU_FLOOR = -1.7580993408473766;

/** Every kind is y = factor * x + shift, with both drawn by chance. */
function drawn(kind: Settings["noise"]["kind"], rate: number): (random: Generator) => [number, number] {
  if (kind === "gaussian") return (random) => [1, random.normal() * rate];
  if (kind === "gaussian dropout") return (random) => [1 + random.normal() * Math.sqrt(rate / (1 - rate)), 0];
  if (kind === "dropout") return (random) => [random.fraction() >= rate ? 1 / (1 - rate) : 0, 0];
  const scale = ((1 - rate) * (1 + rate * SELU_FLOOR ** 2)) ** -0.5;
  const shift = -scale * SELU_FLOOR * rate;
  return (random) => (random.fraction() >= rate ? [scale, shift] : [0, scale * SELU_FLOOR + shift]);
}

export function noising(wiring: Wiring, { kind, rate, alike }: Settings["noise"]): Step {
  const { memory, rows, inputs: [x], slopes: [slot], output } = wiring; // prettier-ignore
  const draw = drawn(kind, rate);
  const factors = memory.take(rows * x.size);
  const views = (n: number, ...at: number[]): Float32Array[] => at.map((one) => memory.numbers(one, n * x.size));
  // the numbers of a row that share one draw have its first place in common
  const first = alike.length
    ? Int32Array.from({ length: x.size }, (_, flat) =>
        placeOf(x.shape, flat).reduce((at, index, axis) => at * x.shape[axis] + (alike.includes(axis) ? 0 : index), 0),
      )
    : null;

  function disturb(n: number, random: Generator): void {
    const [from, to, factor] = views(n, x.y, output.y, factors);
    const shifts = first && new Float32Array(x.size);
    for (let at = 0; at < to.length; at++) {
      const place = at % x.size;
      const shared = first ? first[place] : place;
      const drawn = shared === place ? draw(random) : [factor[at - place + shared], shifts![shared]];
      const [, shift] = drawn;
      factor[at] = drawn[0];
      if (shifts) shifts[place] = shift;
      to[at] = from[at] * factor[at] + shift;
    }
  }

  return {
    forward(n, { training, random }) {
      if (training) return disturb(n, random);
      const [from, to, factor] = views(n, x.y, output.y, factors);
      to.set(from);
      factor.fill(1);
    },
    backward(n) {
      if (!slot) return;
      const [slope, back, factor] = views(n, output.dy, slot, factors);
      for (let at = 0; at < back.length; at++) back[at] = slope[at] * factor[at];
    },
  };
}
