/** Everything that can be chosen, and its words in the link: those of TensorFlow Playground, and some of our own. */
import { msg, t, type Message } from "../language/catalogue";
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
  /** Whether weights and biases begin at 0 instead of being drawn. */
  initZero: boolean;
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

/** What buttons add up to. */
export const MOST_LAYERS = 6;
export const MOST_UNITS = 8;
/** What a link may ask for. */
export const LINK_LAYERS = 12;
export const LINK_UNITS = 32;
export const MOST_NOISE = 80;
export const LONGEST_SEED = 200;
export const OWN = "own";

export const DEFAULTS: Settings = {
  problem: "classification",
  dataset: "circle",
  regDataset: "reg-plane",
  noise: 0,
  percTrainData: 50,
  seed: "0.5",
  initZero: false,
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
export const HIDEABLE: Readonly<Record<string, Message>> = {
  playButton: msg("Run"),
  stepButton: msg("Step"),
  resetButton: msg("Reset"),
  learningRate: msg("Learning rate"),
  activation: msg("Activation"),
  regularization: msg("Keep weights small (regularization)"),
  regularizationRate: msg("How much the weights are kept small"),
  problem: msg("Problem"),
  loss: msg("Loss"),
  optimizer: msg("Optimizer"),
  dataset: msg("Data sets"),
  ownData: msg("Own data"),
  percTrainData: msg("Share of training points"),
  noise: msg("Noise"),
  batchSize: msg("Batch size"),
  seed: msg("Seed"),
  features: msg("Features"),
  numHiddenLayers: msg("Layers and neurons"),
  discretize: msg("Show the decision only"),
  showTestData: msg("Test points"),
  stop: msg("Stop rule"),
  weights: msg("Weights"),
  example: msg("One example"),
  code: msg("Code"),
  recipe: msg("Settings that work"),
};

/** How one word is read: null where it means nothing; and what would. */
interface Reader<Value> {
  read: (text: string) => Value | null;
  takes: () => string;
}

const number = (low: number, high = Infinity): Reader<number> => ({
  read: (text) => (Number.isFinite(Number(text)) && Number(text) >= low && Number(text) <= high ? Number(text) : null),
  takes: () =>
    high < Infinity ? t("a number from {low} to {high}", { low, high }) : t("a number from {low}", { low }),
});
const whole = (low: number, high = Infinity): Reader<number> => ({
  read: (text) => (Number.isInteger(Number(text)) ? number(low, high).read(text) : null),
  takes: () => t("a whole number from {low}", { low }),
});
const oneOf = (names: readonly string[]): Reader<string> => ({
  read: (text) => (names.includes(text) ? text : null),
  takes: () => t("one of {names}", { names: names.join(", ") }),
});
const yes: Reader<boolean> = { read: (text) => text !== "false", takes: () => t("true or false") };
const list = <Value>(one: Reader<Value>, most: number, takes: () => string): Reader<Value[]> => ({
  read: (text) => {
    const values = text ? text.split(",").map((part) => (part.trim() ? one.read(part) : null)) : [];
    return values.length <= most && !values.includes(null) ? (values as Value[]) : null;
  },
  takes,
});
const named = oneOf(Object.keys(FEATURES));

const READERS: { [Name in keyof Settings]: Reader<Settings[Name]> } = {
  problem: oneOf(OPTIONS.problem),
  dataset: { read: (text) => (/^[\w-]{1,40}$/.test(text) ? text : null), takes: () => t("the name of a data set") },
  regDataset: oneOf(OPTIONS.regDataset),
  noise: number(0, MOST_NOISE),
  percTrainData: number(0, 100),
  seed: {
    read: (text) => (text.length <= LONGEST_SEED ? text : null),
    takes: () => t("at most {most} characters", { most: LONGEST_SEED }),
  },
  initZero: yes,
  scaled: yes,
  batchSize: whole(1),
  learningRate: number(0),
  loss: oneOf(OPTIONS.loss),
  optimizer: oneOf(OPTIONS.optimizer),
  activation: oneOf(OPTIONS.activation),
  activations: list(oneOf(OPTIONS.activation), LINK_LAYERS, () =>
    t("names from {names}", { names: OPTIONS.activation.join(", ") }),
  ),
  regularization: oneOf(OPTIONS.regularization),
  regularizationRate: number(0),
  features: {
    read: (text) => {
      const names = list(named, Object.keys(FEATURES).length, String).read(text);
      return names?.length ? Object.keys(FEATURES).filter((name) => names.includes(name)) : null;
    },
    takes: () => t("at least one of {names}", { names: Object.keys(FEATURES).join(", ") }),
  },
  networkShape: list(whole(1, LINK_UNITS), LINK_LAYERS, () =>
    t("at most {layers} layers of 1 to {units} neurons", { layers: LINK_LAYERS, units: LINK_UNITS }),
  ),
  stop: oneOf(OPTIONS.stop),
  stopAt: number(0),
  discretize: yes,
  showTestData: yes,
};

export const SETTING_NAMES = Object.keys(DEFAULTS) as (keyof Settings)[];
/** An empty list is said; any other word that is empty says nothing. */
const LISTS: readonly string[] = ["networkShape", "activations", "features"];
const LONGEST_TOLD = 40;

export interface Reading {
  settings: Settings;
  /** A sentence for each word that means nothing. */
  refused: string[];
}

/** Read settings from words. What is no legal word stays as it is by default, and is told. */
export function readSettings(wordOf: (name: string) => string | null): Reading {
  const found: Record<string, unknown> = {};
  const refused: string[] = [];
  for (const name of SETTING_NAMES) {
    const text = wordOf(name);
    const said = text !== null && (text.trim() !== "" || LISTS.includes(name));
    const value = said ? READERS[name].read(text) : DEFAULTS[name];
    if (value === null) refused.push(refusal(name, text!));
    found[name] = value ?? DEFAULTS[name];
  }
  return { settings: found as unknown as Settings, refused };
}

function refusal(name: keyof Settings, text: string): string {
  const short = text.length > LONGEST_TOLD ? `${text.slice(0, LONGEST_TOLD)}…` : text;
  return t("{setting} is ignored: it should be {expected}. {used} is used instead.", {
    setting: `${name}=${short}`,
    expected: READERS[name].takes(),
    used: wordOf(DEFAULTS, name) || t("none"),
  });
}

export const wordOf = (settings: Settings, name: keyof Settings): string => String(settings[name]);

/** The activation of each hidden layer. */
export const activationsOf = (settings: Settings): string[] =>
  settings.networkShape.map((_, index) => settings.activations[index] ?? settings.activation);

/** What of the settings decides which points there are. */
export const sameData = (one: Settings, other: Settings): boolean =>
  (["problem", "dataset", "regDataset", "noise", "percTrainData", "seed", "scaled"] as const).every(
    (name) => one[name] === other[name],
  );
