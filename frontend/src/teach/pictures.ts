/** From a file, a drawing or a frame to the network's pixels. Only the browser decodes pictures. */
import { t } from "../language/catalogue";
import { lightOf, MOST_PIXELS, pixelsOf, prepared, statedSize, type Light } from "../numbers/own";
import { SHAPES, type Kind } from "./project";

export const MOST_BYTES = 20_000_000;
/** Pictures are made this much larger than the network's before their pixels are averaged. */
const FINER = 4;

const whole = ({ data }: { data: Float32Array }): Uint8Array<ArrayBuffer> => Uint8Array.from(data);

/** A drawing: cut to the ink and centred, as the pictures of MNIST were made. */
export function fromDrawing(light: Light, kind: Kind): Uint8Array<ArrayBuffer> {
  const shape = SHAPES[kind];
  return whole(pixelsOf(prepared(light, shape, { crop: true, centre: true }), shape[2], 255));
}

/**
 * Any other picture. For drawings the whole of it is kept, on black, and dark ink on bright paper is inverted; of a
 * photograph the middle square, because borders would be learned.
 */
export function fromSource(source: CanvasImageSource, width: number, height: number, kind: Kind) {
  const shape = SHAPES[kind];
  const side = kind === "photographs" ? Math.min(width, height) : Math.max(width, height);
  const fine = Math.min(side, shape[0] * FINER);
  const scale = fine / side;
  const canvas = new OffscreenCanvas(fine, fine);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const isOnBright = kind === "drawings" && isBrightAtTheBorder(source);
  context.fillStyle = isOnBright ? "#fff" : "#000";
  context.fillRect(0, 0, fine, fine);
  context.imageSmoothingQuality = "high";
  const [wide, high] = [width * scale, height * scale];
  context.drawImage(source, (fine - wide) / 2, (fine - high) / 2, wide, high);
  if (isOnBright) {
    context.globalCompositeOperation = "difference";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, fine, fine);
  }
  return whole(pixelsOf(prepared(lightOf(canvas, fine, fine), shape, { crop: false, centre: false }), shape[2], 255));
}

/** Whether the border is more white than black, as with ink on paper. */
function isBrightAtTheBorder(source: CanvasImageSource): boolean {
  const side = 16;
  const { rgb } = lightOf(source, side, side);
  const last = side - 1;
  let [sum, n] = [0, 0];
  for (let pixel = 0; pixel < side * side; pixel++) {
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    if (row % last && column % last) continue;
    sum += rgb[pixel * 3] + rgb[pixel * 3 + 1] + rgb[pixel * 3 + 2];
    n += 3;
  }
  return sum / n > 127;
}

/** A picture file that the reader chose. Throws with words where it is none, is damaged, or is too large. */
export async function fromFile(file: Blob, kind: Kind): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > MOST_BYTES) throw new Error(t("it has {n} MB, and may have 20", { n: Math.ceil(file.size / 1e6) }));
  const size = statedSize(new Uint8Array(await file.slice(0, 2 ** 18).arrayBuffer()));
  if (!size) throw new Error(t("it is no PNG, JPEG, WebP or BMP picture"));
  if (!(size[0] * size[1] <= MOST_PIXELS && size[0] && size[1]))
    throw new Error(t("it has {wide} × {high} pixels, and may have 16 million", { wide: size[0], high: size[1] }));
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t("it is damaged: the browser cannot decode it"));
  });
  try {
    return fromSource(bitmap, bitmap.width, bitmap.height, kind);
  } finally {
    bitmap.close();
  }
}
