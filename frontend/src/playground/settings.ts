/** Everything that can be chosen, and its words in the link: those of TensorFlow Playground, and some of our own. */
import { ACTIVATIONS } from "./functions";
import { FEATURES } from "./features";
import { POINT_SETS } from "./points";

export interface Settings {
  problem: string;
  dataset: string;
  regDataset: string;
  noise: number;
  percTrainData: number;
  seed: string;
  scaled: boolean;
  batchSize: number;
  learningRate: number;
  loss: string;
  optimizer: string;
  activation: string;
  /** One for each hidden layer; what is missing is `activation`. */
  activations: string[];
  regularization: string;
  regularizationRate: number;
  features: string[];
  networkShape: number[];
  stop: string;
  stopAt: number;
  discretize: boolean;
  showTestData: boolean;
}

export const OPTIONS = {
  problem: ["classification", "regression"],
  regDataset: Object.keys(POINT_SETS).filter((name) => POINT_SETS[name].values),
  learningRate: [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  loss: ["crossentropy", "squared"],
  optimizer: ["sgd", "momentum", "adam"],
  activation: Object.keys(ACTIVATIONS),
  regularization: ["none", "L1", "L2"],
  regularizationRate: [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  stop: ["never", "passes", "loss", "patience"],
} as const;

export const MOST_LAYERS = 6;
export const MOST_UNITS = 8;
export const OWN = "own";

export const DEFAULTS: Settings = {
  problem: "classification",
  dataset: "circle",
  regDataset: "reg-plane",
  noise: 0,
  percTrainData: 50,
  seed: "0.5",
  scaled: true,
  batchSize: 10,
  learningRate: 0.03,
  loss: "crossentropy",
  optimizer: "sgd",
  activation: "tanh",
  activations: [],
  regularization: "none",
  regularizationRate: 0,
  features: ["x", "y"],
  networkShape: [4, 2],
  stop: "never",
  stopAt: 200,
  discretize: false,
  showTestData: false,
};

/** What a teacher can hide from learners; the words are Playground's where it has them. */
export const HIDEABLE: Readonly<Record<string, string>> = {
  playButton: "Run",
  stepButton: "Step",
  resetButton: "Reset",
  learningRate: "Learning rate",
  activation: "Activation",
  regularization: "Regularization",
  regularizationRate: "Regularization rate",
  problem: "Problem",
  loss: "Loss",
  optimizer: "Optimizer",
  dataset: "Data sets",
  ownData: "Own data",
  percTrainData: "Share of training points",
  noise: "Noise",
  batchSize: "Batch size",
  seed: "Seed",
  features: "Features",
  numHiddenLayers: "Layers and neurons",
  discretize: "Discretize",
  showTestData: "Test points",
  stop: "Stop rule",
  weights: "Weights",
  example: "One example",
  code: "Code",
};

const between = (low: number, high: number) => (text: string, before: number): number => {
  const value = Number(text);
  return text.trim() && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : before;
};
const whole = (low: number, high: number) => (text: string, before: number): number => Math.round(between(low, high)(text, before));
const oneOf = (names: readonly string[]) => (text: string, before: string): string => (names.includes(text) ? text : before);
const yes = (text: string): boolean => text !== "false";

const READERS: { [Name in keyof Settings]: (text: string, before: Settings[Name]) => Settings[Name] } = {
  problem: oneOf(OPTIONS.problem),
  dataset: (text, before) => (/^[\w-]{1,40}$/.test(text) ? text : before),
  regDataset: oneOf(OPTIONS.regDataset),
  noise: between(0, 50),
  percTrainData: between(10, 90),
  seed: (text, before) => text.slice(0, 40) || before,
  scaled: yes,
  batchSize: whole(1, 500),
  learningRate: between(1e-6, 100),
  loss: oneOf(OPTIONS.loss),
  optimizer: oneOf(OPTIONS.optimizer),
  activation: oneOf(OPTIONS.activation),
  activations: (text) => (text ? text.split(",").map((name) => oneOf(OPTIONS.activation)(name, "tanh")) : []),
  regularization: oneOf(OPTIONS.regularization),
  regularizationRate: between(0, 100),
  features: (text) => Object.keys(FEATURES).filter((name) => text.split(",").includes(name)),
  networkShape: (text) => (text ? text.split(",").slice(0, MOST_LAYERS).map((units) => whole(1, MOST_UNITS)(units, 1)) : []),
  stop: oneOf(OPTIONS.stop),
  stopAt: between(0, 1e9),
  discretize: yes,
  showTestData: yes,
};

export const SETTING_NAMES = Object.keys(DEFAULTS) as (keyof Settings)[];

/** Read settings from words; what is no legal word stays as it is by default. */
export function readSettings(wordOf: (name: string) => string | null): Settings {
  const found: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const text = wordOf(name);
    const before = DEFAULTS[name];
    found[name] = text === null ? before : (READERS[name] as (text: string, before: unknown) => unknown)(text, before);
  }
  return found as unknown as Settings;
}

export const wordOf = (settings: Settings, name: keyof Settings): string => String(settings[name]);

/** Read the settings of a link of TensorFlow Playground: its loss is half the squared error, and each feature has a word. */
export function fromPlaygroundLink(link: string): { settings: Settings; hidden: string[] } {
  const words = new URLSearchParams(link.replace(/^[^#]*#/, ""));
  const seen = Object.keys(FEATURES).filter((name) => (words.has(name) ? words.get(name) !== "false" : DEFAULTS.features.includes(name)));
  words.set("features", seen.join(","));
  words.set("loss", "squared");
  const hidden = [...words].filter(([name, value]) => name.endsWith("_hide") && value === "true").map(([name]) => name.replace("_hide", ""));
  return { settings: readSettings((name) => words.get(name)), hidden };
}

/** The activation of each hidden layer. */
export const activationsOf = (settings: Settings): string[] =>
  settings.networkShape.map((_, index) => settings.activations[index] ?? settings.activation);

/** What of the settings decides which points there are. */
export const sameData = (one: Settings, other: Settings): boolean =>
  (["problem", "dataset", "regDataset", "noise", "percTrainData", "seed", "scaled"] as const).every((name) => one[name] === other[name]);
