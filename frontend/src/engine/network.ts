/** A network ready to learn: its weights in one flat array, and parts of a batch forwards and backwards. */
import { sizeOf } from "../graph/tensor";
import { lengthOf, type Flow, type Now } from "./flow";
import { countOf, type Network, type Weight } from "./joined";
import type { Judged, Loss } from "./loss";
import type { Address, Memory } from "./memory";
import { planned, type Plan } from "./plan";
import { Generator } from "./random";

const STILL: Now = { training: false, random: new Generator(0) };

export class Learner {
  /** All that is learned, end to end in the order of the network's weights. */
  readonly weights: Address;
  readonly gradient: Address;
  readonly count: number;
  private readonly plan: Plan;
  private readonly places: { weight: Weight; at: Address; size: number }[] = [];

  constructor(
    readonly network: Network,
    readonly memory: Memory,
    readonly rows: number,
    private readonly loss: Loss,
  ) {
    this.count = countOf(network.weights.filter(({ learned }) => learned));
    [this.weights, this.gradient] = [memory.take(this.count), memory.take(this.count)];
    const given = new Map<number, Flow>();
    let learned = 0;
    for (const weight of network.weights) {
      const { shape, value } = weight;
      const size = sizeOf(shape);
      const y = weight.learned ? this.weights + learned : memory.take(size);
      given.set(value, { shape, size, static: true, y, dy: weight.learned ? this.gradient + learned : 0 });
      this.places.push({ weight, at: y, size });
      if (weight.learned) learned += size * 4;
    }
    this.plan = planned(network, memory, rows, given);
  }

  /** The numbers of each weight, in the network's order; views that die when the memory grows. */
  get values(): Float32Array<ArrayBuffer>[] {
    return this.places.map(({ at, size }) => this.memory.numbers(at, size));
  }

  put(values: readonly ArrayLike<number>[]): void {
    this.values.forEach((own, index) => own.set(values[index]));
    this.prepare();
  }

  /** What follows from the weights alone, once they have moved. */
  prepare(): void {
    for (const { step, isStatic } of this.plan.placed) {
      if (isStatic) step?.forward(1, STILL);
      step?.prepare?.();
    }
  }

  /** Where the input of n rows lies. */
  input(n: number): Float32Array {
    const { y, size } = this.plan.flows.get(this.network.input)!;
    return this.memory.numbers(y, n * size);
  }

  /** Send the n rows in `input` through; gives their outputs, before the activation that the loss knows. */
  forward(n: number, now: Now = STILL): Float32Array {
    for (const { step, isStatic } of this.plan.placed) if (!isStatic) step?.forward(n, now);
    const { y, size } = this.plan.flows.get(this.network.output)!;
    return this.memory.numbers(y, n * size);
  }

  /** Judge the rows that were sent through; `targets` gives each row's. The mean of the loss is over `batch` rows. */
  judge(n: number, targets: (row: number) => ArrayLike<number>, batch: number): Judged[] {
    const { y, dy, size } = this.plan.flows.get(this.network.output)!;
    const [outputs, slopes] = [this.memory.numbers(y, n * size), this.memory.numbers(dy, n * size)];
    const share = Math.fround(1 / batch);
    return Array.from({ length: n }, (_, row) => {
      const [from, to] = [row * size, (row + 1) * size];
      return this.loss(outputs.subarray(from, to), targets(row), slopes.subarray(from, to), share);
    });
  }

  /** Send the slopes that `judge` has left back to the weights: `gradient` is written anew. */
  backward(n: number, now: Now = STILL): void {
    this.memory.numbers(this.gradient, this.count).fill(0);
    for (let index = this.plan.placed.length - 1; index >= 0; index--) {
      const { step, added } = this.plan.placed[index];
      step?.backward(n, now);
      for (const { to, from, input } of added) {
        const [sum, more] = [to, from].map((at) => this.memory.numbers(at, lengthOf(input, n)));
        for (let at = 0; at < sum.length; at++) sum[at] += more[at];
      }
    }
  }

  /** Each weight's part of a flat array such as the gradient; null for what is not learned. */
  parts(flat: Float32Array): (Float32Array | null)[] {
    let start = 0;
    return this.places.map(({ weight, size }) => (weight.learned ? flat.subarray(start, (start += size)) : null));
  }
}
