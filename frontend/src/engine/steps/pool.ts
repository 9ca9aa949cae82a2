/** Pooling by plain loops, any window and padding: the largest, the first of several alike, or the mean. */
import { asImage, windowStart } from "../../graph/tensor";
import { convolvedSize } from "../../primitives/convolve";
import type { Pooling } from "../../primitives/pool";
import { counting, type Step, type Wiring } from "../flow";

/** For each window the places within a picture that it sees, without its channels; padding is in no window. */
function windowsOf(height: number, width: number, channels: number, { window, strides, sides }: Pooling): Int32Array[] {
  const [rows, columns] = convolvedSize(height, width, window, { strides, sides, dilation: [1, 1], groups: 1 });
  return counting(rows * columns).map((index) => {
    const [top, left] = windowStart(Math.floor(index / columns), index % columns, strides, sides);
    const seen: number[] = [];
    for (let y = Math.max(0, top); y < Math.min(height, top + window[0]); y++)
      for (let x = Math.max(0, left); x < Math.min(width, left + window[1]); x++) seen.push((y * width + x) * channels);
    return Int32Array.from(seen);
  });
}

export function pooling({ memory, rows, inputs: [x], slopes: [slot], output }: Wiring, settings: Pooling): Step {
  const [height, width, channels] = asImage(x.shape);
  const windows = windowsOf(height, width, channels, settings);
  const isMax = settings.kind === "max";
  const winners = isMax ? memory.take(rows * output.size) : 0;
  const { numbers, wholes } = memory;

  function largest(from: Float32Array, to: Float32Array, who: Int32Array, n: number): void {
    for (let row = 0, at = 0; row < n; row++)
      for (const seen of windows)
        for (let channel = 0; channel < channels; channel++, at++) {
          const first = row * x.size + channel;
          let best = first + seen[0];
          // what is no number is the largest of all, so that a training that diverges is seen
          for (const place of seen)
            if (!(from[first + place] <= from[best]) && !Number.isNaN(from[best])) best = first + place;
          [to[at], who[at]] = [from[best], best];
        }
  }

  function mean(from: Float32Array, to: Float32Array, n: number): void {
    for (let row = 0, at = 0; row < n; row++)
      for (const seen of windows)
        for (let channel = 0; channel < channels; channel++, at++) {
          let sum = 0;
          for (const place of seen) sum += from[row * x.size + channel + place];
          to[at] = sum / seen.length;
        }
  }

  return {
    forward(n) {
      const [from, to] = [numbers(x.y, n * x.size), numbers(output.y, n * output.size)];
      if (isMax) largest(from, to, wholes(winners, to.length), n);
      else mean(from, to, n);
    },
    backward(n) {
      if (!slot) return;
      const [slope, back] = [numbers(output.dy, n * output.size), numbers(slot, n * x.size)];
      back.fill(0);
      if (isMax) {
        const who = wholes(winners, slope.length);
        for (let at = 0; at < slope.length; at++) back[who[at]] += slope[at];
        return;
      }
      for (let row = 0, at = 0; row < n; row++)
        for (const seen of windows)
          for (let channel = 0; channel < channels; channel++, at++)
            for (const place of seen) back[row * x.size + channel + place] += slope[at] / seen.length;
    },
  };
}
