/** How a picture of the table is painted. */
import type { Picture } from "../bundle";
import { asImage } from "../graph/tensor";

export function picturePalette(picture: Picture): "intensity" | "colour" {
  return asImage(picture.pixels.shape)[2] >= 3 ? "colour" : "intensity";
}

/** Intensities end at 255 where the table holds whole numbers, else at their own largest. */
export function pictureLimit(picture: Picture): number {
  return picture.pixels.data.some((value) => value > 1) ? 255 : 1;
}
