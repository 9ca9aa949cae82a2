/** A graph of primitives, as Python describes a layer: one interpreter for all of them, forwards and backwards. */
import { PRIMITIVES } from "../primitives";
import type { Name, Settings } from "../primitives/types";
import { together, type Place, type Shape, type Tensor } from "./tensor";

export type Rule =
  | "sum"
  | "product"
  | "largest"
  | "mean"
  | "copy"
  | "curve"
  | "share"
  | "log share"
  | "deviation"
  | "length"
  | "root mean square";

/** How one number comes about: which numbers it is made of, each times a weight if there is one, and what is added. */
export interface Apart {
  rule: Rule;
  terms: { input: number; place: Place; weight: number | null }[];
  constant: number | null;
}

/** What runs graphs, for a primitive that has one inside; handed to it, so that no file imports itself. */
export interface Runner {
  fold: typeof fold;
  run: typeof run;
  goBack: typeof goBack;
}

/** What every primitive answers. */
export interface Operation<P extends Name> {
  forward(inputs: readonly Tensor[], settings: Settings[P], shape: Shape, runner: Runner): Tensor;
  /** The slope of each input; null for one that is not wanted. */
  back(
    slope: Tensor,
    inputs: readonly Tensor[],
    settings: Settings[P],
    output: Tensor,
    wanted: readonly boolean[],
    runner: Runner,
  ): (Tensor | null)[];
  /** A normalization has the number itself as its first term, and all that it is measured against after it. */
  apart(inputs: readonly Tensor[], settings: Settings[P], place: Place): Apart;
}

interface Known {
  shape: Shape;
  /** Made of weights and constants alone. */
  static: boolean;
}

/** A source, or a constant with its numbers. */
export interface Given extends Known {
  do?: undefined;
  numbers?: readonly number[];
}

export type UseOf<P extends Name> = Known & { do: P; settings: Settings[P]; inputs: readonly number[]; part: string };
/** One use of a primitive; its part is what the learner calls the value, empty for one that only moves numbers. */
export type Use = { [P in Name]: UseOf<P> }[Name];
export type Value = Given | Use;

export interface Graph {
  values: readonly Value[];
  /** What is given: a layer's inputs, then its weights. */
  sources: readonly number[];
  outputs: readonly number[];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the settings belong to the name, which a type cannot say
const operationOf = (use: Use): Operation<any> => PRIMITIVES[use.do];

const inputsOf = (use: Use, values: readonly Tensor[]): Tensor[] => use.inputs.map((number) => values[number]);

/** Compute what is made of weights alone; the others stay empty. */
export function fold(graph: Graph, given: readonly (Tensor | null)[]): Tensor[] {
  const values = new Array<Tensor>(graph.values.length);
  graph.sources.forEach((number, index) => given[index] && (values[number] = given[index]));
  graph.values.forEach((value, number) => {
    if (!value.static) return;
    if (value.do)
      values[number] = operationOf(value).forward(inputsOf(value, values), value.settings, value.shape, RUNNER);
    else if (value.numbers) values[number] = { shape: value.shape, data: Float32Array.from(value.numbers) };
  });
  return values;
}

/** What is known before anything is computed: `given` are the first sources, `still` what `fold` has found. */
export function begun(graph: Graph, given: readonly Tensor[], still: readonly Tensor[]): Tensor[] {
  const values = still.slice();
  given.forEach(
    (tensor, index) =>
      (values[graph.sources[index]] = { shape: graph.values[graph.sources[index]].shape, data: tensor.data }),
  );
  return values;
}

/** Compute every value. */
export function run(graph: Graph, given: readonly Tensor[], still: readonly Tensor[]): Tensor[] {
  const values = begun(graph, given, still);
  graph.values.forEach((value, number) => {
    if (value.do && !value.static)
      values[number] = operationOf(value).forward(inputsOf(value, values), value.settings, value.shape, RUNNER);
  });
  return values;
}

/** Send slopes of some values back; gives those of all values that they reach and that are not static, or of all. */
export function goBack(
  graph: Graph,
  values: readonly Tensor[],
  flowing: ReadonlyMap<number, Tensor>,
  toWeights = false,
): Map<number, Tensor> {
  const slopes = new Map(flowing);
  for (let number = graph.values.length - 1; number >= 0; number--) {
    const use = graph.values[number];
    const slope = slopes.get(number);
    if (!use.do || !slope || (use.static && !toWeights)) continue;
    const wanted = use.inputs.map((input) => toWeights || !graph.values[input].static);
    const found = operationOf(use).back(slope, inputsOf(use, values), use.settings, values[number], wanted, RUNNER);
    use.inputs.forEach((input, index) => {
      const one = found[index];
      if (one && wanted[index]) slopes.set(input, together(slopes.get(input), one));
    });
  }
  return slopes;
}

export const RUNNER: Runner = { fold, run, goBack };

/** Take one number of a value apart. */
export const apartOf = (use: Use, values: readonly Tensor[], place: Place): Apart =>
  operationOf(use).apart(inputsOf(use, values), use.settings, place);
