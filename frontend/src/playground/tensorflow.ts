/** Links of TensorFlow Playground: what each word means there, it means here. */
import { t } from "../language/catalogue";
import { FEATURES } from "./features";
import { POINT_SETS } from "./points";
import { newSeed } from "./random";
import { DEFAULTS, HIDEABLE, MOST_NOISE, readSettings, type Settings } from "./settings";

/** Words that are read as our own are. */
const SHARED: readonly string[] = [
  "problem",
  "dataset",
  "regDataset",
  "noise",
  "percTrainData",
  "seed",
  "initZero",
  "batchSize",
  "learningRate",
  "activation",
  "regularization",
  "regularizationRate",
  "networkShape",
  "discretize",
  "showTestData",
];
/** Words that change no training there either. */
const IDLE: readonly string[] = ["cosX", "cosY", "collectStats", "tutorial", "hideText"];
const HIDES = "_hide";

export interface Adopted {
  settings: Settings;
  hidden: string[];
  /** What is not as the link says, in sentences. */
  told: string[];
}

export function fromPlaygroundLink(link: string): Adopted {
  const words = wordsOf(link);
  const told: string[] = [];
  const says = (name: string): boolean => (words.get(name) ?? "").trim() !== "";
  const isOn = (name: string): boolean => (says(name) ? words.get(name) !== "false" : DEFAULTS.features.includes(name));
  const hides = [...words]
    .filter(([name, value]) => name.endsWith(HIDES) && value === "true")
    .map(([name]) => name.slice(0, -HIDES.length));

  const unknown = [...words.keys()].filter(
    (name) => name && ![...SHARED, ...IDLE].includes(name) && !(name in FEATURES) && !name.endsWith(HIDES),
  );
  if (unknown.length)
    told.push(t("TensorFlow Playground has no {names}, so that is left out.", { names: unknown.join(", ") }));
  if (!says("seed")) {
    words.set("seed", newSeed());
    told.push(t("The link names no seed, so one is drawn, as in TensorFlow Playground."));
  }
  if (says("dataset") && (POINT_SETS[words.get("dataset")!]?.values ?? true)) {
    told.push(
      t("{setting} is not a data set of TensorFlow Playground, which then uses {used}.", {
        setting: `dataset=${words.get("dataset")}`,
        used: DEFAULTS.dataset,
      }),
    );
    words.delete("dataset");
  }
  const noise = Number(words.get("noise"));
  if (noise > MOST_NOISE || noise < 0) {
    words.set("noise", noise < 0 ? "0" : "50");
    told.push(
      t("{setting} is {used} in TensorFlow Playground, which takes 0 to {most}.", {
        setting: `noise=${noise}`,
        used: words.get("noise") ?? "",
        most: MOST_NOISE,
      }),
    );
  }
  // a feature that is hidden there is not given to the network either
  words.set(
    "features",
    Object.keys(FEATURES)
      .filter((name) => isOn(name) && !hides.includes(name))
      .join(","),
  );

  const { settings, refused } = readSettings((name) =>
    name === "loss" ? "squared" : name === "features" || SHARED.includes(name) ? (words.get(name) ?? null) : null,
  );
  return {
    settings,
    hidden: hides.filter((name) => name in HIDEABLE),
    told: [...told, ...refused, ...fullBatch(settings)],
  };
}

/** Playground takes the words after the mark as they stand, and the last where one is said twice. */
function wordsOf(link: string): Map<string, string> {
  const pairs = link
    .trim()
    .replace(/^[^#]*#/, "")
    .split("&")
    .map((pair) => pair.split("="));
  return new Map(pairs.map(([name, value]) => [name, value ?? ""]));
}

/** There a batch that is never full is never learned from. */
function fullBatch({ problem, dataset, regDataset, percTrainData, batchSize }: Settings): string[] {
  const { count } = POINT_SETS[problem === "regression" ? regDataset : dataset];
  const rows = Math.floor((count * percTrainData) / 100);
  return batchSize > rows
    ? [
        t(
          "{setting} is more than the {rows} training points: TensorFlow Playground would never take a step; here each pass is one step.",
          { setting: `batchSize=${batchSize}`, rows },
        ),
      ]
    : [];
}
