/**
 * One of several workers that train the same network: each takes its parts of every batch, and all add up alike.
 *
 * A batch has four parts whatever the workers. Their gradients are added as (1 + 2) + (3 + 4), and every worker moves its
 * own copy of the weights by the sum, so that the result is the same bit for bit however many workers there are.
 */
import type { Exhibit } from "../bundle";
import { firstWeights } from "./first";
import { joined, type Network } from "./joined";
import { lossOf, type LossName } from "./loss";
import { loadKernel, Memory, type Kernel } from "./memory";
import { Learner } from "./network";
import { Optimizer, type Remembered } from "./optimizer";
import { mostWorkers } from "./parts";
import { Generator } from "./random";
import { STREAMS, type Training } from "./recipe";
import { vary, variesAnything, type Variations } from "./variations";

/** Rows of numbers as the table has them, and what each is: a class number, or one number for each unit. */
export interface Rows {
  pixels: Uint8Array | Float32Array;
  targets: ArrayLike<number>;
  count: number;
}

export interface Task {
  network: Pick<Exhibit, "layers" | "input">;
  /** What pixels are divided by. */
  pixelScale: number;
  /** Height, width and channels of a row, where it is a picture that may be varied. */
  imageShape: readonly number[] | null;
  training: Training;
  loss: LossName;
  variations: Variations;
  seed: number;
  /** Weights to go on from, in the network's order; drawn anew where there are none. */
  weights: Float32Array[] | null;
  train: Rows;
  /** Rows that are not learned from, to measure after each epoch. */
  heldOut: Rows | null;
}

/** What is counted over rows. */
export interface Tally {
  loss: number;
  right: number;
  rows: number;
}

/** Hands a worker's sum of gradients to the others and gives theirs, in the workers' order, its own among them. */
export type Exchange = (own: Float32Array<ArrayBuffer>) => Promise<Float32Array[]>;

const added = (one: Tally, other: Tally): Tally => ({
  loss: one.loss + other.loss,
  right: one.right + other.right,
  rows: one.rows + other.rows,
});

export class Trainer {
  readonly network: Network;
  readonly learner: Learner;
  readonly optimizer: Optimizer;
  readonly isFast: boolean;
  readonly stepsPerEpoch: number;
  /** Steps taken so far. */
  step = 0;
  private readonly parts: number;
  private readonly chosen: Int32Array;
  private order: { epoch: number; rows: Int32Array } | null = null;
  private readonly sums: Float32Array<ArrayBuffer>[] = [];

  /** `me` of `workers`, which divide the parts of a batch; a `kernel` to use instead of the best there is. */
  constructor(
    readonly task: Task,
    readonly me = 0,
    readonly workers = 1,
    kernel?: Kernel,
  ) {
    const { training, loss, network, train, seed } = task;
    this.network = joined(network, loss !== "squared error");
    this.parts = mostWorkers(this.network);
    if (this.parts % workers) throw new Error(`${workers} workers cannot share ${this.parts} parts`);
    const loaded = kernel ? { kernel, isFast: false } : loadKernel();
    this.isFast = loaded.isFast;
    const memory = new Memory(loaded.kernel);
    const rows = Math.ceil(Math.min(training.batchSize, train.count) / this.parts);
    this.learner = new Learner(this.network, memory, rows, lossOf(loss, training.labelSmoothing));
    this.optimizer = new Optimizer(memory, training.optimizer, this.learner.count);
    this.learner.put(task.weights ?? firstWeights(this.network, seed));
    this.chosen = this.draw();
    this.stepsPerEpoch = Math.ceil(this.chosen.length / training.batchSize);
    for (let part = 0; part < this.parts / workers; part++) this.sums.push(new Float32Array(this.learner.count));
  }

  get epoch(): number {
    return Math.floor(this.step / this.stepsPerEpoch);
  }

  get steps(): number {
    return this.stepsPerEpoch * this.task.training.epochs;
  }

  /** The rows that are learned from: all, or as many as the recipe draws by chance. */
  private draw(): Int32Array {
    const { train, training, seed } = this.task;
    const all = Int32Array.from({ length: train.count }, (_, row) => row);
    if (training.drawn === null) return all;
    new Generator(seed, 0, STREAMS.drawn).shuffle(all);
    return all.slice(0, training.drawn).sort();
  }

  /** The rows of the next batch, cut into parts of almost the same length, as NumPy's `array_split` cuts them. */
  private batch(): Int32Array[] {
    const { task, epoch, parts, chosen } = this;
    if (this.order?.epoch !== epoch) {
      const order = Int32Array.from(chosen, (_, place) => place);
      new Generator(task.seed, epoch, STREAMS.order).shuffle(order);
      this.order = { epoch, rows: order.map((place) => chosen[place]) };
    }
    const size = task.training.batchSize;
    const start = (this.step % this.stepsPerEpoch) * size;
    const rows = this.order.rows.subarray(start, start + size);
    const [least, more] = [Math.floor(rows.length / parts), rows.length % parts];
    return Array.from({ length: parts }, (_, part) => {
      const from = part * least + Math.min(part, more);
      return rows.subarray(from, from + least + Number(part < more));
    });
  }

  /** Learn from one batch, together with the other workers; gives what this worker's own rows have cost. */
  async advance(exchange?: Exchange): Promise<Tally> {
    const { learner, me, workers, parts } = this;
    const batch = this.batch();
    const rows = batch.reduce((sum, part) => sum + part.length, 0);
    const first = (me * parts) / workers;
    let tally: Tally = { loss: 0, right: 0, rows: 0 };
    this.sums.forEach((sum, index) => {
      tally = added(tally, this.learn(batch[first + index], first + index, rows));
      sum.set(learner.memory.numbers(learner.gradient, learner.count));
    });
    const own = inPairs(this.sums);
    const all = exchange ? await exchange(own) : [own];
    learner.memory.numbers(learner.gradient, learner.count).set(inPairs(all));
    this.optimizer.move(learner.weights, learner.gradient);
    learner.prepare();
    this.step++;
    return tally;
  }

  private learn(part: Int32Array, number: number, batch: number): Tally {
    const { learner, task, step, epoch, stepsPerEpoch } = this;
    const random = new Generator(task.seed, epoch, STREAMS.dropout, step % stepsPerEpoch, number);
    this.load(task.train, part, epoch);
    const now = { training: true, random };
    learner.forward(part.length, now);
    const tally = this.judge(task.train, part, batch);
    learner.backward(part.length, now);
    return tally;
  }

  /** Put rows where the network reads its input; varied by chance in an epoch. */
  private load({ pixels }: Rows, rows: ArrayLike<number>, epoch: number | null): void {
    const { learner, task } = this;
    const input = learner.input(rows.length);
    const size = input.length / rows.length;
    const scale = Math.fround(task.pixelScale);
    const isVaried = epoch !== null && task.imageShape && variesAnything(task.variations);
    for (let row = 0, at = 0; row < rows.length; row++) {
      const from = rows[row] * size;
      if (isVaried) {
        const random = new Generator(task.seed, epoch, STREAMS.variations, rows[row]);
        const to = input.subarray(row * size, (row + 1) * size);
        vary(pixels.subarray(from, from + size), to, task.imageShape!, task.variations, task.pixelScale, random);
        for (let place = 0; place < size; place++) to[place] /= scale;
      } else for (let place = 0; place < size; place++) input[at++] = pixels[from + place] / scale;
    }
  }

  private judge({ targets, count }: Rows, rows: ArrayLike<number>, batch: number): Tally {
    const each = targets.length / count;
    const target = (row: number): ArrayLike<number> =>
      Array.prototype.slice.call(targets, rows[row] * each, (rows[row] + 1) * each);
    let [loss, right] = [0, 0];
    for (const one of this.learner.judge(rows.length, target, batch)) {
      loss += one.loss;
      right += Number(one.right);
    }
    return { loss, right, rows: rows.length };
  }

  /** Send rows that are not learned from through, so many at once; `see` gets the outputs of each few. */
  examine(rows: Rows, chosen: ArrayLike<number>, see?: (outputs: Float32Array, from: number) => void): Tally {
    let tally: Tally = { loss: 0, right: 0, rows: 0 };
    for (let start = 0; start < chosen.length; start += this.learner.rows) {
      const part = Array.prototype.slice.call(chosen, start, start + this.learner.rows) as number[];
      this.load(rows, part, null);
      const outputs = this.learner.forward(part.length);
      tally = added(tally, this.judge(rows, part, part.length));
      see?.(outputs, start);
    }
    return tally;
  }

  /** Copies of the weights, in the network's order. */
  weights(): Float32Array<ArrayBuffer>[] {
    return this.learner.values.map((values) => values.slice());
  }

  remembered(): Remembered {
    return this.optimizer.remembered();
  }
}

/** Add arrays as (1 + 2) + (3 + 4), into the first. */
function inPairs<A extends Float32Array>(arrays: readonly A[]): A {
  if (arrays.length === 1) return arrays[0];
  const half = arrays.length / 2;
  const [sum, more] = [inPairs(arrays.slice(0, half)), inPairs(arrays.slice(half))];
  for (let at = 0; at < sum.length; at++) sum[at] += more[at];
  return sum;
}
