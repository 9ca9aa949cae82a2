/** How weights follow their gradients: Keras' rules, over one flat array. */
import type { Address, Memory } from "./memory";
import { rateAt, type Rate } from "./recipe";

export type OptimizerSettings = { rate: Rate; weightDecay: number } & (
  { name: "sgd"; momentum: number; nesterov: boolean } | { name: "adam"; beta1: number; beta2: number; epsilon: number }
);

/** What an optimizer remembers, to go on later. */
export interface Remembered {
  steps: number;
  first: Float32Array<ArrayBuffer>;
  second: Float32Array<ArrayBuffer>;
}

export class Optimizer {
  steps = 0;
  private readonly first: Address;
  private readonly second: Address;

  constructor(
    private readonly memory: Memory,
    private readonly settings: OptimizerSettings,
    private readonly count: number,
  ) {
    [this.first, this.second] = [memory.take(count), memory.take(count)];
  }

  /** Take one step with the gradients of a batch; both arrays have `count` numbers. */
  move(weights: Address, gradient: Address): void {
    const { settings, memory, count, first, second } = this;
    const rate = rateAt(settings.rate, this.steps++);
    const shrink = Math.fround(settings.weightDecay * rate);
    if (settings.name === "sgd") return this.descend(weights, gradient, rate, shrink, settings);
    const { beta1, beta2, epsilon } = settings;
    const alpha = (rate * Math.sqrt(1 - beta2 ** this.steps)) / (1 - beta1 ** this.steps);
    memory.kernel.adam(weights, gradient, first, second, count, alpha, 1 - beta1, 1 - beta2, epsilon, shrink);
  }

  private descend(
    weights: Address,
    gradient: Address,
    rate: number,
    shrink: number,
    { momentum, nesterov }: { momentum: number; nesterov: boolean },
  ): void {
    const [w, slope, speed] = [weights, gradient, this.first].map((at) => this.memory.numbers(at, this.count));
    for (let at = 0; at < w.length; at++) {
      const push = Math.fround(slope[at] * Math.fround(rate));
      speed[at] = Math.fround(speed[at] * Math.fround(momentum)) - push;
      w[at] -= Math.fround(w[at] * shrink);
      w[at] += nesterov ? Math.fround(momentum) * speed[at] - push : speed[at];
    }
  }

  remembered(): Remembered {
    const [first, second] = [this.first, this.second].map((at) => this.memory.numbers(at, this.count).slice());
    return { steps: this.steps, first, second };
  }

  putBack({ steps, first, second }: Remembered): void {
    this.steps = steps;
    this.memory.numbers(this.first, this.count).set(first);
    this.memory.numbers(this.second, this.count).set(second);
  }
}
