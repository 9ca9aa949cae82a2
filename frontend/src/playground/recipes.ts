/** Settings that work for each set of points, and why; `tests/recipes.test.ts` trains each of them. */
import { msg, type Message } from "../language/catalogue";
import { DEFAULTS, type Settings } from "./settings";

export interface Recipe {
  readonly settings: Partial<Settings>;
  /** The test loss is at most this after so many passes, whatever the seed. */
  readonly passes: number;
  readonly loss: number;
  readonly why: Message;
}

const DEEP: Partial<Settings> = { networkShape: [8, 8], optimizer: "adam", learningRate: 0.01 };

const RECIPES: Readonly<Record<string, Recipe>> = {
  circle: {
    settings: { features: ["xSquared", "ySquared"], networkShape: [] },
    passes: 100,
    loss: 0.05,
    why: msg(
      "Far from the middle means that x₁² + x₂² is large. Given both squares, one neuron adds them up and says where the ring begins; no hidden layer is needed.",
    ),
  },
  xor: {
    settings: { features: ["xTimesY"], networkShape: [] },
    passes: 100,
    loss: 0.05,
    why: msg(
      "Two numbers of the same sign have a product above 0. Given x₁x₂, one neuron only has to look at the sign; no hidden layer is needed.",
    ),
  },
  gauss: {
    settings: { networkShape: [] },
    passes: 100,
    loss: 0.01,
    why: msg(
      "A straight line divides the two clouds, and one neuron draws a straight line. More neurons could do no better.",
    ),
  },
  spiral: {
    settings: { ...DEEP, features: ["x", "y", "sinX", "sinY"] },
    passes: 200,
    loss: 0.1,
    why: msg(
      "The arms change places again and again on the way out, as a sine does. With sines to begin with, two layers of 8 neurons find the border, and Adam adapts the size of each weight's steps.",
    ),
  },
  "reg-plane": {
    settings: { networkShape: [], activation: "linear" },
    passes: 50,
    loss: 0.001,
    why: msg(
      "The value grows evenly with x₁ and with x₂. A weighted sum of the two is exactly that; nothing has to be bent.",
    ),
  },
  "reg-gauss": {
    settings: DEEP,
    passes: 200,
    loss: 0.01,
    why: msg(
      "Three hills and three hollows need many bends. Two layers of 8 tanh neurons have enough of them, and Adam adapts the size of each weight's steps.",
    ),
  },
};

const nameOf = ({ problem, dataset, regDataset }: Settings): string =>
  problem === "regression" ? regDataset : dataset;

/** What works for the points at hand; nothing is known of a user's own. */
export function recipeFor(settings: Settings): Recipe | null {
  const found = RECIPES[nameOf(settings)];
  if (!found) return null;
  const { problem, dataset, regDataset, seed } = settings;
  const stopped = { stop: "passes", stopAt: found.passes };
  return { ...found, settings: { ...DEFAULTS, problem, dataset, regDataset, seed, ...stopped, ...found.settings } };
}

export const RECIPE_SETS = Object.keys(RECIPES);
