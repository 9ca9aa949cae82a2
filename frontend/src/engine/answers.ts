/** Rows sent through a network that is trained, as fast as training sends them. */
import { adam } from "./recipe";
import { Trainer, type Rows, type Task } from "./trainer";

export interface Asked {
  network: Task["network"];
  weights: Float32Array[];
  pixelScale: number;
  rows: Pick<Rows, "pixels" | "count">;
}

const AT_ONCE = 64;

/** The last layer's numbers of every row, row after row. */
export function answersOf({ network, weights, pixelScale, rows }: Asked): Float32Array<ArrayBuffer> {
  const units = network.layers[network.layers.length - 1].shape.reduce((product, size) => product * size, 1);
  // nothing is compared with the targets, but an error needs some
  const all: Rows = { ...rows, targets: new Uint8Array(rows.count * units) };
  const training = { epochs: 0, batchSize: AT_ONCE, optimizer: adam(0, 0), labelSmoothing: 0, drawn: null };
  const trainer = new Trainer({
    ...{ network, weights, pixelScale, training, train: all, heldOut: null },
    ...{ imageShape: null, loss: "squared error", variations: {}, seed: 0 },
  });
  const values = new Float32Array(rows.count * units);
  const every = Int32Array.from({ length: rows.count }, (_, row) => row);
  trainer.examine(all, every, (outputs, from) => values.set(outputs, from * units));
  return values;
}
