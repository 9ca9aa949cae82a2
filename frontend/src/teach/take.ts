/** What leaves the page when the reader asks for it: the model for Python, the pictures as a table; and the explorer. */
import type { Exhibit, Film, Picture } from "../bundle";
import { modelFile, opened } from "../engine/home";
import { t } from "../language/catalogue";
import { largest } from "../numbers/extent";
import { showingOf } from "../film";
import type { Store } from "../store";
import { pictureOf, type Judge } from "./judge";
import type { Example, Trained } from "./lesson";
import type { State } from "./project";
import { SHAPES } from "./project";

/** Offer a file to the browser's downloads. */
export function save(content: BlobPart, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The model as `ImageClassifier.load` opens it. */
export function modelOf(trained: Trained): Uint8Array {
  const history: Record<string, number[]> = {};
  for (const name of ["loss", "accuracy", "val_loss", "val_accuracy"] as const) {
    const values = trained.epochs.flatMap((epoch) => epoch[name] ?? []);
    if (values.length === trained.epochs.length && values.length) history[name] = values;
  }
  const epochs = Math.max(1, trained.epochs.length);
  return modelFile(trained.built, trained.weights, {
    ...{ classNames: trained.classNames, imageShape: trained.shape, pixelScale: 255, recipe: "quick", epochs },
    ...{ history, seconds: Array.from({ length: trained.epochs.length }, () => trained.seconds / epochs) },
  });
}

/** One row per picture: its label, then its intensities by row, column and, of colours, channel, as Python reads them. */
export function tableOf({ kind, classes }: State): string {
  const [height, width, channels] = SHAPES[kind];
  const names = Array.from({ length: height * width * channels }, (_, at) => {
    const [place, channel] = [Math.floor(at / channels), at % channels];
    const name = `pixel_${Math.floor(place / width)}_${place % width}`;
    return channels === 1 ? name : `${name}_${"rgb"[channel]}`;
  });
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const rows = classes.flatMap(({ name, shots }) => shots.map(({ pixels }) => `${quoted(name)},${pixels.join(",")}`));
  return `${["label", ...names].join(",")}\n${rows.join("\n")}\n`;
}

const MOST_SHOWN = 200;

/** The pictures kept back, a class at a time in turn; those learned from where none were kept back. */
function shownOf({ kept, learned, classNames, shape }: Trained): { pictures: Picture[]; order: Example[] } {
  const some = kept.length ? kept : learned;
  const byClass = classNames.map((_, label) => some.filter((one) => one.label === label));
  const most = largest(byClass.map(({ length }) => length));
  const order = Array.from({ length: most }, (_, turn) => byClass.flatMap((all) => all[turn] ?? [])).flat();
  const pictures = order.slice(0, MOST_SHOWN).map(({ shot, label }, row) => ({
    ...pictureOf(shot.pixels, shape),
    ...{ row, label: classNames[label], name: t("picture {n}", { n: row + 1 }) },
  }));
  return { pictures, order };
}

/** The trained network as every screen of the explorer takes it. */
export function exhibitOf(trained: Trained, judge: Judge, base: Exhibit): Exhibit {
  const { pictures, order } = shownOf(trained);
  const answers = new Map(trained.kept.map((one, row) => [one, judge.answers[row]]));
  const right = judge.answers.filter(({ label, best }) => label === best).length;
  const shown: Exhibit = {
    ...base,
    ...{ title: t("your own network"), classNames: [...trained.classNames], imageShape: [...trained.shape] },
    facts: {
      ...{ data: t("your own pictures"), n_train: trained.learned.length, n_test: trained.kept.length },
      ...{ epochs: trained.epochs.length, ...(answers.size && { accuracy: right / answers.size }) },
    },
    ...{ pixelScale: 255, pixelOrder: "original", pictures, permutation: null, nRows: 0, canTrain: false },
  };
  return {
    ...opened(shown, trained.built.network, trained.weights, trained.labelSmoothing),
    answers: answers.size
      ? {
          label: Int32Array.from(order, (one) => one.label),
          prediction: Int32Array.from(order, (one) => answers.get(one)!.best),
          probability: Float32Array.from(order, (one) => answers.get(one)!.probability),
        }
      : null,
    hasFilm: trained.looks.length > 0,
    isOwn: true,
  };
}

/** Open it in all screens, with the film of its training. */
export function openIn(store: Store, trained: Trained, judge: Judge): void {
  const next = store.open(exhibitOf(trained, judge, store.exhibit));
  showingOf(next).film.value = filmOf(trained);
  next.screen.value = "network";
}

function filmOf({ looks, built: { network } }: Trained): Film {
  return {
    looks: looks.map(({ weights, ...look }) => {
      let next = 0;
      const layers = network.layers.map(({ weights: own }) =>
        Object.fromEntries(Object.entries(own).map(([name, { shape }]) => [name, { shape, data: weights[next++] }])),
      );
      return { ...look, layers };
    }),
    ...{ ended: "done", paused: false, live: false },
  };
}
