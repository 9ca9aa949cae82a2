/**
 * The loops of a training that take the time, in AssemblyScript: float32 numbers, in one memory that the page lays out.
 *
 * A convolution is described by two tables of byte offsets, so that any stride, padding and dilation is a matter of
 * tables: `places` says where within a picture each window begins, and `lines` where, from there, the numbers begin that
 * lie side by side; each line has `length` of them. Windows are never copied. Products and sums are rounded one by one,
 * in an order that depends on the shapes alone, so that every machine finds the same bits.
 *
 * Vectors may read and write up to 16 numbers behind an array; who lays out the memory leaves room.
 */

/** What is above 0; what is no number stays, so that a training that diverges is seen. */
function above(sums: v128): v128 {
  return v128.andnot(sums, f32x4.le(sums, f32x4.splat(0)));
}

function madd(one: v128, other: v128, sums: v128): v128 {
  return f32x4.add(f32x4.mul(one, other), sums);
}

/**
 * Weigh the windows at `m` places (a multiple of 4) of `n` pictures: 4 places and 8 channels at a time.
 * `weights` is [channels / 8][lines * length][8].
 *
 * Without `pooled`, each place's sums go to y. With it, four places in a row are one window of a max pooling: y gets the
 * largest, and `winners` the offset of its place, or -1 where ReLU shuts it. Channels go from the last eight to the
 * first, so that what the last ones write too much is overwritten; y needs room for 3 rows and 8 numbers more.
 */
export function convolve(
  x: usize,
  picture: usize,
  n: i32,
  places: usize,
  m: i32,
  lines: usize,
  n_lines: i32,
  length: i32,
  weights: usize,
  bias: usize,
  channels: i32,
  y: usize,
  y_picture: usize,
  pooled: i32,
  relu: i32,
  winners: usize,
): void {
  const row = (<usize>channels) << 2;
  const block = (<usize>(n_lines * length)) << 5;
  const zero = f32x4.splat(0);
  for (let i = 0; i < n; i++) {
    for (let eight = (channels + 7) / 8 - 1; eight >= 0; eight--) {
      const b0 = v128.load(bias + ((<usize>eight) << 5));
      const b1 = v128.load(bias + ((<usize>eight) << 5), 16);
      let to = y + ((<usize>eight) << 5);
      let who = winners + ((<usize>eight) << 5);
      for (let p = places, end = places + ((<usize>m) << 2); p < end; p += 16) {
        const p0 = x + load<u32>(p);
        const p1 = x + load<u32>(p, 4);
        const p2 = x + load<u32>(p, 8);
        const p3 = x + load<u32>(p, 12);
        let c00 = zero, c01 = zero, c10 = zero, c11 = zero; // prettier-ignore
        let c20 = zero, c21 = zero, c30 = zero, c31 = zero; // prettier-ignore
        let w = weights + <usize>eight * block;
        for (let line = 0; line < n_lines; line++) {
          const offset = <usize>load<u32>(lines + ((<usize>line) << 2));
          let a0 = p0 + offset;
          let a1 = p1 + offset;
          let a2 = p2 + offset;
          let a3 = p3 + offset;
          let left = length;
          for (; left >= 2; left -= 2) {
            let u = v128.load(w);
            let v = v128.load(w, 16);
            let t = v128.load32_splat(a0);
            c00 = madd(t, u, c00);
            c01 = madd(t, v, c01);
            t = v128.load32_splat(a1);
            c10 = madd(t, u, c10);
            c11 = madd(t, v, c11);
            t = v128.load32_splat(a2);
            c20 = madd(t, u, c20);
            c21 = madd(t, v, c21);
            t = v128.load32_splat(a3);
            c30 = madd(t, u, c30);
            c31 = madd(t, v, c31);
            u = v128.load(w, 32);
            v = v128.load(w, 48);
            t = v128.load32_splat(a0, 4);
            c00 = madd(t, u, c00);
            c01 = madd(t, v, c01);
            t = v128.load32_splat(a1, 4);
            c10 = madd(t, u, c10);
            c11 = madd(t, v, c11);
            t = v128.load32_splat(a2, 4);
            c20 = madd(t, u, c20);
            c21 = madd(t, v, c21);
            t = v128.load32_splat(a3, 4);
            c30 = madd(t, u, c30);
            c31 = madd(t, v, c31);
            a0 += 8;
            a1 += 8;
            a2 += 8;
            a3 += 8;
            w += 64;
          }
          if (left) {
            const u = v128.load(w);
            const v = v128.load(w, 16);
            let t = v128.load32_splat(a0);
            c00 = madd(t, u, c00);
            c01 = madd(t, v, c01);
            t = v128.load32_splat(a1);
            c10 = madd(t, u, c10);
            c11 = madd(t, v, c11);
            t = v128.load32_splat(a2);
            c20 = madd(t, u, c20);
            c21 = madd(t, v, c21);
            t = v128.load32_splat(a3);
            c30 = madd(t, u, c30);
            c31 = madd(t, v, c31);
            w += 32;
          }
        }
        if (!pooled) {
          c00 = f32x4.add(c00, b0);
          c01 = f32x4.add(c01, b1);
          c10 = f32x4.add(c10, b0);
          c11 = f32x4.add(c11, b1);
          c20 = f32x4.add(c20, b0);
          c21 = f32x4.add(c21, b1);
          c30 = f32x4.add(c30, b0);
          c31 = f32x4.add(c31, b1);
          v128.store(to, relu ? above(c00) : c00);
          v128.store(to, relu ? above(c01) : c01, 16);
          to += row;
          v128.store(to, relu ? above(c10) : c10);
          v128.store(to, relu ? above(c11) : c11, 16);
          to += row;
          v128.store(to, relu ? above(c20) : c20);
          v128.store(to, relu ? above(c21) : c21, 16);
          to += row;
          v128.store(to, relu ? above(c30) : c30);
          v128.store(to, relu ? above(c31) : c31, 16);
          to += row;
          continue;
        }
        // the largest of the four, and whose it is; the first of several alike
        let w0 = v128.load32_splat(p);
        let w1 = w0;
        let t = v128.load32_splat(p, 4);
        let larger = f32x4.gt(c10, c00);
        c00 = v128.bitselect(c10, c00, larger);
        w0 = v128.bitselect(t, w0, larger);
        larger = f32x4.gt(c11, c01);
        c01 = v128.bitselect(c11, c01, larger);
        w1 = v128.bitselect(t, w1, larger);
        t = v128.load32_splat(p, 8);
        larger = f32x4.gt(c20, c00);
        c00 = v128.bitselect(c20, c00, larger);
        w0 = v128.bitselect(t, w0, larger);
        larger = f32x4.gt(c21, c01);
        c01 = v128.bitselect(c21, c01, larger);
        w1 = v128.bitselect(t, w1, larger);
        t = v128.load32_splat(p, 12);
        larger = f32x4.gt(c30, c00);
        c00 = v128.bitselect(c30, c00, larger);
        w0 = v128.bitselect(t, w0, larger);
        larger = f32x4.gt(c31, c01);
        c01 = v128.bitselect(c31, c01, larger);
        w1 = v128.bitselect(t, w1, larger);
        c00 = f32x4.add(c00, b0);
        c01 = f32x4.add(c01, b1);
        if (relu) {
          w0 = v128.or(w0, f32x4.le(c00, zero));
          w1 = v128.or(w1, f32x4.le(c01, zero));
          c00 = above(c00);
          c01 = above(c01);
        }
        v128.store(to, c00);
        v128.store(to, c01, 16);
        v128.store(who, w0);
        v128.store(who, w1, 16);
        to += row;
        who += row;
      }
    }
    x += picture;
    y += y_picture;
    winners += y_picture;
  }
}

/**
 * Go back from the winners of a pooling: dw += slope * numbers of the window, dx += slope * weights; dx may be 0.
 * Here `weights` and `dw` are [channels][lines][vectors][4], each line filled up with zeros to whole vectors;
 * `list` is room for 8 bytes a window.
 */
export function visit(
  x: usize,
  picture: usize,
  n: i32,
  winners: usize,
  slopes: usize,
  windows: i32,
  channels: i32,
  lines: usize,
  n_lines: i32,
  vectors: i32,
  weights: usize,
  dw: usize,
  db: usize,
  dx: usize,
  list: usize,
): void {
  const row = (<usize>channels) << 2;
  for (let i = 0; i < n; i++) {
    for (let channel = 0; channel < channels; channel++) {
      let last = list;
      let at = (<usize>(i * windows * channels + channel)) << 2;
      let sum: f32 = 0;
      for (let window = 0; window < windows; window++, at += row) {
        const who = load<i32>(winners + at);
        const slope = load<f32>(slopes + at);
        store<u32>(last, who);
        store<f32>(last, slope, 4);
        const open = i32(who >= 0) & i32(slope != 0);
        sum += open ? slope : 0;
        last += (<usize>open) << 3; // the next one takes its place if nothing flows here
      }
      store<f32>(db + ((<usize>channel) << 2), load<f32>(db + ((<usize>channel) << 2)) + sum);
      let k = (<usize>(channel * n_lines * vectors)) << 4;
      for (let line = 0; line < n_lines; line++) {
        let offset = <usize>load<u32>(lines + ((<usize>line) << 2));
        let left = vectors;
        for (; left >= 8; left -= 8, offset += 128, k += 128) {
          const d = dw + k;
          let a0 = v128.load(d), a1 = v128.load(d, 16), a2 = v128.load(d, 32), a3 = v128.load(d, 48); // prettier-ignore
          let a4 = v128.load(d, 64), a5 = v128.load(d, 80), a6 = v128.load(d, 96), a7 = v128.load(d, 112); // prettier-ignore
          for (let one = list; one < last; one += 8) {
            const p = x + offset + load<u32>(one);
            const slope = v128.load32_splat(one, 4);
            a0 = madd(slope, v128.load(p), a0);
            a1 = madd(slope, v128.load(p, 16), a1);
            a2 = madd(slope, v128.load(p, 32), a2);
            a3 = madd(slope, v128.load(p, 48), a3);
            a4 = madd(slope, v128.load(p, 64), a4);
            a5 = madd(slope, v128.load(p, 80), a5);
            a6 = madd(slope, v128.load(p, 96), a6);
            a7 = madd(slope, v128.load(p, 112), a7);
          }
          v128.store(d, a0);
          v128.store(d, a1, 16);
          v128.store(d, a2, 32);
          v128.store(d, a3, 48);
          v128.store(d, a4, 64);
          v128.store(d, a5, 80);
          v128.store(d, a6, 96);
          v128.store(d, a7, 112);
          if (!dx) continue;
          const f = weights + k;
          a0 = v128.load(f);
          a1 = v128.load(f, 16);
          a2 = v128.load(f, 32);
          a3 = v128.load(f, 48);
          a4 = v128.load(f, 64);
          a5 = v128.load(f, 80);
          a6 = v128.load(f, 96);
          a7 = v128.load(f, 112);
          for (let one = list; one < last; one += 8) {
            const p = dx + offset + load<u32>(one);
            const slope = v128.load32_splat(one, 4);
            v128.store(p, madd(slope, a0, v128.load(p)));
            v128.store(p, madd(slope, a1, v128.load(p, 16)), 16);
            v128.store(p, madd(slope, a2, v128.load(p, 32)), 32);
            v128.store(p, madd(slope, a3, v128.load(p, 48)), 48);
            v128.store(p, madd(slope, a4, v128.load(p, 64)), 64);
            v128.store(p, madd(slope, a5, v128.load(p, 80)), 80);
            v128.store(p, madd(slope, a6, v128.load(p, 96)), 96);
            v128.store(p, madd(slope, a7, v128.load(p, 112)), 112);
          }
        }
        for (; left > 0; left--, offset += 16, k += 16) {
          let sums = v128.load(dw + k);
          const kernel = v128.load(weights + k);
          for (let one = list; one < last; one += 8) {
            const p = offset + load<u32>(one);
            const slope = v128.load32_splat(one, 4);
            sums = madd(slope, v128.load(x + p), sums);
            if (dx) v128.store(dx + p, madd(slope, kernel, v128.load(dx + p)));
          }
          v128.store(dw + k, sums);
        }
      }
    }
    x += picture;
    if (dx) dx += picture;
  }
}

/**
 * The gradient of a kernel where every place counts: dw[k][channel] += number k of a window * slope of its place.
 * `taps` holds K offsets, filled up to a multiple of 4; dw is [K filled up][channels filled up to 8].
 */
export function weigh(
  x: usize,
  picture: usize,
  n: i32,
  places: usize,
  m: i32,
  taps: usize,
  K: i32,
  dy: usize,
  dy_picture: usize,
  channels: i32,
  dw: usize,
): void {
  const row = (<usize>channels) << 2;
  const wide = (<usize>((channels + 7) & -8)) << 2;
  for (let i = 0; i < n; i++, x += picture, dy += dy_picture) {
    for (let k = 0; k < K; k += 4) {
      const t = taps + ((<usize>k) << 2);
      const t0 = x + load<u32>(t);
      const t1 = x + load<u32>(t, 4);
      const t2 = x + load<u32>(t, 8);
      const t3 = x + load<u32>(t, 12);
      for (let channel = 0; channel < channels; channel += 8) {
        const d0 = dw + <usize>k * wide + ((<usize>channel) << 2);
        const d1 = d0 + wide;
        const d2 = d1 + wide;
        const d3 = d2 + wide;
        let c00 = v128.load(d0), c01 = v128.load(d0, 16), c10 = v128.load(d1), c11 = v128.load(d1, 16); // prettier-ignore
        let c20 = v128.load(d2), c21 = v128.load(d2, 16), c30 = v128.load(d3), c31 = v128.load(d3, 16); // prettier-ignore
        let slopes = dy + ((<usize>channel) << 2);
        for (let p = places, end = places + ((<usize>m) << 2); p < end; p += 4, slopes += row) {
          const offset = <usize>load<u32>(p);
          const u = v128.load(slopes);
          const v = v128.load(slopes, 16);
          let a = v128.load32_splat(t0 + offset);
          c00 = madd(a, u, c00);
          c01 = madd(a, v, c01);
          a = v128.load32_splat(t1 + offset);
          c10 = madd(a, u, c10);
          c11 = madd(a, v, c11);
          a = v128.load32_splat(t2 + offset);
          c20 = madd(a, u, c20);
          c21 = madd(a, v, c21);
          a = v128.load32_splat(t3 + offset);
          c30 = madd(a, u, c30);
          c31 = madd(a, v, c31);
        }
        v128.store(d0, c00);
        v128.store(d0, c01, 16);
        v128.store(d1, c10);
        v128.store(d1, c11, 16);
        v128.store(d2, c20);
        v128.store(d2, c21, 16);
        v128.store(d3, c30);
        v128.store(d3, c31, 16);
      }
    }
  }
}

/** Add windows to the pixels that they lie over: after `convolve` by the turned weights, the way back to the picture. */
export function spread(
  windows: usize,
  places: usize,
  m: i32,
  lines: usize,
  n_lines: i32,
  length: i32,
  dx: usize,
): void {
  for (let p = places, end = places + ((<usize>m) << 2); p < end; p += 4) {
    for (let line = 0; line < n_lines; line++) {
      let to = dx + load<u32>(p) + load<u32>(lines + ((<usize>line) << 2));
      let left = length;
      for (; left >= 4; left -= 4, to += 16, windows += 16)
        v128.store(to, f32x4.add(v128.load(to), v128.load(windows)));
      for (; left > 0; left--, to += 4, windows += 4) store<f32>(to, load<f32>(to) + load<f32>(windows));
    }
  }
}

/** The way back through ReLU, n numbers: nothing flows where nothing came out. */
export function shut(y: usize, dy: usize, dx: usize, n: i32): void {
  for (let at: usize = 0, end = (<usize>n) << 2; at < end; at += 16)
    v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(y + at), f32x4.splat(0))));
}

/**
 * One step of Adam for n numbers, rounded as in Keras and in convscope's NumPy engine; `shrink` is what weight decay
 * takes first. Kingma and Ba 2015, arXiv:1412.6980.
 */
export function adam(
  weights: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  n: i32,
  alpha: f32,
  away_1: f32,
  away_2: f32,
  epsilon: f32,
  shrink: f32,
): void {
  const rate = f32x4.splat(alpha);
  const one = f32x4.splat(away_1);
  const two = f32x4.splat(away_2);
  const small = f32x4.splat(epsilon);
  const less = f32x4.splat(shrink);
  for (let at: usize = 0, end = (<usize>n) << 2; at < end; at += 16) {
    const slope = v128.load(gradient + at);
    let m = v128.load(mean + at);
    let s = v128.load(square + at);
    let w = v128.load(weights + at);
    m = f32x4.add(m, f32x4.mul(f32x4.sub(slope, m), one));
    s = f32x4.add(s, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), s), two));
    v128.store(mean + at, m);
    v128.store(square + at, s);
    w = f32x4.sub(w, f32x4.mul(w, less));
    v128.store(weights + at, f32x4.sub(w, f32x4.mul(rate, f32x4.div(m, f32x4.add(f32x4.sqrt(s), small)))));
  }
}
