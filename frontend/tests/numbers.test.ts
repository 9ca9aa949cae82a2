import assert from "node:assert/strict";
import { test } from "node:test";
import { exactSumLines, formatNumber, span } from "../src/numbers/digits";
import { outputSize, samePadding } from "../src/numbers/sizes";

test("a number has a true minus sign, and zero has none", () => {
  assert.equal(formatNumber(-1234.5, 1), "−1,234.5");
  assert.equal(formatNumber(-0.0001), "0.000");
  assert.equal(formatNumber(Number.NaN), "not a number");
});

test("shown terms add up to the shown total, digit for digit", () => {
  const terms = Array.from({ length: 40 }, (_, index) => [`t${index}`, Math.sin(index) / 3] as [string, number]);
  const total = terms.reduce((sum, [, value]) => sum + value, 0);
  const lines = exactSumLines(terms, total, 3, 9, [["bias", 0]]);
  const shown = lines.slice(0, -1).map(({ text }) => Math.round(1000 * Number(text.replace("−", "-"))));
  assert.equal(
    shown.reduce((sum, value) => sum + value, 0),
    Math.round(1000 * Number(total.toFixed(3))),
  );
  assert.match(lines[9].name, /31 others, rounding/);
});

test("a 3 × 3 window has 26 places along 28 pixels, and none in 2", () => {
  const side = { input: 28, window: 3, stride: 1, dilation: 1, before: 0, after: 0, same: false };
  assert.deepEqual([outputSize(side).value, outputSize(side).formula], [26, "28 − 3 + 1 = 26"]);
  assert.match(outputSize({ ...side, input: 2 }).impossible, /does not fit into 2 pixels/);
  assert.deepEqual(samePadding(28, 4, 1, 1), [1, 2]);
});

test("a span names its ends", () => assert.equal(span("row", [5, 6, 7]), "rows 5–7"));
