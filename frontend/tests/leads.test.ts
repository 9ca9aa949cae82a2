import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { readArticle } from "../src/article/markdown";
import { leastLoss } from "../src/numbers/smoothing";
import { KERNEL, slid } from "../src/playground/show";
import { placeBox, stopAt } from "../src/tour";

test("the least loss is the entropy of the smoothed labels", () => {
  assert.equal(leastLoss(0, 10), 0);
  assert.ok(Math.abs(leastLoss(1, 10) - Math.log(10)) < 1e-12); // nothing is told: all classes alike
  assert.ok(Math.abs(leastLoss(0.1, 10) - (-0.91 * Math.log(0.91) - 0.09 * Math.log(0.01))) < 1e-12);
  // No other answer costs less.
  const cost = (right: number) => -0.91 * Math.log(right) - 0.09 * Math.log((1 - right) / 9);
  for (const right of [0.5, 0.9, 0.92, 0.99]) assert.ok(cost(right) > leastLoss(0.1, 10));
});

test("every link of the article leads to a screen", () => {
  const { title, sections } = readArticle(readFileSync("src/article/how-a-cnn-sees.md", "utf8"));
  assert.equal(title, "How a CNN sees");
  const pieces = sections.flatMap(({ paragraphs }) => paragraphs.flat());
  const places = pieces.flatMap(({ place }) => place ?? []);
  assert.ok(places.length >= 10);
  for (const place of places)
    assert.ok(existsSync(`src/views/${place}.tsx`) || existsSync(`src/views/${place}/screen.tsx`), place);
  assert.ok(pieces.every(({ text }) => !text.includes("](")));
});

test("the box of the tour stands beside the thing, within the frame and never over it", () => {
  const frame = { left: 0, top: 0, width: 1280, height: 800 };
  const box = { width: 376, height: 260 };
  const things = [
    [20, 100, 128, 300, "right"],
    [1040, 100, 228, 500, "left"],
    [300, 60, 700, 40, "below"],
    [300, 700, 700, 40, "above"],
  ] as const;
  for (const [left, top, width, height, side] of things) {
    const found = placeBox({ left, top, width, height }, box, frame)!;
    assert.equal(found.side, side);
    const apart =
      found.left >= left + width ||
      found.left + box.width <= left ||
      found.top >= top + height ||
      found.top + box.height <= top;
    assert.ok(apart);
    assert.ok(found.left >= 0 && found.left + box.width <= 1280 && found.top >= 0 && found.top + box.height <= 800);
  }
  assert.equal(placeBox({ left: 0, top: 0, width: 1280, height: 800 }, box, frame), null);
});

test("a link names a stop of the tour, or none", () => {
  assert.deepEqual(
    ["", "1", "3", "99", "0", "x", "-1", "2.5"].map((word) => stopAt(word, 6)),
    [-1, 0, 2, 5, -1, -1, -1, -1],
  );
});

test("a kernel slides by hand", () => {
  const step = { shape: [3, 4, 1], data: Float32Array.of(0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1) };
  const { shape, data } = slid(step, KERNEL);
  assert.deepEqual(
    [shape, [...data]],
    [
      [1, 2, 1],
      [3, 3],
    ],
  );
});
