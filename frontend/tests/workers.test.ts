import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readBundle } from "../src/bundle";
import { openLine, type StartFellow } from "../src/engine/line";
import { adam } from "../src/engine/recipe";
import type { Event } from "../src/engine/session";
import { Trainer, type Task } from "../src/engine/trainer";
import { startWorker } from "../src/engine/worker";

const GOLDEN = JSON.parse(readFileSync("tests/golden/training.json", "utf8"));
const exhibit = readBundle(Uint8Array.from(Buffer.from(GOLDEN.states[0].bundle, "base64")).buffer);
const COUNT = 50;

/** Pictures whose class can be seen: another quarter is bright. */
const task = (epochs = 3): Task => {
  const pixels = new Uint8Array(COUNT * 90);
  const targets = Uint8Array.from({ length: COUNT }, (_, row) => row % 4);
  targets.forEach((label, row) => {
    for (let place = 0; place < 90; place++)
      pixels[row * 90 + place] = Math.floor(place / 45) * 2 + Math.floor((place % 10) / 5) === label ? 200 + row : row;
  });
  return {
    network: exhibit,
    pixelScale: 255,
    imageShape: [9, 10, 1],
    training: { epochs, batchSize: 14, optimizer: adam({ peak: 0.02, steps: 4 * epochs }, 0.97), labelSmoothing: 0.1, drawn: null }, // prettier-ignore
    loss: "crossentropy",
    variations: { shift: 0.1, rotate: 10, zoom: 0.1, flip: true, brightness: 0.2 },
    seed: 7,
    weights: null,
    train: { pixels, targets, count: COUNT },
    heldOut: { pixels, targets, count: COUNT },
  };
};

/** The worker's program in this thread: messages arrive later, as in a browser. */
const here: StartFellow = (tell) => {
  const hear = startWorker((event) => queueMicrotask(() => tell(event)));
  let ports: readonly (MessagePort | null)[] = [];
  return {
    post(message) {
      ports = (message as { ports?: typeof ports }).ports ?? ports;
      queueMicrotask(() => hear(message as never));
    },
    close() {
      hear({ do: "stop" });
      for (const port of ports) port?.close();
    },
  };
};

function train(wished: number, one = task(), on?: (event: Event, stop: () => void) => void): Promise<Event[]> {
  return new Promise((done, fail) => {
    const events: Event[] = [];
    const line = openLine(
      one,
      (event) => {
        events.push(event);
        on?.(event, () => line.order("stop"));
        if (event.tells === "failed") fail(new Error(event.words));
        if (event.tells === "ended") done(events);
      },
      { wished, start: here },
    );
  });
}

const endOf = (events: readonly Event[]) => events.find((event) => event.tells === "ended")!;

test("one, two and four workers end at the same weights, bit for bit", async () => {
  const [one, two, four] = await Promise.all([1, 2, 4].map(async (workers) => endOf(await train(workers))));
  assert.equal(one.why, "done");
  assert.deepEqual(two.weights, one.weights);
  assert.deepEqual(four.weights, one.weights);
  const other = endOf(await train(1, { ...task(), seed: 8 }));
  assert.notDeepEqual(other.weights, one.weights);
});

test("a training learns, and tells its epochs and a film on the way", async () => {
  const events = await train(2, { ...task(30), variations: {} });
  const epochs = events.filter((event) => event.tells === "epoch");
  assert.equal(epochs.length, 30);
  assert.ok(epochs[29].metrics.val_accuracy! > 0.95, JSON.stringify(epochs[29].metrics));
  const looks = events.filter((event) => event.tells === "look").map(({ look }) => look);
  assert.equal(looks[0].step, 0);
  assert.equal(looks[looks.length - 1].step, 120);
  assert.deepEqual(looks[looks.length - 1].weights, endOf(events).weights);
  assert.ok(looks[1].gradients.conv2d > 0 && looks[1].per_class.length === 4);
});

test("a stop is heard within the epoch", async () => {
  const events = await train(2, task(100_000), (event, stop) => event.tells === "progress" && stop());
  const { why, step } = endOf(events);
  assert.equal(why, "stopped");
  assert.ok(step > 0 && step < 400_000);
});

test("a pause waits until it goes on", async () => {
  const events: string[] = [];
  await new Promise<void>((done) => {
    const line = openLine(
      task(2000),
      (event) => {
        if (event.tells === "progress" && !events.includes("paused")) line.order("pause");
        if (event.tells === "paused") setTimeout(() => line.order("stop"));
        events.push(event.tells);
        if (event.tells === "ended") done();
      },
      { wished: 1, start: here },
    );
  });
  assert.deepEqual(events.slice(-2), ["paused", "ended"]);
});

test("a loss that is no number ends the training", async () => {
  const wild = task(500);
  wild.training.optimizer = { name: "sgd", rate: 1e30, momentum: 0, nesterov: false, weightDecay: 0 };
  assert.equal(endOf(await train(1, wild)).why, "diverged");
});

test("a training goes on from the weights of another", async () => {
  const first = endOf(await train(1));
  const next = new Trainer({ ...task(), weights: first.weights });
  assert.deepEqual(next.weights(), first.weights);
});
