/** The kernel's loops without WebAssembly, for a host that allows none: the same tables, the same answers but for last bits. */
import type { Kernel } from "./memory";

export function plain(): Kernel {
  let [f, w] = [new Float32Array(1 << 16), new Int32Array(0)];
  const memory = {
    buffer: f.buffer,
    grow(pages: number) {
      const larger = new Float32Array(f.length + pages * 16384);
      larger.set(f);
      [f, memory.buffer, w] = [larger, larger.buffer, new Int32Array(larger.buffer)];
    },
  };
  memory.grow(0);

  return {
    memory,
    convolve(
      x,
      picture,
      n,
      places,
      m,
      lines,
      nLines,
      length,
      weights,
      bias,
      channels,
      y,
      yPicture,
      pooled,
      relu,
      winners,
    ) {
      const [sums, most, who] = [new Float32Array(8), new Float32Array(8), new Int32Array(8)];
      for (let i = 0; i < n; i++)
        for (let eight = Math.ceil(channels / 8) - 1; eight >= 0; eight--)
          for (let p = 0; p < m; p++) {
            const [place, spot] = [w[(places >> 2) + p], pooled ? p & 3 : 3];
            sums.fill(0);
            let at = (weights >> 2) + eight * nLines * length * 8;
            for (let line = 0; line < nLines; line++) {
              const from = (x + i * picture + place + w[(lines >> 2) + line]) >> 2;
              for (let k = 0; k < length; k++, at += 8) {
                const value = f[from + k];
                if (value !== 0) for (let c = 0; c < 8; c++) sums[c] += value * f[at + c];
              }
            }
            for (let c = 0; c < 8; c++)
              if (!pooled || spot === 0 || sums[c] > most[c]) [most[c], who[c]] = [sums[c], place];
            if (spot < 3) continue;
            const to = (pooled ? p >> 2 : p) * channels + eight * 8;
            for (let c = 0; c < Math.min(8, channels - eight * 8); c++) {
              const sum = Math.fround(most[c] + f[(bias >> 2) + eight * 8 + c]);
              const isShut = relu && sum <= 0;
              f[((y + i * yPicture) >> 2) + to + c] = isShut ? 0 : sum;
              if (pooled) w[((winners + i * yPicture) >> 2) + to + c] = isShut ? -1 : who[c];
            }
          }
    },
    visit(x, picture, n, winners, slopes, windows, channels, lines, nLines, vectors, weights, dw, db, dx) {
      for (let i = 0; i < n; i++)
        for (let at = i * windows * channels; at < (i + 1) * windows * channels; at++) {
          const [who, slope, channel] = [w[(winners >> 2) + at], f[(slopes >> 2) + at], at % channels];
          if (who < 0 || slope === 0) continue;
          f[(db >> 2) + channel] += slope;
          let k = channel * nLines * vectors * 4;
          for (let line = 0; line < nLines; line++) {
            const from = (i * picture + who + w[(lines >> 2) + line]) >> 2;
            for (let t = 0; t < vectors * 4; t++, k++) {
              f[(dw >> 2) + k] += slope * f[(x >> 2) + from + t];
              if (dx) f[(dx >> 2) + from + t] += slope * f[(weights >> 2) + k];
            }
          }
        }
    },
    weigh(x, picture, n, places, m, taps, K, dy, dyPicture, channels, dw) {
      const wide = (channels + 7) & -8;
      for (let i = 0; i < n; i++)
        for (let p = 0; p < m; p++)
          for (let k = 0; k < K; k++) {
            const value = f[(x + i * picture + w[(places >> 2) + p] + w[(taps >> 2) + k]) >> 2];
            if (value === 0) continue;
            const [slopes, to] = [((dy + i * dyPicture) >> 2) + p * channels, (dw >> 2) + k * wide];
            for (let c = 0; c < channels; c++) f[to + c] += value * f[slopes + c];
          }
    },
    spread(windows, places, m, lines, nLines, length, dx) {
      for (let p = 0, at = windows >> 2; p < m; p++)
        for (let line = 0; line < nLines; line++) {
          const to = (dx + w[(places >> 2) + p] + w[(lines >> 2) + line]) >> 2;
          for (let k = 0; k < length; k++) f[to + k] += f[at++];
        }
    },
    shut(y, dy, dx, n) {
      for (let k = 0; k < n; k++) f[(dx >> 2) + k] = f[(y >> 2) + k] > 0 ? f[(dy >> 2) + k] : 0;
    },
    adam(weights, gradient, mean, square, n, alpha, away1, away2, epsilon, shrink) {
      for (let k = 0; k < n; k++) {
        const [slope, at, m, s] = [f[(gradient >> 2) + k], (weights >> 2) + k, (mean >> 2) + k, (square >> 2) + k];
        f[m] += (slope - f[m]) * away1;
        f[s] += (slope * slope - f[s]) * away2;
        f[at] -= f[at] * shrink + (alpha * f[m]) / (Math.sqrt(f[s]) + epsilon);
      }
    },
  };
}
