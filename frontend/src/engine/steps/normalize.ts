/** Batch normalization: measured by the batch in training, by the moving mean and variance otherwise; Ioffe and Szegedy 2015. */
import { spread } from "../../graph/tensor";
import type { Settings } from "../../primitives/types";
import type { Step, Wiring } from "../flow";

/** Inputs: numbers, and a mean and a variance with length 1 along the axes, which follow the batches with a momentum. */
export function batchNormalization(wiring: Wiring, { epsilon, momentum }: Settings["normalize"]): Step {
  const { memory, inputs, slopes: [slot], output } = wiring; // prettier-ignore
  const [x, mean, variance] = inputs;
  const lines = mean.size;
  const map = spread(x.shape, mean.shape) ?? Int32Array.from({ length: x.size }, (_, place) => place);
  let [own, size] = [new Float64Array(lines), new Float64Array(lines)];
  const views = (n: number, ...at: number[]): Float32Array[] => at.map((one) => memory.numbers(one, n * x.size));

  /** Mean and variance of a batch, and the moving ones a step further towards them. */
  function measure(from: Float32Array, n: number): void {
    const count = (n * x.size) / lines;
    const squares = new Float64Array(lines);
    own = new Float64Array(lines);
    for (let row = 0, at = 0; row < n; row++) for (const line of map) own[line] += from[at++] / count;
    for (let row = 0, at = 0; row < n; row++)
      for (const line of map) squares[line] += (from[at++] - own[line]) ** 2 / count;
    size = squares.map((one) => Math.sqrt(one + epsilon));
    const away = Math.fround(1 - momentum!);
    const [movingMean, movingVariance] = [mean, variance].map(({ y }) => memory.numbers(y, lines));
    for (let line = 0; line < lines; line++) {
      movingMean[line] += (own[line] - movingMean[line]) * away;
      movingVariance[line] += (squares[line] - movingVariance[line]) * away;
    }
  }

  return {
    forward(n, { training }) {
      const [from, to] = views(n, x.y, output.y);
      if (training) measure(from, n);
      else {
        own = Float64Array.from(memory.numbers(mean.y, lines));
        size = Float64Array.from(memory.numbers(variance.y, lines), (one) => Math.sqrt(one + epsilon));
      }
      for (let row = 0, at = 0; row < n; row++)
        for (const line of map) {
          to[at] = (from[at] - own[line]) / size[line];
          at++;
        }
    },
    backward(n, { training }) {
      if (!slot) return;
      const [to, slope, back] = views(n, output.y, output.dy, slot);
      const count = (n * x.size) / lines;
      const [all, along] = [new Float64Array(lines), new Float64Array(lines)];
      if (training)
        for (let row = 0, at = 0; row < n; row++)
          for (const line of map) {
            all[line] += slope[at] / count;
            along[line] += (slope[at] * to[at]) / count;
            at++;
          }
      for (let row = 0, at = 0; row < n; row++)
        for (const line of map) {
          back[at] = (slope[at] - all[line] - to[at] * along[line]) / size[line];
          at++;
        }
    },
  };
}
