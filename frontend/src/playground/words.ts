/** Settings and outcomes in words. */
import { msg, t, tn } from "../language/catalogue";
import { numberText } from "../numbers/digits";
import { FEATURES } from "./features";
import { POINT_SETS } from "./points";
import { SETTING_NAMES, wordOf, type Settings } from "./settings";
import type { Moment } from "./trainer";

const WORDS: Readonly<Record<string, string>> = {
  classification: msg("classification"),
  regression: msg("regression"),
  crossentropy: msg("cross-entropy"),
  squared: msg("half squared error"),
  sgd: "SGD",
  momentum: msg("momentum"),
  adam: "Adam",
  tanh: "tanh",
  relu: "ReLU",
  sigmoid: msg("sigmoid"),
  linear: msg("linear"),
  softmax: "softmax",
  none: msg("none"),
};

/** A choice in words; a number, or a name that is the same everywhere, as it is. */
export const wordsOf = (name: string | number): string => t(WORDS[name] ?? String(name));

const SAID: Partial<Record<keyof Settings, (settings: Settings) => string>> = {
  dataset: (settings) =>
    settings.problem === "regression" ? "" : t(POINT_SETS[settings.dataset]?.title ?? settings.dataset),
  regDataset: (settings) => (settings.problem === "regression" ? t(POINT_SETS[settings.regDataset]?.title ?? "") : ""),
  noise: (settings) => t("noise {noise}", { noise: settings.noise }),
  percTrainData: (settings) => t("{share} % training", { share: settings.percTrainData }),
  seed: (settings) => t("seed {seed}", { seed: settings.seed }),
  initZero: (settings) => (settings.initZero ? t("weights from 0") : t("weights drawn")),
  batchSize: (settings) => t("batch {size}", { size: settings.batchSize }),
  learningRate: (settings) => t("rate {rate}", { rate: settings.learningRate }),
  loss: (settings) => wordsOf(settings.loss),
  optimizer: (settings) => wordsOf(settings.optimizer),
  activation: (settings) => wordsOf(settings.activation),
  activations: (settings) => settings.activations.map(wordsOf).join("-"),
  regularization: (settings) =>
    settings.regularization === "none" ? t("no penalty") : `${settings.regularization} ${settings.regularizationRate}`,
  features: (settings) => settings.features.map((name) => t(FEATURES[name].label)).join(" "),
  networkShape: (settings) => (settings.networkShape.length ? settings.networkShape.join("-") : t("no hidden layer")),
};

/** What sets one training apart from another. */
export function differences(settings: Settings, other: Settings): string {
  const apart = SETTING_NAMES.filter((name) => wordOf(settings, name) !== wordOf(other, name));
  const said = apart.map((name) => SAID[name]?.(settings) ?? "").filter(Boolean);
  return said.length ? said.slice(0, 3).join(", ") : t("as before");
}

/** One sentence about how the training stands. */
export function standing({ pass, train, test }: Moment, previous: Moment | undefined): string {
  if (!pass) return t("It has learned nothing yet. Press Run.");
  if (Number.isNaN(test.loss) && !Number.isNaN(train.loss))
    return tn(
      "After {n} pass the training loss is {loss}. There are no test points.",
      "After {n} passes the training loss is {loss}. There are no test points.",
      pass,
      { loss: numberText(train.loss) },
    );
  const right = Number.isNaN(train.accuracy)
    ? ""
    : t("{share} % of the test points are right.", { share: numberText(100 * test.accuracy, 1) });
  const gap = test.loss - train.loss;
  const apart =
    gap > 0.1 && test.loss > 1.5 * train.loss
      ? t("The test loss is well above the training loss: the network fits these points too closely (overfitting).")
      : "";
  const change = Math.sign(test.loss - (previous?.test.loss ?? test.loss));
  const loss = { loss: numberText(test.loss) };
  const now =
    change < 0
      ? tn(
          "After {n} pass the test loss is {loss}, falling.",
          "After {n} passes the test loss is {loss}, falling.",
          pass,
          loss,
        )
      : change > 0
        ? tn(
            "After {n} pass the test loss is {loss}, rising.",
            "After {n} passes the test loss is {loss}, rising.",
            pass,
            loss,
          )
        : tn("After {n} pass the test loss is {loss}.", "After {n} passes the test loss is {loss}.", pass, loss);
  return [now, right, apart].filter(Boolean).join(" ");
}
