/** Networks made in the page: layers one after the other, each as the page's graph and as Keras' settings. */
import type { Exhibit, Layer } from "../bundle";
import { layerGraph } from "../graph/layer";
import type { Graph, Use, Value } from "../graph/graph";
import { sizeOf, zeros, type Pair, type Shape } from "../graph/tensor";
import { t } from "../language/catalogue";
import { convolvedSize } from "../primitives/convolve";
import type { CurveName } from "../primitives/types";

export type Choice =
  | { kind: "Conv2D"; filters: number; kernel: Pair; padding?: "same" | "valid"; activation?: CurveName }
  | { kind: "MaxPooling2D" | "AveragePooling2D"; window: Pair }
  | { kind: "BatchNormalization" }
  | { kind: "Dropout"; rate: number }
  | { kind: "Flatten" }
  | { kind: "Dense"; units: number; activation?: CurveName | "softmax" };

/** Why a layer cannot stand where it should, in a sentence. */
export class NoNetwork extends Error {}

/** A network with weights of 0, and what Keras would build it from. */
export interface Built {
  network: Pick<Exhibit, "layers" | "input">;
  /** The settings of each layer, for a model file. */
  settings: { class_name: string; config: Record<string, unknown> }[];
}

interface Made {
  values: Value[];
  weights: [string, Shape][];
  config: Record<string, unknown>;
  words: string;
}

const SIDES = [
  [0, 0],
  [0, 0],
] as const;
const same = (size: number): Pair => [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
const source = (shape: Shape, isStatic: boolean): Value => ({ shape, static: isStatic });
const primitive = (one: Pick<Use, "do" | "settings" | "inputs" | "shape" | "part">): Value =>
  ({ static: false, ...one }) as Use;
const curve = (name: CurveName | "softmax" | undefined, shape: Shape, input: number): Value[] => {
  if (!name || name === "linear") return [];
  if (name === "softmax")
    return [
      primitive({
        do: "softmax",
        settings: { axis: shape.length - 1, log: false },
        inputs: [input],
        shape,
        part: name,
      }),
    ];
  return [primitive({ do: "bend", settings: { curve: name, how: [] }, inputs: [input], shape, part: name })];
};

function made(choice: Choice, shape: Shape): Made {
  const [height, width, channels] = shape;
  const isPicture = shape.length === 3;
  const needed = (): void => {
    if (!isPicture)
      throw new NoNetwork(
        `${choice.kind} needs a picture, and gets ${shape.length ? shape.join(" x ") : "one"} number(s).`,
      );
  };
  switch (choice.kind) {
    case "Conv2D": {
      needed();
      const { filters, kernel, padding = "valid", activation } = choice;
      const sides = padding === "same" ? ([same(kernel[0]), same(kernel[1])] as const) : SIDES;
      const settings = { strides: [1, 1], dilation: [1, 1], sides, groups: 1 } as const;
      const after = [...convolvedSize(height, width, kernel, settings), filters];
      if (sizeOf(after) < 1)
        throw new NoNetwork(
          t("A kernel of {kernel} does not fit into {height} × {width} pixels.", {
            kernel: kernel.join(" × "),
            height,
            width,
          }),
        );
      const weights: [string, Shape][] = [
        ["kernel", [...kernel, channels, filters]],
        ["bias", [filters]],
      ];
      const values = [
        primitive({ do: "convolve", settings, inputs: [0, 1, 2], shape: after, part: "sum" }),
        ...curve(activation, after, 3),
      ];
      const config = { filters, kernel_size: kernel, padding, activation: activation ?? "linear" };
      return { values, weights, config, words: `slides ${filters} kernels over the picture` };
    }
    case "MaxPooling2D":
    case "AveragePooling2D": {
      needed();
      const { window } = choice;
      const kind = choice.kind === "MaxPooling2D" ? "max" : "average";
      const settings = { kind, window, strides: window, sides: SIDES } as const;
      const after = [...convolvedSize(height, width, window, { ...settings, dilation: [1, 1], groups: 1 }), channels];
      if (sizeOf(after) < 1)
        throw new NoNetwork(
          t("A window of {window} does not fit into {height} × {width} pixels.", {
            window: window.join(" × "),
            height,
            width,
          }),
        );
      const part = kind === "max" ? "largest" : "mean";
      const values = [primitive({ do: "pool", settings, inputs: [0], shape: after, part })];
      return { values, weights: [], config: { pool_size: window }, words: `keeps the ${part} of each window` };
    }
    case "BatchNormalization": {
      const last = shape[shape.length - 1];
      const axes = shape.slice(0, -1).map((_, axis) => axis);
      const settings = { axes, epsilon: 1e-3, measure: "deviation", momentum: 0.99 } as const;
      const line = shape.map((_, axis) => (axis === shape.length - 1 ? last : 1));
      const moved = (input: number): Value => ({
        ...primitive({ do: "pick", settings: { moves: [["reshape", line]] }, inputs: [input], shape: line, part: "" }),
        static: true,
      });
      const values = [
        ...[1, 2, 3, 4].map(moved),
        primitive({ do: "normalize", settings, inputs: [0, 7, 8], shape, part: "normalized" }),
        primitive({ do: "multiply", settings: {}, inputs: [9, 5], shape, part: "scaled" }),
        primitive({ do: "add", settings: { factors: [1, 1], constant: 0 }, inputs: [10, 6], shape, part: "shifted" }),
      ];
      const weights = ["gamma", "beta", "moving_mean", "moving_variance"].map((name): [string, Shape] => [
        name,
        [last],
      ]);
      return {
        values,
        weights,
        config: { momentum: 0.99, epsilon: 1e-3 },
        words: "measures each channel against the batch",
      };
    }
    case "Dropout": {
      const settings = { kind: "dropout", rate: choice.rate, alike: [] } as const;
      const values = [primitive({ do: "noise", settings, inputs: [0], shape, part: "handed on" })];
      return { values, weights: [], config: { rate: choice.rate }, words: "drops numbers by chance in training" };
    }
    case "Flatten": {
      const after = [sizeOf(shape)];
      const values = [
        primitive({ do: "pick", settings: { moves: [["reshape", after]] }, inputs: [0], shape: after, part: "moved" }),
      ];
      return { values, weights: [], config: {}, words: "puts all numbers in one row" };
    }
    case "Dense": {
      const [units, into] = [choice.units, shape[0]];
      if (shape.length !== 1) throw new NoNetwork(t("A dense layer needs one row of numbers: put Flatten before it."));
      const weights: [string, Shape][] = [
        ["kernel", [into, units]],
        ["bias", [units]],
      ];
      const sum = primitive({
        do: "contract",
        settings: { letters: "i,io->o" },
        inputs: [0, 1, 2],
        shape: [units],
        part: "sum",
      });
      const config = { units, activation: choice.activation ?? "linear" };
      return {
        values: [sum, ...curve(choice.activation, [units], 3)],
        weights,
        config,
        words: `weighs all numbers, ${units} times`,
      };
    }
  }
}

/** Where a layer's parameters come from, as Python says it: "(3·3·1 + 1)·8". */
function countText(weights: readonly [string, Shape][]): string {
  const [, shape] = weights[0] ?? [];
  if (!shape) return "";
  const last = shape[shape.length - 1];
  return shape.length > 1 ? `(${shape.slice(0, -1).join("·")} + 1)·${last}` : `${weights.length}·${last}`;
}

/** Connect layers. Throws `NoNetwork` where one does not fit what comes before. */
export function connected(choices: readonly Choice[], inputShape: Shape): Built {
  const layers: Layer[] = [];
  const settings: Built["settings"] = [];
  const counts = new Map<string, number>();
  let [shape, before] = [inputShape, "input"];
  for (const choice of choices) {
    const { values, weights, config, words } = made(choice, shape);
    const number = (counts.get(choice.kind) ?? 0) + 1;
    counts.set(choice.kind, number);
    const name = `${choice.kind.toLowerCase()}_${number}`;
    const all = [source(shape, false), ...weights.map(([, own]) => source(own, true)), ...values];
    const graph: Graph = {
      values: all,
      sources: [0, ...weights.map((_, index) => index + 1)],
      outputs: [all.length - 1],
    };
    shape = all[all.length - 1].shape;
    layers.push({
      name,
      kind: choice.kind,
      words,
      inputs: [before],
      shape: [...shape],
      n_parameters: weights.reduce((sum, [, own]) => sum + sizeOf(own), 0),
      arithmetic: countText(weights),
      graph: layerGraph(graph),
      function: "activation" in choice ? (choice.activation ?? "linear") : "",
      note: "",
      rounding: 0,
      known_fault: false,
      weights: Object.fromEntries(weights.map(([one, own]) => [one, zeros(own)])),
    });
    settings.push({ class_name: choice.kind, config: { name, ...config } });
    before = name;
  }
  return { network: { layers, input: { name: "input", shape: [...inputShape] } }, settings };
}
