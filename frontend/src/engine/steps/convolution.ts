/** Convolution by the kernel: any stride, padding and dilation; with ReLU, and with max pooling of 2x2, as one step. */
import { asImage } from "../../graph/tensor";
import { convolvedSize, type Sliding } from "../../primitives/convolve";
import { counting, upTo, type Step, type Wiring } from "../flow";

/** What follows a convolution in the same step. */
export interface Ending {
  relu: boolean;
  /** Windows of 2x2, which do not overlap, of an image without padding. */
  pooled: boolean;
}

/** Where windows begin and which numbers of the (padded) picture each sees. */
function tablesOf({ inputs: [x, kernel] }: Wiring, settings: Sliding, pooled: boolean) {
  const [height, width, deep] = asImage(x.shape);
  const [kernelHeight, kernelWidth] = kernel.shape;
  const { strides, dilation, sides } = settings;
  const [tall, wide] = [height + sides[0][0] + sides[0][1], width + sides[1][0] + sides[1][1]];
  const [down, across] = convolvedSize(height, width, [kernelHeight, kernelWidth], settings);
  const at = (row: number, column: number): number => (row * wide + column) * deep;
  const place = (row: number, column: number): number => at(row * strides[0], column * strides[1]);
  // neighbours in a line of an undilated kernel lie side by side: one long line instead of many
  const isJoined = dilation[1] === 1;
  const lines = isJoined
    ? counting(kernelHeight).map((row) => at(row * dilation[0], 0))
    : counting(kernelHeight * kernelWidth).map((tap) =>
        at(Math.floor(tap / kernelWidth) * dilation[0], (tap % kernelWidth) * dilation[1]),
      );
  const [rows, columns] = pooled ? [down >> 1, across >> 1] : [down, across];
  const places = counting(rows * columns).flatMap((index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return pooled
      ? [0, 1, 2, 3].map((spot) => place(2 * row + (spot >> 1), 2 * column + (spot & 1)))
      : [place(row, column)];
  });
  while (places.length % 4) places.push(places[places.length - 1]);
  const length = isJoined ? kernelWidth * deep : deep;
  return { height, width, deep, tall, wide, windows: rows * columns, places, lines, length, sides };
}

type Tables = ReturnType<typeof tablesOf>;

/** A copy with zeros around, and its slopes, which go back without the zeros; the value itself without padding. */
function padding({ memory, rows, inputs: [x], slopes }: Wiring, { height, width, deep, tall, wide, sides }: Tables) {
  const image = tall * wide * deep;
  if (image === x.size) return { y: x.y, dy: slopes[0], image, fill: () => undefined, empty: () => undefined };
  const [y, dy] = [memory.take(rows * image), slopes[0] && memory.take(rows * image)];
  const each = (n: number, copy: (outer: number, inner: number) => void): void => {
    for (let line = 0; line < n * height; line++) {
      const [picture, row] = [Math.floor(line / height), line % height];
      copy(((picture * tall + row + sides[0][0]) * wide + sides[1][0]) * deep, line * width * deep);
    }
  };
  const copied = width * deep;
  return {
    y,
    dy,
    image,
    fill(n: number) {
      const [outside, inside] = [memory.numbers(y, n * image), memory.numbers(x.y, n * x.size)];
      each(n, (outer, inner) => outside.set(inside.subarray(inner, inner + copied), outer));
    },
    empty(n: number) {
      const [outside, inside] = [memory.numbers(dy, n * image), memory.numbers(slopes[0], n * x.size)];
      each(n, (outer, inner) => inside.set(outside.subarray(outer, outer + copied), inner));
    },
  };
}

/** Inputs: an image, kernels (height, width, in, out) and perhaps biases; one group. */
export function convolution(wiring: Wiring, settings: Sliding, { relu, pooled }: Ending): Step {
  const { memory, inputs, slopes, output } = wiring;
  const { numbers, kernel: run } = memory;
  const [, kernel, bias] = inputs;
  const tables = tablesOf(wiring, settings, pooled);
  const { windows, length, lines: starts } = tables;
  const padded = padding(wiring, tables);
  const channels = kernel.shape[3];
  const [K, nLines, vectors, blocks] = [
    starts.length * length,
    starts.length,
    Math.ceil(length / 4),
    Math.ceil(channels / 8),
  ];
  const [places, lines] = [memory.table(tables.places), memory.table(starts)];
  const packed = memory.take(blocks * K * 8);
  const biases = memory.take(blocks * 8);
  const winners = pooled ? memory.take(wiring.rows * output.size + 4 * channels) : 0;
  const back = pooled ? backFromWinners() : backFromAll();

  /** Where pooling keeps one of four, only the winners are visited. */
  function backFromWinners() {
    const turned = memory.take(channels * nLines * vectors * 4);
    const sums = memory.take(channels * nLines * vectors * 4);
    const list = memory.take(windows * 2 + 2);
    const turn = (k: number, channel: number): number =>
      (channel * nLines + Math.floor(k / length)) * vectors * 4 + (k % length);
    return {
      turned,
      turn,
      sums,
      place: turn,
      room: channels * nLines * vectors * 4,
      count: channels * nLines * vectors * 4,
      run(n: number, dbias: number) {
        const dx = slopes[0] ? padded.dy : 0;
        run.visit(padded.y, padded.image * 4, n, winners, output.dy, windows, channels, lines, nLines, vectors, turned, sums, dbias, dx, list); // prettier-ignore
      },
    };
  }

  /** Every place counts: products with the slopes, and with the turned weights back to each window. */
  function backFromAll() {
    const taps = starts.flatMap((start) => counting(length).map((k) => start + k));
    while (taps.length % 4) taps.push(0);
    const [tapTable, sums] = [memory.table(taps), memory.take(taps.length * blocks * 8)];
    const turned = memory.take(upTo(K, 8) * channels);
    const [rowsOfSlopes, oneLine] = [
      memory.table(counting(upTo(windows, 4)).map((row) => row * channels)),
      memory.table([0]),
    ];
    const [noBias, column] = [memory.take(upTo(K, 8)), slopes[0] ? memory.take((windows + 4) * K) : 0];
    return {
      turned,
      turn: (k: number, channel: number): number => ((k >> 3) * channels + channel) * 8 + (k & 7),
      sums,
      place: (k: number, channel: number): number => k * blocks * 8 + channel,
      room: upTo(K, 8) * channels,
      count: taps.length * blocks * 8,
      run(n: number, dbias: number) {
        const size = windows * channels * 4;
        run.weigh(padded.y, padded.image * 4, n, places, windows, tapTable, K, output.dy, size, channels, sums);
        const [slope, total] = [numbers(output.dy, n * windows * channels), new Float64Array(channels)];
        for (let at = 0; at < slope.length;)
          for (let channel = 0; channel < channels; channel++) total[channel] += slope[at++];
        numbers(dbias, channels).set(total);
        for (let picture = 0; slopes[0] && picture < n; picture++) {
          run.convolve(output.dy + picture * size, 0, 1, rowsOfSlopes, upTo(windows, 4), oneLine, 1, channels, turned, noBias, K, column, 0, 0, 0, 0); // prettier-ignore
          run.spread(column, places, windows, lines, nLines, length, padded.dy + picture * padded.image * 4);
        }
      },
    };
  }

  const dbias = memory.take(blocks * 8);
  // where each weight stands in its copies: asked for once, because it is needed in every step
  const [fronts, turns, sumPlaces] = [
    (k: number, channel: number): number => ((channel >> 3) * K + k) * 8 + (channel & 7),
    back.turn,
    back.place,
  ].map((find) => Int32Array.from({ length: K * channels }, (_, at) => find(Math.floor(at / channels), at % channels)));
  return {
    prepare() {
      const weights = numbers(kernel.y, K * channels);
      const [front, turned] = [numbers(packed, blocks * K * 8), numbers(back.turned, back.room)];
      for (let at = 0; at < weights.length; at++) {
        front[fronts[at]] = weights[at];
        turned[turns[at]] = weights[at];
      }
      if (bias) numbers(biases, channels).set(numbers(bias.y, channels));
    },
    forward(n) {
      padded.fill(n);
      run.convolve(padded.y, padded.image * 4, n, places, tables.places.length, lines, nLines, length, packed, biases, channels, output.y, output.size * 4, +pooled, +relu, winners); // prettier-ignore
    },
    backward(n) {
      numbers(back.sums, back.count).fill(0);
      numbers(dbias, channels).fill(0);
      if (slopes[0]) numbers(padded.dy, n * padded.image).fill(0);
      if (relu && !pooled) run.shut(output.y, output.dy, output.dy, n * output.size);
      back.run(n, dbias);
      if (slopes[0]) padded.empty(n);
      const sums = numbers(back.sums, back.count);
      if (slopes[1]) {
        const gradient = numbers(slopes[1], K * channels);
        for (let at = 0; at < gradient.length; at++) gradient[at] = sums[sumPlaces[at]];
      }
      if (slopes[2]) numbers(slopes[2], channels).set(numbers(dbias, channels));
    },
  };
}
