import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Exhibit } from "../src/bundle";
import { firstWeights } from "../src/engine/first";
import { modelFile, opened } from "../src/engine/home";
import { joined } from "../src/engine/joined";
import { connected, NoNetwork, type Choice } from "../src/engine/layers";
import { Generator } from "../src/engine/random";
import { adam } from "../src/engine/recipe";
import { Trainer } from "../src/engine/trainer";
import { digest } from "../src/engine/zip";
import { compare, forward } from "../src/network";

/** What Python's tests read: `CONVSCOPE_WRITE=1 npm test` writes it anew. */
const GOLDEN = "../tests/golden/page_model";
const CHOICES: Choice[] = [
  { kind: "Conv2D", filters: 5, kernel: [3, 2], padding: "same", activation: "relu" },
  { kind: "BatchNormalization" },
  { kind: "MaxPooling2D", window: [2, 2] },
  { kind: "Dropout", rate: 0.2 },
  { kind: "Flatten" },
  { kind: "Dense", units: 6, activation: "tanh" },
  { kind: "Dense", units: 3, activation: "softmax" },
];
const built = connected(CHOICES, [6, 7, 2]);
const SIZE = 6 * 7 * 2;

const picture = (number: number): Float32Array => {
  const random = new Generator(number);
  return Float32Array.from({ length: SIZE }, () => random.upTo(255));
};

const shown = {
  classNames: ["a", "b", "c"],
  pixelScale: 255,
  pictures: [0, 1, 2].map((row) => ({ row, label: null, name: "", pixels: { shape: [6, 7, 2], data: picture(row) }, values: new Map() })), // prettier-ignore
  ...built.network,
} as unknown as Exhibit;

/** Weights as a training might leave them. */
const weights = firstWeights(joined(built.network, true), 3).map((values, index) => {
  const random = new Generator(9, index);
  return values.map((value) => value + random.fraction() / 4);
});

test("a network trained in the page opens in the explorer", async () => {
  const train = {
    pixels: Float32Array.from([0, 1, 2].flatMap((row) => [...picture(row)])),
    targets: [0, 1, 2],
    count: 3,
  };
  const training = { epochs: 30, batchSize: 3, optimizer: adam(0.02, 0.99), labelSmoothing: 0, drawn: null };
  const network = connected(
    CHOICES.filter(({ kind }) => kind !== "BatchNormalization"),
    [6, 7, 2],
  ).network;
  const trainer = new Trainer({ network, pixelScale: 255, imageShape: null, training, loss: "crossentropy", variations: {}, seed: 1, weights: null, train, heldOut: null }); // prettier-ignore
  while (trainer.step < trainer.steps) await trainer.advance();
  const exhibit = opened(shown, network, trainer.weights(), 0);
  shown.pictures.forEach((one, label) => {
    const answer = forward(exhibit, one).layers.get("dense_2")!.activation.data;
    assert.ok(answer[label] > 0.8, `${label}: ${answer}`);
  });
  assert.ok(compare(exhibit).equal);
});

test("a model file is the one that Python's tests read", () => {
  const told = { classNames: shown.classNames, imageShape: [6, 7, 2], pixelScale: 255, recipe: "quick", epochs: 2, history: { loss: [1.5, 1] }, seconds: [0.5, 0.5] }; // prettier-ignore
  const file = modelFile(built, weights, told);
  const exhibit = opened(shown, built.network, weights, 0);
  const rows = shown.pictures.map((one) => [...one.pixels.data]);
  const answers = shown.pictures.map((one) => [...forward(exhibit, one).layers.get("dense_2")!.activation.data]);
  if (process.env.CONVSCOPE_WRITE || !existsSync(`${GOLDEN}.zip`)) {
    writeFileSync(`${GOLDEN}.zip`, file);
    writeFileSync(`${GOLDEN}.json`, `${JSON.stringify({ rows, answers })}\n`);
  }
  assert.deepEqual(new Uint8Array(readFileSync(`${GOLDEN}.zip`)), file);
  const known = JSON.parse(readFileSync(`${GOLDEN}.json`, "utf8"));
  answers.flat().forEach((value, at) => assert.ok(Math.abs(value - known.answers.flat()[at]) < 1e-6));
});

test("a digest is SHA-256", () => {
  for (const length of [0, 55, 56, 64, 1000]) {
    const content = new Uint8Array(length).map((_, at) => at * 7);
    assert.equal(digest(content), createHash("sha256").update(content).digest("hex"));
  }
});

test("a layer that does not fit is refused in words", () => {
  assert.throws(() => connected([{ kind: "Dense", units: 3 }], [4, 4, 1]), NoNetwork);
  assert.throws(() => connected([{ kind: "Conv2D", filters: 2, kernel: [5, 5] }], [4, 4, 1]), /does not fit/);
  assert.throws(() => connected([{ kind: "Flatten" }, { kind: "MaxPooling2D", window: [2, 2] }], [4, 4, 1]), /picture/);
});
