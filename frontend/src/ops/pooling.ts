import { windowStart } from "./convolution";
import { asImage, placesAlong, shapedLike, zeros, type Pair, type Sides, type Tensor } from "./tensor";

export interface PoolingSettings {
  pool_size: Pair;
  strides: Pair;
  padding: Sides;
  kind: "max" | "average";
}

/** The largest, or the mean, of each window; padding is in no window. */
export function pool(image: Tensor, settings: PoolingSettings): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const { pool_size: size, strides, padding, kind } = settings;
  const rows = placesAlong(height + padding[0][0] + padding[0][1], size[0], strides[0]);
  const columns = placesAlong(width + padding[1][0] + padding[1][1], size[1], strides[1]);
  const result = zeros(shapedLike(image, rows, columns, channels));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [top, left] = windowStart(row, column, strides, padding);
      const [firstRow, firstColumn] = [Math.max(0, top), Math.max(0, left)];
      const [lastRow, lastColumn] = [Math.min(height, top + size[0]), Math.min(width, left + size[1])];
      for (let channel = 0; channel < channels; channel++) {
        let [largest, total] = [-Infinity, 0];
        for (let y = firstRow; y < lastRow; y++) {
          for (let x = firstColumn; x < lastColumn; x++) {
            const value = image.data[(y * width + x) * channels + channel];
            if (value > largest || Number.isNaN(value)) largest = value;
            total += value;
          }
        }
        const inside = (lastRow - firstRow) * (lastColumn - firstColumn);
        result.data[(row * columns + column) * channels + channel] = kind === "max" ? largest : total / inside;
      }
    }
  }
  return result;
}

/** One number per channel; the layer's own shape is put on it afterwards. */
export function globalPool(image: Tensor, kind: "max" | "average"): Tensor {
  const [height, width, channels] = asImage(image.shape);
  const result = zeros([channels]);
  for (let channel = 0; channel < channels; channel++) {
    let [largest, total] = [-Infinity, 0];
    for (let place = channel; place < image.data.length; place += channels) {
      largest = Math.max(largest, image.data[place]);
      total += image.data[place];
    }
    result.data[channel] = kind === "max" ? largest : total / (height * width);
  }
  return result;
}
