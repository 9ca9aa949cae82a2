/** A training that runs away: noticed, and told with its cause and a cure. */
import { msg, type Told } from "../language/catalogue";
import { OPTIONS } from "./settings";
import type { Moment, Trainer } from "./trainer";

export interface Trouble {
  what: Told;
  why: readonly Told[];
  cure: Told;
  /** The settings that cure it. */
  set: { learningRate?: number; regularizationRate?: number };
}

const TIMES = 100;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Notice a loss that is no number any more, or a hundred times what it was before the first step. */
export function troubleOf(trainer: Trainer, { pass, train }: Moment, first: number): Trouble | null {
  const weights = trainer.network.flatMap(({ kernel, bias }) => [...kernel, ...bias]);
  const finite = Number.isFinite(train.loss) && weights.every(Number.isFinite);
  if (finite && !(train.loss > TIMES * Math.max(first, 1))) return null;
  const what = finite
    ? msg("The training diverged: after {pass} passes the loss is {loss}, and before the first step it was {first}.")
    : msg("The training diverged: after {pass} passes the loss is not a number any more.");
  const values = { pass, loss: rounded(train.loss, 0), first: rounded(first, 3) };
  return { what: { text: what, values }, ...causeOf(trainer) };
}

function causeOf(trainer: Trainer): Omit<Trouble, "what"> {
  const { learningRate, regularization, regularizationRate, optimizer, features } = trainer.settings;
  const product = learningRate * regularizationRate;
  const gentler = OPTIONS.regularizationRate.findLast((rate) => rate * learningRate <= 0.1) ?? 0;
  if (regularization === "L2" && optimizer === "sgd" && product > 2)
    return {
      why: [
        {
          text: msg(
            "Each step multiplies every weight by 1 − learning rate · regularization rate = {factor}, which makes it larger, not smaller.",
          ),
          values: { factor: rounded(1 - product, 2) },
        },
      ],
      cure: { text: msg("Regularization rate {rate}, and from the start"), values: { rate: gentler } },
      set: { regularizationRate: gentler },
    };
  const open = trainer.network.some(({ activation }) => activation === "relu" || activation === "linear");
  const large = features.filter((name) => ["xSquared", "ySquared", "xTimesY"].includes(name));
  const why: Told[] = [
    {
      text: msg(
        "A step of learning rate {rate} jumps over the valley and lands higher than it began, and the next step is larger still.",
      ),
      values: { rate: learningRate },
    },
  ];
  if (open) why.push({ text: msg("ReLU and linear units do not limit it.") });
  if (large.length)
    why.push({
      text: msg("Squared and multiplied features reach 36 where coordinates reach 6, so their slopes are larger too."),
    });
  const slower = OPTIONS.learningRate.findLast((rate) => rate <= learningRate / 10) ?? OPTIONS.learningRate[0];
  const cure = { text: msg("Learning rate {rate}, and from the start"), values: { rate: slower } };
  return { why, cure, set: { learningRate: slower } };
}
