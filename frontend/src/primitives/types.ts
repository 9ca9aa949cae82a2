// Written by tools/primitives.py from src/convscope/primitives; `make page` writes it again.
import type { Graph } from "../graph/graph";

export type CurveName =
  | "linear"
  | "relu"
  | "relu6"
  | "leaky_relu"
  | "elu"
  | "celu"
  | "selu"
  | "gelu"
  | "sigmoid"
  | "log_sigmoid"
  | "tanh"
  | "hard_tanh"
  | "tanh_shrink"
  | "softplus"
  | "softsign"
  | "silu"
  | "mish"
  | "hard_sigmoid"
  | "hard_silu"
  | "hard_shrink"
  | "soft_shrink"
  | "sparse_plus"
  | "sparse_sigmoid"
  | "squareplus"
  | "exponential";

/** The settings of every primitive, by its name. */
export interface Settings {
  add: { factors: readonly (number)[]; constant: number };
  bend: { curve: CurveName; how: readonly (readonly [string, number])[] };
  contract: { letters: string };
  convolve: { strides: readonly [number, number]; sides: readonly [readonly [number, number], readonly [number, number]]; dilation: readonly [number, number]; groups: number };
  join: { axis: number };
  look_up: {};
  multiply: {};
  noise: { kind: "none" | "dropout" | "gaussian dropout" | "gaussian" | "alpha" | "varied"; rate: number; alike: readonly (number)[] };
  normalize: { axes: readonly (number)[]; epsilon: number; measure: "deviation" | "length" | "root mean square"; momentum: number | null };
  pick: { moves: readonly (readonly (any)[])[] };
  pool: { kind: "max" | "average"; window: readonly [number, number]; strides: readonly [number, number]; sides: readonly [readonly [number, number], readonly [number, number]] };
  scan: { body: Graph; n_steps: number; n_memory: number };
  softmax: { axis: number; log: boolean };
}

export type Name = keyof Settings;
