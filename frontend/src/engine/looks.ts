/** The film of a training: when to look at the network, and what is seen, as the Training screen shows it. */
import type { Look } from "../bundle";
import type { Event } from "./session";
import type { Trainer } from "./trainer";

/** One moment; the weights in the network's order. */
export type FilmLook = Omit<Look, "layers"> & { weights: Float32Array<ArrayBuffer>[] };

const [MOST_ROWS, MOST_LOOKS] = [200, 60];

/** Looks at a training's first rows held out, or learned from: often at first, when most changes, then evenly. */
export function countLooks(trainer: Trainer) {
  const { task, steps, network } = trainer;
  const rows = task.heldOut ?? task.train;
  const seen = Array.from({ length: Math.min(MOST_ROWS, rows.count) }, (_, row) => row);
  const classes = network.graph.values[network.output].shape[0];
  let next = 1;
  return {
    isDue: (step: number, last: number): boolean => step >= next || step === last,
    look(seconds: number): [Event, ArrayBuffer[]] {
      const { step, epoch } = trainer;
      next = Math.max(step + 1, Math.min(Math.ceil(step * 1.3), step + Math.ceil(steps / MOST_LOOKS)));
      const [right, all] = [new Float64Array(classes), new Float64Array(classes)];
      const tally = trainer.examine(rows, seen, (outputs, from) => {
        for (let row = 0; row * classes < outputs.length && task.loss === "crossentropy"; row++) {
          const line = outputs.subarray(row * classes, (row + 1) * classes);
          const label = rows.targets[seen[from + row]];
          all[label]++;
          right[label] += Number(line.every((one) => one <= line[label]));
        }
      });
      const weights = trainer.weights();
      const look: FilmLook = {
        step,
        epoch,
        seconds,
        loss: tally.loss / tally.rows,
        accuracy: tally.right / tally.rows,
        per_class: Array.from(all, (count, label) => (count ? right[label] / count : null)),
        gradients: gradientsOf(trainer),
        weights,
      };
      return [{ tells: "look", look }, weights.map(({ buffer }) => buffer)];
    },
  };
}

/** How long the gradient of each layer was in the last step, by the layer's name; nothing before the first one. */
function gradientsOf({ learner, network, task, step }: Trainer): Record<string, number> {
  const found: Record<string, number> = {};
  if (!step) return found;
  learner.parts(learner.memory.numbers(learner.gradient, learner.count)).forEach((part, index) => {
    if (!part) return;
    const { name } = task.network.layers[network.weights[index].layer];
    found[name] = Math.hypot(found[name] ?? 0, Math.sqrt(part.reduce((sum, one) => sum + one * one, 0)));
  });
  return found;
}
