/** An array of numbers with a shape, row-major and channels last. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

export type Shape = readonly number[];
export type Place = readonly number[];
export type Pair = readonly [number, number];
/** Pixels added: [[above, below], [left, right]]. */
export type Sides = readonly [Pair, Pair];

export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

export const zeros = (shape: Shape): Tensor => ({ shape, data: new Float32Array(sizeOf(shape)) });

export const sameShape = (one: Shape, other: Shape): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis]);

export const flatOf = (shape: Shape, place: Place): number =>
  place.reduce((flat, index, axis) => flat * shape[axis] + index, 0);

export function placeOf(shape: Shape, flat: number): number[] {
  const place = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return place;
}

export const isInside = (shape: Shape, place: Place): boolean =>
  place.every((index, axis) => index >= 0 && index < shape[axis]);

/** Height, width and channels; a sequence is an image of height 1, a plain list an image of one row and column. */
export function asImage(shape: Shape): [number, number, number] {
  const channels = shape[shape.length - 1] ?? 1;
  if (shape.length === 3) return [shape[0], shape[1], channels];
  if (shape.length === 2) return [1, shape[0], channels];
  return [1, 1, sizeOf(shape)];
}

/** How many places a window has along one side; 0 where it does not fit. */
export function placesAlong(length: number, reach: number, stride: number): number {
  return length < reach ? 0 : Math.floor((length - reach) / stride) + 1;
}

/** Where a window stands: first row and column in the input, which may lie in the padding. */
export const windowStart = (row: number, column: number, strides: Pair, sides: Sides): Pair => [
  row * strides[0] - sides[0][0],
  column * strides[1] - sides[1][0],
];

const spreads = new Map<string, Int32Array | null>();

/** For each number of a shape, the number of an operand that broadcasting puts there; null where both are alike. */
export function spread(shape: Shape, own: Shape): Int32Array | null {
  const key = `${shape.join()}|${own.join()}`;
  let found = spreads.get(key);
  if (found === undefined) {
    const [n, length] = [sizeOf(shape), sizeOf(own)];
    if (sameShape(shape, own)) found = null;
    else if (length === 1 || length === own[own.length - 1]) found = new Int32Array(n).map((_, flat) => flat % length);
    else found = new Int32Array(n).map((_, flat) => flatOf(own, spreadPlace(own, placeOf(shape, flat))));
    spreads.set(key, found);
  }
  return found;
}

/** The place of an operand that broadcasting puts at a place. */
export const spreadPlace = (own: Shape, place: Place): number[] =>
  own.map((length, axis) => (length === 1 ? 0 : place[place.length - own.length + axis]));

/** Add up what broadcasting repeated. */
export function gathered(slope: Float32Array, shape: Shape, own: Shape): Tensor {
  const map = spread(shape, own);
  const result = zeros(own);
  for (let place = 0; place < slope.length; place++) result.data[map ? map[place] : place] += slope[place];
  return result;
}

/** The places of each line along an axis. */
export function* linesAlong(shape: Shape, axis: number): Generator<number[]> {
  const length = shape[axis];
  const step = sizeOf(shape.slice(axis + 1));
  const blocks = sizeOf(shape.slice(0, axis));
  for (let block = 0; block < blocks; block++) {
    for (let offset = 0; offset < step; offset++) {
      yield Array.from({ length }, (_, index) => (block * length + index) * step + offset);
    }
  }
}

/** Two tensors of one shape, added; the other alone where there is no first one. */
export const together = (one: Tensor | undefined, other: Tensor): Tensor =>
  one ? { shape: one.shape, data: one.data.map((value, place) => value + other.data[place]) } : other;
