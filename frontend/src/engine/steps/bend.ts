/** One curve for every number of a part. */
import { CURVES, howOf } from "../../graph/curves";
import type { Settings } from "../../primitives/types";
import { lengthOf, type Step, type Wiring } from "../flow";

/** ReLU as it is without settings. */
export const isRelu = ({ curve, how }: Settings["bend"]): boolean => curve === "relu" && !how.length;

export function bending({ memory, inputs: [x], slopes: [slot], output }: Wiring, settings: Settings["bend"]): Step {
  const [curve, how] = [CURVES[settings.curve], howOf(settings.how)];
  const views = (n: number, ...at: number[]): Float32Array[] =>
    at.map((one) => memory.numbers(one, lengthOf(output, n)));
  if (isRelu(settings))
    return {
      forward(n) {
        const [from, to] = views(n, x.y, output.y);
        for (let at = 0; at < to.length; at++) to[at] = from[at] <= 0 ? 0 : from[at];
      },
      backward: (n) => slot && memory.kernel.shut(output.y, output.dy, slot, lengthOf(output, n)),
    };
  return {
    forward(n) {
      const [from, to] = views(n, x.y, output.y);
      for (let at = 0; at < to.length; at++) to[at] = curve.value(from[at], how);
    },
    backward(n) {
      if (!slot) return;
      const [from, to, slope, back] = views(n, x.y, output.y, output.dy, slot);
      for (let at = 0; at < to.length; at++) back[at] = slope[at] * curve.slope(from[at], to[at], how);
    },
  };
}
