/** Pictures varied by chance while a network learns from them: shifted, turned, zoomed, mirrored, brighter or darker. */
import type { Generator } from "./random";

export interface Variations {
  /** The most by which a picture moves, as a share of its sides. */
  shift?: number;
  /** The most by which it turns, in degrees. */
  rotate?: number;
  /** The most by which it grows or shrinks, as a share. */
  zoom?: number;
  /** Whether left and right change places in half of the pictures. */
  flip?: boolean;
  /** The most by which it gets brighter or darker, as a share. */
  brightness?: number;
}

export const variesAnything = (variations: Variations): boolean => Object.values(variations).some(Boolean);

/**
 * Write a varied picture (height, width, channels). Pixels between pixels are weighed by their distance; what comes from
 * beyond the border repeats the border. Brightness stays within 0 and the brightest value there can be.
 */
export function vary(
  from: ArrayLike<number>,
  to: Float32Array,
  [height, width, channels]: readonly number[],
  { shift = 0, rotate = 0, zoom = 0, flip = false, brightness = 0 }: Variations,
  brightest: number,
  random: Generator,
): void {
  const within = (most: number): number => (2 * random.fraction() - 1) * most;
  // drawn always and in this order, so that one setting does not change what the others draw
  const [down, right] = [within(shift) * height, within(shift) * width];
  const [angle, size, light] = [(within(rotate) * Math.PI) / 180, 1 + within(zoom), 1 + within(brightness)];
  const side = flip && random.fraction() < 0.5 ? -1 : 1;
  const [cosine, sine] = [Math.cos(angle) / size, Math.sin(angle) / size];
  const [middle, centre] = [(height - 1) / 2, (width - 1) / 2];
  const last = (at: number, most: number): number => Math.min(most, Math.max(0, at));
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [y, x] = [row - middle - down, column - centre - right];
      const up = last(middle + cosine * y - sine * x, height - 1);
      const along = last(centre + side * (sine * y + cosine * x), width - 1);
      const [top, left] = [Math.floor(up), Math.floor(along)];
      const [below, beside] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
      const [lower, further] = [up - top, along - left];
      for (let channel = 0; channel < channels; channel++, at++) {
        const pixel = (line: number, place: number): number => from[(line * width + place) * channels + channel];
        const above = pixel(top, left) * (1 - further) + pixel(top, beside) * further;
        const under = pixel(below, left) * (1 - further) + pixel(below, beside) * further;
        const value = above * (1 - lower) + under * lower;
        to[at] = brightness ? last(value * light, brightest) : value;
      }
    }
}
