import assert from "node:assert/strict";
import { test } from "node:test";
import { slide } from "../src/primitives/convolve";
import { pick } from "../src/primitives/pick";
import { poolOver } from "../src/primitives/pool";

const image = (height: number, width: number, ...data: number[]) => ({
  shape: [height, width, 1],
  data: Float32Array.from(data),
});
const SIDES = [
  [0, 0],
  [0, 0],
] as const;

test("a kernel slides without being flipped", () => {
  const kernel = { shape: [1, 2, 1, 1], data: Float32Array.of(-1, 1) };
  const found = slide(image(1, 4, 1, 2, 4, 8), kernel, Float32Array.of(10), {
    strides: [1, 1],
    dilation: [1, 1],
    sides: SIDES,
    groups: 1,
  });
  assert.deepEqual([...found.data], [11, 12, 14]);
});

test("max pooling keeps the largest of each window", () => {
  const found = poolOver(image(2, 4, 1, 5, 2, 0, 3, 4, 9, 7), {
    window: [2, 2],
    strides: [2, 2],
    sides: SIDES,
    kind: "max",
  } as never);
  assert.deepEqual([...found.data], [5, 9]);
});

test("zeros are put around", () => {
  const found = pick.forward([image(1, 1, 7)], { moves: [["zeros", 1, 1, 0, 2]] }, [1, 4, 1]);
  assert.deepEqual([...found.data], [0, 7, 0, 0]);
});
