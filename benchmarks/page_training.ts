// Trains in Node with the page's own program: `node page_training.mjs FOLDER WORKERS`; prints what it took and reached.
import { readFileSync } from "node:fs";
import { readBundle } from "../frontend/src/bundle";
import { planOf, type RecipeName } from "../frontend/src/engine/recipe";
import { Trainer, type Rows } from "../frontend/src/engine/trainer";

const folder = process.argv[2];
const read = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(`${folder}/${name}`));
const asked = JSON.parse(readFileSync(`${folder}/asked.json`, "utf8"));
const rowsOf = (name: string): Rows => {
  const targets = read(`${name}.labels`);
  return { pixels: read(`${name}.pixels`), targets, count: targets.length };
};
const seconds = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

const exhibit = readBundle(read("network").buffer);
const [train, test] = [rowsOf("train"), rowsOf("test")];
const network = { parameters: exhibit.nParameters, hasConvolutions: true };
const training = planOf(asked.recipe as RecipeName, network, train.count, asked.own);
const task = { network: exhibit, pixelScale: 255, imageShape: exhibit.imageShape, training, loss: "crossentropy" as const, variations: {}, seed: asked.seed, weights: null, train, heldOut: null };
const [began, since] = [performance.now(), process.cpuUsage()];
const trainer = new Trainer(task);
while (trainer.step < trainer.steps) await trainer.advance();
const took = { seconds: (performance.now() - began) / 1000, cpu: seconds(since) };
const tally = trainer.examine(test, Array.from({ length: test.count }, (_, row) => row));
const peak = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ...took, epochs: training.epochs, accuracy: tally.right / tally.rows, megabytes: trainer.learner.memory.bytes / 1e6, peak }));
