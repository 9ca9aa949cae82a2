/** How a picture of the table is painted. */
import type { Picture } from "../bundle";
import { asImage } from "../graph/tensor";

export function picturePalette(picture: Picture): "intensity" | "colour" {
  return asImage(picture.pixels.shape)[2] >= 3 ? "colour" : "intensity";
}

/** Intensities end at 255 where the table holds whole numbers, else at their own largest. */
export function pictureLimit(picture: Picture): number {
  const most = picture.pixels.data.reduce((largest, value) => Math.max(largest, value), 0);
  return most > 1 ? 255 : 1;
}
