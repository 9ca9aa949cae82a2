/** How to train: Python's recipes, which `tools/recipes.py` writes down, turned into a plan for a network and its rows. */
import RECIPES from "./recipes.json";
import type { OptimizerSettings } from "./optimizer";

export type RecipeName = keyof typeof RECIPES.recipes;

/** A learning rate that stays, or one that rises to its peak and falls again; Smith and Topin 2018, arXiv:1708.07120. */
export type Rate = number | { peak: number; steps: number };

export interface Training {
  epochs: number;
  batchSize: number;
  optimizer: OptimizerSettings;
  labelSmoothing: number;
  /** So many rows are drawn by chance; null takes all. */
  drawn: number | null;
}

/** The streams of chance: each draws from (seed, epoch, stream, ...). The last two are the page's own. */
export const STREAMS = { ...RECIPES.streams, variations: 3, weights: 4, drawn: 5 };

/** The learning rate of a step, counted from 0. */
export function rateAt(rate: Rate, step: number): number {
  if (typeof rate === "number") return rate;
  const { rising, first, least } = RECIPES.one_cycle;
  const progress = step / Math.max(1, rate.steps);
  if (progress < rising) return rate.peak * (first + ((1 - first) * progress) / rising);
  return rate.peak * Math.max(1 - (progress - rising) / (1 - rising), least);
}

export const adam = (rate: Rate, beta2: number, weightDecay = 0): OptimizerSettings => {
  const { beta_1: beta1, epsilon } = RECIPES.adam;
  return { name: "adam", rate, beta1, beta2, epsilon, weightDecay };
};

/** Decide epochs, batches and optimizer as Python's `make_plan` does; epochs and batch size of one's own go first. */
export function planOf(
  recipe: RecipeName,
  network: { parameters: number; hasConvolutions: boolean },
  rows: number,
  own: { epochs?: number; batchSize?: number } = {},
): Training {
  const pace = RECIPES.recipes[recipe];
  if (!("steps" in pace)) {
    const { epochs, batch_size, rate, beta_2 } = pace;
    const [passes, batchSize] = [own.epochs ?? epochs, own.batchSize ?? batch_size];
    return { epochs: passes, batchSize, optimizer: adam(rate, beta_2), labelSmoothing: 0, drawn: null };
  }
  const { small_model, large_model, parameters } = RECIPES.one_cycle;
  const isSmall = network.parameters < parameters;
  const size = isSmall ? small_model : large_model;
  const batchSize = own.batchSize ?? Math.min(size.batch_size, Math.max(8, Math.floor(rows / 8)));
  const most = pace.most_steps && pace.most_steps * batchSize;
  const drawn = most && !own.epochs && rows > most ? most : null;
  const steps = Math.ceil((drawn ?? rows) / batchSize);
  const passes = network.hasConvolutions ? pace.convolution_epochs : pace.epochs;
  const wanted = Math.ceil((isSmall ? pace.small_model_steps : pace.steps) / steps);
  const epochs = own.epochs ?? Math.max(passes, wanted);
  const optimizer = adam({ peak: size.peak, steps: epochs * steps }, size.beta_2);
  return { epochs, batchSize, optimizer, labelSmoothing: size.label_smoothing, drawn };
}
