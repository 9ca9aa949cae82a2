/** The first weights of a network, as Keras draws them: uniform between limits that follow from how many meet; Glorot and Bengio 2010. */
import { sizeOf } from "../graph/tensor";
import type { Network } from "./joined";
import { Generator } from "./random";
import { STREAMS } from "./recipe";

/** Draw all weights anew; each array's draw follows from the seed and its place in the network. */
export function firstWeights({ weights }: Network, seed: number): Float32Array[] {
  return weights.map(({ name, shape }, index) => {
    const size = sizeOf(shape);
    const last = name.slice(name.lastIndexOf("/") + 1);
    if (last === "gamma" || last.endsWith("variance")) return new Float32Array(size).fill(1);
    if (shape.length < 2) return new Float32Array(size);
    const random = new Generator(seed, 0, STREAMS.weights, index);
    const field = sizeOf(shape.slice(0, -2));
    const [into, out] = shape.slice(-2);
    const limit = last === "embeddings" ? 0.05 : Math.sqrt(6 / (field * (into + out)));
    return Float32Array.from({ length: size }, () => (2 * random.fraction() - 1) * limit);
  });
}
