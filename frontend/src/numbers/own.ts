/** A picture of one's own, made into what the network was trained on. */
import { t } from "../language/catalogue";
import type { Tensor } from "../graph/tensor";

export interface Light {
  width: number;
  height: number;
  /** Red, green, blue, each 0..255; paper is 0. */
  rgb: Float32Array;
}

export const MOST_PIXELS = 16_000_000;
const KINDS: readonly [string, (bytes: Uint8Array) => boolean][] = [
  ["PNG", (bytes) => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47],
  ["JPEG", (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff],
  ["WebP", (bytes) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP"],
  ["BMP", (bytes) => bytes[0] === 0x42 && bytes[1] === 0x4d],
];
const text = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** Width and height as the file's header says, before anything is unpacked; null where it does not say. */
export function statedSize(bytes: Uint8Array): [number, number] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS.find(([, fits]) => fits(bytes))?.[0];
  if (kind === "PNG" && bytes.length >= 24) return [view.getUint32(16), view.getUint32(20)];
  if (kind === "BMP" && bytes.length >= 26)
    return [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))];
  if (kind === "WebP" && bytes.length >= 30) {
    const form = text(bytes, 12, 16);
    if (form === "VP8X") return [1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(26, true) >>> 8)];
    if (form === "VP8L")
      return [1 + (view.getUint32(21, true) & 0x3fff), 1 + ((view.getUint32(21, true) >>> 14) & 0x3fff)];
    return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  }
  if (kind === "JPEG") {
    for (let place = 2; place + 9 < bytes.length;) {
      if (bytes[place] !== 0xff) return null;
      const marker = bytes[place + 1];
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
        return [view.getUint16(place + 7), view.getUint16(place + 5)];
      place += 2 + view.getUint16(place + 2);
    }
  }
  return null;
}

/** Read a picture file that the reader chose; it never leaves the page. */
export async function readFile(file: Blob): Promise<Light> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const size = statedSize(bytes);
  if (!size) throw new Error(t("This is no picture that the page reads. Expected: a PNG, JPEG, WebP or BMP file."));
  if (size[0] * size[1] > MOST_PIXELS)
    throw new Error(
      t("The picture has {size} × {size2} pixels. Expected: at most 16 million. Repair: make it smaller first.", {
        size: size[0],
        size2: size[1],
      }),
    );
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t("The picture is damaged: its header can be read, and the rest cannot."));
  });
  return lightOf(bitmap, bitmap.width, bitmap.height);
}

export function lightOf(source: CanvasImageSource, width: number, height: number): Light {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = Float32Array.from(
    { length: width * height * 3 },
    (_, index) => data[Math.floor(index / 3) * 4 + (index % 3)],
  );
  return { width, height, rgb };
}

export const inverted = ({ width, height, rgb }: Light): Light => ({
  width,
  height,
  rgb: rgb.map((value) => 255 - value),
});

/** The light that each pixel of a smaller picture collects; a rectangle of the source, put into a rectangle of the result. */
export function fitted(source: Light, from: Rect, width: number, height: number, to: Rect): Light {
  const result = { width, height, rgb: new Float32Array(width * height * 3) };
  const [scaleY, scaleX] = [from.height / to.height, from.width / to.width];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [y0, x0] = [from.top + (row - to.top) * scaleY, from.left + (column - to.left) * scaleX];
      collect(source, from, y0, y0 + scaleY, x0, x0 + scaleX, result.rgb, (row * width + column) * 3);
    }
  }
  return result;
}

export interface Rect {
  top: number;
  left: number;
  height: number;
  width: number;
}

function collect(
  source: Light,
  inside: Rect,
  y0: number,
  y1: number,
  x0: number,
  x1: number,
  into: Float32Array,
  at: number,
): void {
  const area = (y1 - y0) * (x1 - x0);
  const [top, bottom] = [Math.max(y0, inside.top, 0), Math.min(y1, inside.top + inside.height, source.height)];
  const [left, right] = [Math.max(x0, inside.left, 0), Math.min(x1, inside.left + inside.width, source.width)];
  for (let y = Math.floor(top); y < bottom; y++) {
    const tall = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.floor(left); x < right; x++) {
      const share = (tall * (Math.min(x + 1, right) - Math.max(x, left))) / area;
      for (let colour = 0; colour < 3; colour++)
        into[at + colour] += share * source.rgb[(y * source.width + x) * 3 + colour];
    }
  }
}

const brightness = ({ rgb }: Light, pixel: number): number => rgb[pixel * 3] + rgb[pixel * 3 + 1] + rgb[pixel * 3 + 2];

/** The smallest rectangle with everything that is not paper; the whole picture where all is paper. */
export function inkBox(light: Light): Rect {
  let [top, left, bottom, right] = [light.height, light.width, -1, -1];
  for (let pixel = 0; pixel < light.width * light.height; pixel++) {
    if (brightness(light, pixel) <= 48) continue;
    const [y, x] = [Math.floor(pixel / light.width), pixel % light.width];
    [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y), Math.max(right, x)];
  }
  return bottom < 0
    ? { top: 0, left: 0, height: light.height, width: light.width }
    : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

export interface Steps {
  /** Cut to the ink and scale its longer side to 20/28 of the picture, as MNIST was made. */
  crop: boolean;
  /** Move the centre of mass to the middle. */
  centre: boolean;
}

/** From a large drawing to the network's picture, in the steps that made MNIST. */
export function prepared(source: Light, [height, width]: readonly number[], steps: Steps): Light {
  const from = steps.crop ? inkBox(source) : { top: 0, left: 0, height: source.height, width: source.width };
  const room = steps.crop ? 20 / 28 : 1;
  const scale = Math.min((height * room) / from.height, (width * room) / from.width);
  const size = { height: from.height * scale, width: from.width * scale };
  const to = { top: Math.round((height - size.height) / 2), left: Math.round((width - size.width) / 2), ...size };
  const small = fitted(source, from, width, height, to);
  return steps.centre ? centred(small) : small;
}

function centred(light: Light): Light {
  const { width, height } = light;
  let [total, down, right] = [0, 0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const ink = brightness(light, pixel);
    [total, down, right] = [total + ink, down + ink * Math.floor(pixel / width), right + ink * (pixel % width)];
  }
  if (!total) return light;
  const [moveY, moveX] = [Math.round((height - 1) / 2 - down / total), Math.round((width - 1) / 2 - right / total)];
  const whole = { top: 0, left: 0, height, width };
  return fitted(light, whole, width, height, { ...whole, top: moveY, left: moveX });
}

/** Intensities in the table's own range and number of channels. */
export function pixelsOf({ width, height, rgb }: Light, channels: number, limit: number): Tensor {
  const data = Float32Array.from({ length: width * height * channels }, (_, index) => {
    const pixel = Math.floor(index / channels) * 3;
    const light =
      channels >= 3
        ? rgb[pixel + Math.min(2, index % channels)]
        : 0.299 * rgb[pixel] + 0.587 * rgb[pixel + 1] + 0.114 * rgb[pixel + 2];
    const whole = Math.min(255, Math.max(0, Math.round(light)));
    return limit === 255 ? whole : (whole / 255) * limit;
  });
  return { shape: [height, width, channels], data };
}
