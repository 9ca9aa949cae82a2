/** A training that runs away: noticed, and told with its cause and a cure. */
import { formatNumber } from "../numbers/digits";
import { OPTIONS } from "./settings";
import type { Moment, Trainer } from "./trainer";

export interface Trouble {
  what: string;
  why: string;
  cure: string;
  /** The settings that cure it. */
  set: { learningRate?: number; regularizationRate?: number };
}

const TIMES = 100;

/** Notice a loss that is no number any more, or a hundred times what it was before the first step. */
export function troubleOf(trainer: Trainer, { pass, train }: Moment, first: number): Trouble | null {
  const weights = trainer.network.flatMap(({ kernel, bias }) => [...kernel, ...bias]);
  const finite = Number.isFinite(train.loss) && weights.every(Number.isFinite);
  if (finite && !(train.loss > TIMES * Math.max(first, 1))) return null;
  const what = finite
    ? `The training diverged: after ${pass} passes the loss is ${formatNumber(train.loss, 0)}, and before the first step it was ${formatNumber(first)}.`
    : `The training diverged: after ${pass} passes the loss is not a number any more.`;
  return { what, ...causeOf(trainer) };
}

function causeOf(trainer: Trainer): Omit<Trouble, "what"> {
  const { learningRate, regularization, regularizationRate, optimizer, features } = trainer.settings;
  const product = learningRate * regularizationRate;
  if (regularization === "L2" && optimizer === "sgd" && product > 2)
    return {
      why: `Each step multiplies every weight by 1 − learning rate · regularization rate = ${formatNumber(1 - product, 2)}, which makes it larger, not smaller.`,
      cure: `Regularization rate ${OPTIONS.regularizationRate.findLast((rate) => rate * learningRate <= 0.1)}`,
      set: { regularizationRate: OPTIONS.regularizationRate.findLast((rate) => rate * learningRate <= 0.1) },
    };
  const open = trainer.network.some(({ activation }) => activation === "relu" || activation === "linear");
  const large = features.filter((name) => ["xSquared", "ySquared", "xTimesY"].includes(name));
  const reasons = [
    `A step of learning rate ${learningRate} jumps over the valley and lands higher than it began, and the next step is larger still.`,
    open ? "ReLU and linear units do not limit it." : "",
    large.length
      ? "Squared and multiplied features reach 36 where coordinates reach 6, so their slopes are larger too."
      : "",
  ];
  const slower = OPTIONS.learningRate.findLast((rate) => rate <= learningRate / 10) ?? OPTIONS.learningRate[0];
  return { why: reasons.filter(Boolean).join(" "), cure: `Learning rate ${slower}`, set: { learningRate: slower } };
}
