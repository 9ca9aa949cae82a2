import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, goBack, run, type Graph } from "../src/graph/graph";
import { flatOf, placeOf, spread, together, zeros } from "../src/graph/tensor";

const tensor = (shape: number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });

/** relu(x · w), with two inputs and one unit. */
const dense: Graph = {
  values: [
    { shape: [2], static: false },
    { shape: [2, 1], static: true },
    {
      shape: [1],
      static: false,
      do: "contract",
      settings: { letters: "i,io->o" },
      inputs: [0, 1],
      part: "sum",
    },
    {
      shape: [1],
      static: false,
      do: "bend",
      settings: { curve: "relu", how: [] },
      inputs: [2],
      part: "relu",
    },
  ],
  sources: [0, 1],
  outputs: [3],
};

test("a graph runs forwards and backwards", () => {
  const weights = tensor([2, 1], 3, -1);
  const values = run(dense, [tensor([2], 2, 1)], fold(dense, [null, weights]));
  assert.deepEqual([...values[3].data], [5]);
  const slopes = goBack(dense, values, new Map([[3, tensor([1], 1)]]));
  assert.deepEqual([...slopes.get(0)!.data], [3, -1]);
});

test("a place and its number are each other's inverse", () => {
  for (let flat = 0; flat < 24; flat++) assert.equal(flatOf([2, 3, 4], placeOf([2, 3, 4], flat)), flat);
});

test("broadcasting repeats what has length 1", () => {
  assert.deepEqual([...spread([2, 2], [1, 2])!], [0, 1, 0, 1]);
  assert.equal(spread([2, 2], [2, 2]), null);
});

test("tensors add up", () => {
  assert.deepEqual([...together(tensor([2], 1, 2), tensor([2], 3, 4)).data], [4, 6]);
  assert.equal(together(undefined, zeros([3])).data.length, 3);
});
