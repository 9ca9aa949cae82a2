import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATIONS, lossFor } from "../src/playground/functions";
import { drawNetwork } from "../src/playground/network";
import { seededRandom, shuffle } from "../src/playground/random";

test("a seed draws the numbers of the seedrandom library", () => {
  const random = seededRandom("hello.");
  assert.deepEqual([random(), random()], [0.9282578795792454, 0.3752569768646784]);
});

test("a shuffle loses nothing", () => {
  const items = [...Array(50).keys()];
  shuffle(seededRandom("1"), items);
  assert.notDeepEqual(items, [...Array(50).keys()]);
  assert.deepEqual(
    items.sort((one, other) => one - other),
    [...Array(50).keys()],
  );
});

test("slopes are those of the curves", () => {
  for (const [name, { value, slope }] of Object.entries(ACTIVATIONS))
    for (const at of [-1.3, -0.2, 0.4, 2])
      assert.ok(Math.abs((value(at + 1e-6) - value(at - 1e-6)) / 2e-6 - slope(at, value(at))) < 1e-6, name);
});

test("a sure and right answer costs almost nothing", () => {
  const loss = lossFor("cross-entropy", 3);
  assert.ok(loss.value(Float64Array.of(1, 0, 0), Float64Array.of(30, 0, 0), 0) < 1e-9);
});

test("a network may begin with zeros", () => {
  const [layer] = drawNetwork([2, 3], ["tanh"], seededRandom("1"), true);
  assert.ok([...layer.kernel, ...layer.bias].every((weight) => weight === 0));
});
