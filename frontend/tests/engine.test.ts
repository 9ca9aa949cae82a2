import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readBundle } from "../src/bundle";
import { joined } from "../src/engine/joined";
import { lossOf } from "../src/engine/loss";
import { loadKernel, Memory } from "../src/engine/memory";
import { Learner } from "../src/engine/network";
import { Optimizer } from "../src/engine/optimizer";
import { grouped } from "../src/engine/plan";
import { plain } from "../src/engine/plain";
import { Generator } from "../src/engine/random";
import { planOf, rateAt, type RecipeName } from "../src/engine/recipe";

const GOLDEN = JSON.parse(readFileSync("tests/golden/training.json", "utf8"));
const ALLOWED = 5e-6;

const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, "base64")).buffer;
const numbersOf = (text: string): Float32Array => new Float32Array(bytesOf(text));

/** How far numbers are apart, as a share of the length of those that are expected. */
function distance(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  assert.equal(found.length, wanted.length);
  let [apart, length] = [0, 0];
  for (let at = 0; at < wanted.length; at++) {
    apart += (found[at] - wanted[at]) ** 2;
    length += wanted[at] ** 2;
  }
  return Math.sqrt(apart / (length || 1));
}

for (const [name, kernel] of [
  ["the kernel", () => loadKernel().kernel],
  ["plain TypeScript", plain],
] as const)
  for (const state of GOLDEN.states)
    test(`one step of ${name} has the NumPy engine's gradients: ${state.name}, before step ${state.step}`, () => {
      const exhibit = readBundle(bytesOf(state.bundle));
      const network = joined(exhibit, state.loss !== "squared error");
      const x = numbersOf(state.x);
      const targets = numbersOf(state.targets);
      const n = x.length / network.graph.values[network.input].shape.reduce((product, size) => product * size, 1);
      const learner = new Learner(network, new Memory(kernel()), n, lossOf(state.loss, state.smoothing));
      learner.put(state.weights.map(numbersOf));
      learner.input(n).set(x);
      const now = { training: true, random: new Generator(...state.draw) };
      learner.forward(n, now);
      const each = targets.length / n;
      const judged = learner.judge(n, (row) => targets.subarray(row * each, (row + 1) * each), n);
      assert.ok(Math.abs(judged.reduce((sum, { loss }) => sum + loss / n, 0) - state.mean) < 1e-6 * (1 + state.mean));
      learner.backward(n, now);
      const layers = new Map<string, [number[], number[]]>();
      learner.parts(learner.memory.numbers(learner.gradient, learner.count)).forEach((found, index) => {
        const wanted = state.gradients[index];
        assert.equal(found === null, wanted === null);
        if (!found) return;
        const { name: layer } = exhibit.layers[network.weights[index].layer];
        const [ours, theirs] = layers.get(layer) ?? [[], []];
        layers.set(layer, [
          [...ours, ...found],
          [...theirs, ...numbersOf(wanted)],
        ]);
      });
      for (const [layer, [found, wanted]] of layers)
        assert.ok(distance(found, wanted) < ALLOWED, `${layer}: ${distance(found, wanted)}`);
      const moved = learner.values.filter((_, index) => !network.weights[index].learned);
      state.after.forEach((one: string, index: number) => assert.ok(distance(moved[index], numbersOf(one)) < 1e-6));
    });

test("a convolution, its pooling and its ReLU are one step", () => {
  const network = joined(readBundle(bytesOf(GOLDEN.states[0].bundle)), true);
  const found = grouped(network).filter(({ use }) => use.do === "convolve");
  assert.deepEqual(
    found.map(({ relu, pooled }) => [relu, pooled]),
    [
      [true, true],
      [true, true],
    ],
  );
});

test("chance is drawn as NumPy draws it", () => {
  const words = new Generator(5, 2 ** 40, 1);
  assert.deepEqual(
    GOLDEN.words.map(() => words.word()),
    GOLDEN.words,
  );
  const fractions = new Generator(1, 2, 1, 7, 3);
  assert.deepEqual(
    GOLDEN.fractions.map(() => fractions.fraction()),
    GOLDEN.fractions,
  );
  const order = Int32Array.from(GOLDEN.order, (_, index) => index);
  new Generator(2 ** 31 - 5, 3, 0).shuffle(order);
  assert.deepEqual([...order], GOLDEN.order);
});

for (const one of GOLDEN.optimizers)
  test(`weights move as in Python: ${JSON.stringify(one.settings)}`, () => {
    const [before, gradients] = [numbersOf(one.weights), numbersOf(one.gradients)];
    for (const kernel of [loadKernel().kernel, plain()]) {
      const memory = new Memory(kernel);
      const [weights, gradient] = [memory.take(before.length), memory.take(before.length)];
      const optimizer = new Optimizer(memory, one.settings, before.length);
      memory.numbers(weights, before.length).set(before);
      for (let at = 0; at < gradients.length; at += before.length) {
        memory.numbers(gradient, before.length).set(gradients.subarray(at, at + before.length));
        optimizer.move(weights, gradient);
      }
      assert.ok(distance(memory.numbers(weights, before.length), numbersOf(one.after)) < 3e-7);
    }
  });

test("recipes plan as in Python", () => {
  for (const { recipe, network, rows, plan, rates } of GOLDEN.plans) {
    const found = planOf(recipe as RecipeName, network, rows);
    assert.deepEqual([found.epochs, found.batchSize, found.labelSmoothing, found.drawn], plan, recipe);
    [0, 20, 150].forEach((step, index) =>
      assert.ok(Math.abs(rateAt(found.optimizer.rate, step) - rates[index]) < 1e-9, `${recipe} ${step}`),
    );
  }
});
