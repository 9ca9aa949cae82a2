/** An array of numbers with a shape, row-major and channels last. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Pair = readonly [number, number];
/** Pixels added: [[above, below], [left, right]]. */
export type Sides = readonly [Pair, Pair];

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

export const zeros = (shape: readonly number[]): Tensor => ({ shape, data: new Float32Array(sizeOf(shape)) });

/** Height, width and channels; a sequence is an image of height 1, a plain list an image of one row and column. */
export function asImage(shape: readonly number[]): [number, number, number] {
  const channels = shape[shape.length - 1] ?? 1;
  if (shape.length === 3) return [shape[0], shape[1], channels];
  if (shape.length === 2) return [1, shape[0], channels];
  return [1, 1, sizeOf(shape)];
}

/** Give the shape of the outcome: that of an image, or of a sequence where a sequence came in. */
export const shapedLike = (input: Tensor, height: number, width: number, channels: number): number[] =>
  input.shape.length === 2 ? [width, channels] : [height, width, channels];

/** How many places a window has along one side; 0 where it does not fit. */
export function placesAlong(length: number, reach: number, stride: number): number {
  return length < reach ? 0 : Math.floor((length - reach) / stride) + 1;
}
