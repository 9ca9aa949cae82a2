// Trains with the page's own program, in Node: `page_training.mjs FOLDER SEED`, or `page_training.mjs own`.
// Prints what it took and reached; processor seconds are those of the training alone.
import { readFileSync } from "node:fs";
import { readBundle } from "../../frontend/src/bundle";
import { connected, type Choice } from "../../frontend/src/engine/layers";
import { adam, planOf } from "../../frontend/src/engine/recipe";
import { Trainer, type Rows, type Task } from "../../frontend/src/engine/trainer";

const CROSSENTROPY = { loss: "crossentropy", variations: {}, weights: null, heldOut: null } as const;

async function timed(task: Task): Promise<{ trainer: Trainer; cpu_seconds: number; fit_seconds: number }> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const trainer = new Trainer(task);
  while (trainer.step < trainer.steps) await trainer.advance();
  const { user, system } = process.cpuUsage(before);
  return { trainer, cpu_seconds: (user + system) / 1e6, fit_seconds: (performance.now() - began) / 1000 };
}

/** The recipe `quick` on MNIST, and the answers to all test rows. */
async function mnist(folder: string, seed: number): Promise<object> {
  const read = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(`${folder}/${name}`));
  const rowsOf = (name: string): Rows => {
    const targets = read(`${name}.labels`);
    return { pixels: read(`${name}.pixels`), targets, count: targets.length };
  };
  const exhibit = readBundle(read("network").buffer);
  const [train, test] = [rowsOf("train"), rowsOf("test")];
  const training = planOf("quick", { parameters: exhibit.nParameters, hasConvolutions: true }, train.count);
  const { imageShape } = exhibit;
  const { trainer, ...took } = await timed({ ...CROSSENTROPY, network: exhibit, pixelScale: 255, imageShape, training, seed, train }); // prettier-ignore
  const all = Array.from({ length: test.count }, (_, row) => row);
  const tally = trainer.examine(test, all);
  return { ...took, accuracies: [tally.right / tally.rows] };
}

/** One pass over 500 made-up pictures of 64 by 64 pixels, by six convolutions: for the time only. */
async function own(): Promise<object> {
  const choices = [16, 16, 32, 32, 64, 64].flatMap((filters, index): Choice[] => [
    { kind: "Conv2D", filters, kernel: [3, 3], padding: "same", activation: "relu" },
    ...(index % 2 ? [{ kind: "MaxPooling2D", window: [2, 2] } as const] : []),
  ]);
  const { network } = connected([...choices, { kind: "Flatten" }, { kind: "Dense", units: 10, activation: "softmax" }], [64, 64, 3]); // prettier-ignore
  const pixels = Uint8Array.from({ length: 500 * 64 * 64 * 3 }, (_, at) => Math.imul(at, 2654435761) >>> 24);
  const train = { pixels, targets: Uint8Array.from({ length: 500 }, (_, row) => row % 10), count: 500 };
  const training = { epochs: 2, batchSize: 32, optimizer: adam(0.001, 0.999), labelSmoothing: 0.1, drawn: null };
  const { cpu_seconds: cpu } = await timed({ ...CROSSENTROPY, network, pixelScale: 255, imageShape: [64, 64, 3], training, seed: 0, train }); // prettier-ignore
  return { epoch: cpu / 2 };
}

const [, , what, seed] = process.argv;
console.log(JSON.stringify(what === "own" ? await own() : await mnist(what, Number(seed))));
