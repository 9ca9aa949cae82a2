import type { Graph, Operation } from "../graph/graph";
import { placeOf, sizeOf, together, zeros, type Tensor } from "../graph/tensor";
import type { Settings } from "./types";

const tapes = new WeakMap<Tensor, Tensor[][]>();

/** The values of the body at each step, of a scan that gave this output. */
export const stepsOf = (output: Tensor): readonly (readonly Tensor[])[] => tapes.get(output)!;

/** One step of a sequence: its numbers are not copied. */
export function stepAt({ shape, data }: Tensor, time: number): Tensor {
  const size = data.length / shape[0];
  return { shape: shape.slice(1), data: data.subarray(time * size, (time + 1) * size) };
}

/** Steps put one behind the other. */
export function stacked(steps: readonly Tensor[]): Tensor {
  const result = zeros([steps.length, ...steps[0].shape]);
  steps.forEach((step, time) => result.data.set(step.data, time * step.data.length));
  return result;
}

/** The last value that the body gives is the step's; those before are handed on. */
const outputsOf = ({ outputs }: Graph): [readonly number[], number] => [
  outputs.slice(0, -1),
  outputs[outputs.length - 1],
];

/** The same graph at each step of a sequence, with a memory that is handed on. */
export const scan: Operation<"scan"> = {
  forward(inputs, { body, n_steps, n_memory }: Settings["scan"], _, { fold, run }) {
    const [sequences, same] = [inputs.slice(0, n_steps), inputs.slice(n_steps + n_memory)];
    const changing = body.sources.slice(0, n_steps + n_memory).map(() => null);
    const still = fold(body, [...changing, ...same]);
    const [memories, output] = outputsOf(body);
    let memory = inputs.slice(n_steps, n_steps + n_memory);
    const tape: Tensor[][] = [];
    for (let time = 0; time < sequences[0].shape[0]; time++) {
      const values = run(body, [...sequences.map((sequence) => stepAt(sequence, time)), ...memory, ...same], still);
      memory = memories.map((number) => values[number]);
      tape.push(values);
    }
    const result = stacked(tape.map((values) => values[output]));
    tapes.set(result, tape);
    return result;
  },
  /** Through the steps backwards, the last one first. */
  back(slope, inputs, { body, n_steps, n_memory }, whole, wanted, { goBack }) {
    const toWeights = wanted.slice(n_steps + n_memory).some(Boolean);
    const [memories, output] = outputsOf(body);
    const found: (Tensor | null)[] = inputs.map((input, index) => (index < n_steps ? zeros(input.shape) : null));
    let memory: (Tensor | undefined)[] = [];
    const tape = stepsOf(whole);
    for (let time = tape.length - 1; time >= 0; time--) {
      const flowing = new Map([[output, stepAt(slope, time)]]);
      memories.forEach(
        (number, index) => memory[index] && flowing.set(number, together(flowing.get(number), memory[index]!)),
      );
      const slopes = goBack(body, tape[time], flowing, toWeights);
      const into = body.sources.map((number) => slopes.get(number));
      for (let index = 0; index < n_steps; index++) {
        const size = sizeOf(inputs[index].shape.slice(1));
        if (into[index]) found[index]!.data.set(into[index]!.data, time * size);
      }
      memory = into.slice(n_steps, n_steps + n_memory);
      into.slice(n_steps + n_memory).forEach((one, index) => {
        const place = n_steps + n_memory + index;
        if (one) found[place] = together(found[place] ?? undefined, one);
      });
    }
    memory.forEach((one, index) => one && (found[n_steps + index] = one));
    return found;
  },
  /** What it may depend on: all steps so far. What it is made of stands in the body. */
  apart(inputs, { n_steps }, [time]) {
    const terms = inputs.slice(0, n_steps).flatMap(({ shape, data }, input) => {
      const size = data.length / shape[0];
      return Array.from({ length: (time + 1) * size }, (_, flat) => ({
        input,
        place: [Math.floor(flat / size), ...placeOf(shape.slice(1), flat % size)],
        weight: null,
      }));
    });
    return { rule: "copy", terms, constant: null };
  },
};
