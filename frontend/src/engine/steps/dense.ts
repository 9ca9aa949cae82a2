/** A dense layer by the kernel: every row, or every place of a row, is one window of a convolution. */
import { counting, upTo, type Step, type Wiring } from "../flow";

/** Inputs: numbers (..., in), weights (in, out) and perhaps biases. */
export function dense({ memory, rows, inputs, slopes, output }: Wiring, relu: boolean): Step {
  const [x, kernel, bias] = inputs;
  const { numbers, kernel: run } = memory;
  const [K, units] = kernel.shape;
  const [each, blocks] = [x.size / K, Math.ceil(units / 8)];
  const most = upTo(rows * each, 4);
  const [places, slopePlaces] = [K, units].map((size) =>
    memory.table(counting(most).map((row) => Math.min(row, rows * each - 1) * size)),
  );
  const taps = memory.table(counting(upTo(K, 4)).map((k) => Math.min(k, K - 1)));
  const oneLine = memory.table([0]);
  const [packed, turned] = [memory.take(blocks * K * 8), memory.take(upTo(K, 8) * units)];
  const [biases, noBias] = [memory.take(blocks * 8), memory.take(upTo(K, 8))];
  const sums = memory.take(upTo(K, 4) * blocks * 8);
  return {
    prepare() {
      const weights = numbers(kernel.y, K * units);
      const [front, back] = [numbers(packed, blocks * K * 8), numbers(turned, upTo(K, 8) * units)];
      for (let k = 0, at = 0; k < K; k++)
        for (let unit = 0; unit < units; unit++, at++) {
          front[((unit >> 3) * K + k) * 8 + (unit & 7)] = weights[at];
          back[((k >> 3) * units + unit) * 8 + (k & 7)] = weights[at];
        }
      if (bias) numbers(biases, units).set(numbers(bias.y, units));
    },
    forward(n) {
      run.convolve(
        x.y,
        0,
        1,
        places,
        upTo(n * each, 4),
        oneLine,
        1,
        K,
        packed,
        biases,
        units,
        output.y,
        0,
        0,
        +relu,
        0,
      );
    },
    backward(n) {
      const m = n * each;
      if (relu) run.shut(output.y, output.dy, output.dy, m * units);
      if (slopes[1]) {
        numbers(sums, upTo(K, 4) * blocks * 8).fill(0);
        run.weigh(x.y, 0, 1, places, m, taps, K, output.dy, 0, units, sums);
        const [gradient, found] = [numbers(slopes[1], K * units), numbers(sums, K * blocks * 8)];
        for (let k = 0, at = 0; k < K; k++)
          for (let unit = 0; unit < units; unit++) gradient[at++] = found[k * blocks * 8 + unit];
      }
      if (slopes[2]) {
        const [total, slope] = [new Float64Array(units), numbers(output.dy, m * units)];
        for (let at = 0; at < slope.length;) for (let unit = 0; unit < units; unit++) total[unit] += slope[at++];
        numbers(slopes[2], units).set(total);
      }
      if (slopes[0])
        run.convolve(
          output.dy,
          0,
          1,
          slopePlaces,
          upTo(m, 4),
          oneLine,
          1,
          units,
          turned,
          noBias,
          K,
          slopes[0],
          0,
          0,
          0,
          0,
        );
    },
  };
}
