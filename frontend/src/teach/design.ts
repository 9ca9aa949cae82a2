/** The layers of the network: ready ones that suit the pictures, and what each layer makes of them. */
import { t } from "../language/catalogue";
import { connected, NoNetwork, type Built, type Choice } from "../engine/layers";
import type { Shape } from "../graph/tensor";
import type { Kind } from "./project";

export type Size = "small" | "medium";

/** A network more than this is no longer trained while one waits. */
export const MOST_PARAMETERS = 500_000;

const conv = (filters: number): Choice => ({
  kind: "Conv2D",
  filters,
  kernel: [3, 3],
  padding: "valid",
  activation: "relu",
});
const POOL: Choice = { kind: "MaxPooling2D", window: [2, 2] };

/** Convolutions with pooling between them, twice for drawings and four times for photographs, which are larger. */
export function preset(kind: Kind, size: Size): Choice[] {
  const filters = { drawings: { small: [8, 16], medium: [16, 32] }, photographs: { small: [8, 16, 16, 32], medium: [16, 32, 32, 64] } }; // prettier-ignore
  return [...filters[kind][size].flatMap((n) => [conv(n), POOL]), { kind: "Flatten" }];
}

/** What a new layer of a kind is before it is edited. */
export const FRESH: Readonly<Record<Choice["kind"], Choice>> = {
  Conv2D: conv(16),
  MaxPooling2D: POOL,
  AveragePooling2D: { kind: "AveragePooling2D", window: [2, 2] },
  BatchNormalization: { kind: "BatchNormalization" },
  Dropout: { kind: "Dropout", rate: 0.25 },
  Flatten: { kind: "Flatten" },
  Dense: { kind: "Dense", units: 32, activation: "relu" },
};

export interface Line {
  choice: Choice;
  /** What it hands on; nothing where it does not fit. */
  shape: Shape | null;
  parameters: number;
  /** Why it does not fit, in words. */
  problem: string;
}

/** The layers with the answer as the last one: a dense layer with a unit for each class. */
const whole = (choices: readonly Choice[], classes: number): Choice[] => [
  ...choices,
  { kind: "Dense", units: classes, activation: "softmax" },
];

/** Every layer with its shape and parameters; from the first one that does not fit on, why not. */
export function described(choices: readonly Choice[], classes: number, shape: Shape): Line[] {
  let isBroken = false;
  return whole(choices, classes).map((choice, index, all) => {
    const none = { choice, shape: null, parameters: 0 };
    if (isBroken) return { ...none, problem: "" };
    try {
      const layer = connected(all.slice(0, index + 1), shape).network.layers[index];
      return { choice, shape: layer.shape, parameters: layer.n_parameters, problem: "" };
    } catch (error) {
      if (!(error instanceof NoNetwork)) throw error;
      isBroken = true;
      return { ...none, problem: error.message };
    }
  });
}

/** Why the network cannot be trained, or nothing. */
export function refusal(lines: readonly Line[]): string {
  const broken = lines.find(({ problem }) => problem);
  if (broken) return broken.problem;
  const parameters = parametersOf(lines);
  if (parameters <= MOST_PARAMETERS) return "";
  return t("{n} parameters are more than the page trains, which is {most}. Pool once more, or take fewer units.", {
    n: parameters,
    most: MOST_PARAMETERS,
  });
}

export const parametersOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { parameters }) => sum + parameters, 0);

export const build = (choices: readonly Choice[], classes: number, shape: Shape): Built =>
  connected(whole(choices, classes), shape);
