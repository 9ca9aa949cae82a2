/** What units answer over the plane, as pictures: signed numbers about 0, or the class that has most to say. */
import type { Colours, RGB } from "./colours";
import { paintMap, sized } from "./maps";

const LEVELS = 256;
const FLAT = 60; // levels from the end of the scale
const OPAQUE = 255 << 24;

/** A colour as one number, in the order in which canvases keep bytes. */
const packed = ([red, green, blue]: RGB): number =>
  OPAQUE | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red);

export interface Plane {
  grids: Float32Array;
  side: number;
}

/** Paint one unit's answers, `low` to `high`, at every `step`-th point of the grid. */
export function planeOf(
  colours: Colours,
  { grids, side }: Plane,
  unit: number,
  [low, high]: readonly [number, number],
  discrete: boolean,
  step: number,
): ImageData {
  const table = Uint32Array.from(colours.signed, packed);
  const middle = (low + high) / 2;
  return painted(side, step, (place) => {
    const value = grids[unit * side * side + place];
    if (discrete) return table[value > middle ? LEVELS - FLAT : FLAT];
    const level = ((value - low) / (high - low)) * (LEVELS - 1);
    return table[level > 0 ? Math.min(LEVELS - 1, Math.round(level)) : 0];
  });
}

/** Paint the class with the largest probability, the paler the less sure. */
export function classesOf(
  colours: Colours,
  { grids, side }: Plane,
  first: number,
  classes: number,
  discrete: boolean,
): ImageData {
  return painted(side, 1, (place) => {
    let best = 0;
    const share = (one: number): number => grids[(first + one) * side * side + place];
    for (let one = 1; one < classes; one++) if (share(one) > share(best)) best = one;
    const sure = discrete ? 0.7 : 0.75 * Math.max(0, (share(best) - 1 / classes) / (1 - 1 / classes));
    return packed(
      colours.classes[best].map((part, channel) => part * sure + colours.paper[channel] * (1 - sure)) as RGB,
    );
  });
}

/** Draw a small picture over a whole canvas, smoothly. */
export function stretch(canvas: HTMLCanvasElement, image: ImageData, size: number): void {
  paintMap(sized(canvas, size, size), image, 0, 0, size, size, true);
}

function painted(side: number, step: number, colourAt: (place: number) => number): ImageData {
  const length = Math.floor(side / step);
  const image = new ImageData(length, length);
  const pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < length; row++)
    for (let column = 0; column < length; column++)
      pixels[row * length + column] = colourAt(row * step * side + column * step);
  return image;
}
