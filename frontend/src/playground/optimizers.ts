/** From slopes to new weights: plain steps, momentum, and Adam, as Keras has them. */
import { PENALTIES } from "./functions";
import type { Dense, Slopes } from "./network";

export interface Rates {
  optimizer: string;
  learningRate: number;
  regularization: string;
  regularizationRate: number;
}

const MOMENTUM = 0.9;
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-7];

/** What an optimizer remembers between steps. */
export class Memory {
  private readonly first: Float64Array[];
  private readonly second: Float64Array[];
  private steps = 0;

  constructor(network: readonly Dense[]) {
    const empty = (): Float64Array[] =>
      network.flatMap(({ kernel, bias }) => [new Float64Array(kernel.length), new Float64Array(bias.length)]);
    [this.first, this.second] = [empty(), empty()];
  }

  /** Change the weights by the slopes of `rows` rows, added up, and set the slopes back to 0. */
  update(network: readonly Dense[], slopes: Slopes, rows: number, rates: Rates): void {
    this.steps++;
    network.forEach((layer, index) => {
      this.move(layer.bias, slopes.biases[index], rows, 2 * index + 1, { ...rates, regularization: "none" }, null);
      this.move(layer.kernel, slopes.kernels[index], rows, 2 * index, rates, layer.dead);
      slopes.biases[index].fill(0);
      slopes.kernels[index].fill(0);
    });
  }

  private move(
    weights: Float64Array,
    slopes: Float64Array,
    rows: number,
    place: number,
    rates: Rates,
    dead: Uint8Array | null,
  ): void {
    const { optimizer, learningRate, regularization, regularizationRate } = rates;
    const penalty = PENALTIES[regularization];
    const [first, second] = [this.first[place], this.second[place]];
    const corrected = (learningRate * Math.sqrt(1 - BETA_2 ** this.steps)) / (1 - BETA_1 ** this.steps);
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index];
      if (optimizer === "sgd") {
        if (dead?.[index]) continue;
        // a bias and a weight are rounded in TensorFlow Playground's two orders, so that curves stay together for good
        const moved = weight - (dead ? (learningRate / rows) * slopes[index] : (learningRate * slopes[index]) / rows);
        weights[index] = moved - learningRate * regularizationRate * penalty(weight);
        if (dead && regularization === "L1" && moved * weights[index] < 0) [weights[index], dead[index]] = [0, 1];
        continue;
      }
      const slope = slopes[index] / rows + regularizationRate * penalty(weight);
      if (optimizer === "momentum") {
        first[index] = MOMENTUM * first[index] - learningRate * slope;
        weights[index] = weight + first[index];
      } else {
        first[index] += (slope - first[index]) * (1 - BETA_1);
        second[index] += (slope * slope - second[index]) * (1 - BETA_2);
        weights[index] = weight - (first[index] * corrected) / (Math.sqrt(second[index]) + EPSILON);
      }
    }
  }
}
