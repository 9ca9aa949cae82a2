/** Numbers to pixels: one map, or a stack of them. */
import { asImage, type Tensor } from "../graph/tensor";
import { colourOf, type Colours, type Palette } from "./colours";

export interface Look {
  palette: Palette;
  /** The number at the end of the scale. */
  limit: number;
}

/** One map of an image, at one screen pixel per number. */
export function imageOf(colours: Colours, { shape, data }: Tensor, map: number, { palette, limit }: Look): ImageData {
  const [height, width, channels] = asImage(shape);
  const image = new ImageData(Math.max(1, width), Math.max(1, height));
  const pixels = image.data;
  const [green, blue] = [Math.min(1, channels - 1), Math.min(2, channels - 1)];
  for (let place = 0, from = 0, to = 0; place < height * width; place++, from += channels, to += 4) {
    if (palette === "colour") {
      pixels[to] = (255 * data[from]) / limit;
      pixels[to + 1] = (255 * data[from + green]) / limit;
      pixels[to + 2] = (255 * data[from + blue]) / limit;
    } else {
      const colour = colourOf(colours, palette, data[from + map], limit);
      [pixels[to], pixels[to + 1], pixels[to + 2]] = colour;
    }
    pixels[to + 3] = 255;
  }
  return image;
}

/** One map with means over as many numbers as fall on a screen pixel; the same tensor where none do. */
export function thinned(tensor: Tensor, map: number, size: number): Tensor {
  const [height, width, channels] = asImage(tensor.shape);
  const by = Math.floor(Math.max(height, width) / (size * (globalThis.devicePixelRatio || 1)));
  if (by < 2) return tensor;
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)];
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let [sum, n] = [0, 0];
      for (let y = row * by; y < Math.min(height, (row + 1) * by); y++) {
        for (let x = column * by; x < Math.min(width, (column + 1) * by); x++, n++)
          sum += tensor.data[(y * width + x) * channels + map];
      }
      data[row * columns + column] = sum / n;
    }
  }
  return { shape: [rows, columns, 1], data };
}

let stage: OffscreenCanvasRenderingContext2D | null = null;

/** One hidden canvas for all maps, as large as the largest of them; a new one each time costs more than the drawing. */
function stageFor(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (!stage || stage.canvas.width < width || stage.canvas.height < height) {
    const [wide, high] = [Math.max(width, stage?.canvas.width ?? 0), Math.max(height, stage?.canvas.height ?? 0)];
    stage = new OffscreenCanvas(wide, high).getContext("2d", { willReadFrequently: true })!;
  }
  return stage;
}

const SMOOTH_BELOW = 3; // screen pixels per number

/** Draw a map into a rectangle: smooth while numbers are small, square blocks as soon as they can be told apart. */
export function paintMap(
  context: CanvasRenderingContext2D,
  image: ImageData,
  x: number,
  y: number,
  width: number,
  height: number,
  smooth = false,
): void {
  const source = stageFor(image.width, image.height);
  source.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = smooth || Math.max(width / image.width, height / image.height) < SMOOTH_BELOW;
  context.drawImage(source.canvas, 0, 0, image.width, image.height, x, y, width, height);
}

/** A canvas with as many device pixels as it covers. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = globalThis.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** The largest size of a number; of one map, or of all. */
export function largestOf({ shape, data }: Tensor, map?: number): number {
  const channels = asImage(shape)[2];
  let most = 0;
  for (let place = map ?? 0; place < data.length; place += map === undefined ? 1 : channels) {
    const size = Math.abs(data[place]);
    if (size > most && size !== Infinity) most = size;
  }
  return most;
}
