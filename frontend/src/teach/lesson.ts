/** A training of the reader's network on the reader's pictures: begin, wait, go on, stop, undo. */
import { computed, signal } from "@preact/signals";
import { t } from "../language/catalogue";
import type { Built, Choice } from "../engine/layers";
import { openLine, type Line } from "../engine/line";
import type { FilmLook } from "../engine/looks";
import { planOf } from "../engine/recipe";
import type { EpochMetrics, Event, Progress } from "../engine/session";
import type { Rows } from "../engine/trainer";
import { build } from "./design";
import type { Class, Project, Shot } from "./project";

/** A picture with the number of its class. */
export interface Example {
  shot: Shot;
  label: number;
}

/** A network that has been trained, with everything that it was trained on. */
export interface Trained {
  built: Built;
  choices: readonly Choice[];
  weights: Float32Array<ArrayBuffer>[];
  classNames: readonly string[];
  shape: readonly [number, number, number];
  learned: readonly Example[];
  kept: readonly Example[];
  epochs: readonly EpochMetrics[];
  looks: readonly FilmLook[];
  seconds: number;
  labelSmoothing: number;
}

export interface Wishes {
  /** Passes over all pictures; null leaves them to the recipe. */
  passes: number | null;
  /** Whether pictures are varied a little by chance. */
  vary: boolean;
}

type Doing = "nothing" | "training" | "waiting";

/** Small variations: a stroke or a face that lies, turns or is lit a little differently is still the same. */
const VARIED = { shift: 0.08, rotate: 8, zoom: 0.1 };
const SEED = 0;
const MOST_UNDONE = 5;
const [FEWEST_STEPS, MOST_STEPS] = [240, 1200];

/** The pictures that are learned from, and those kept back. */
export function examples(classes: readonly Class[], kept: ReadonlySet<string>): Record<"learned" | "kept", Example[]> {
  const all = classes.flatMap(({ shots }, label) => shots.map((shot) => ({ shot, label })));
  return { learned: all.filter(({ shot }) => !kept.has(shot.id)), kept: all.filter(({ shot }) => kept.has(shot.id)) };
}

export function rowsOf(some: readonly Example[]): Rows {
  const size = some[0]?.shot.pixels.length ?? 0;
  const pixels = new Uint8Array(size * some.length);
  some.forEach(({ shot }, row) => pixels.set(shot.pixels, row * size));
  return { pixels, targets: Uint8Array.from(some, ({ label }) => label), count: some.length };
}

/** As many passes as Python's recipe `quick` takes; of few pictures more, because each is seen so seldom. */
function trainingOf(built: Built, rows: number, passes: number | null, hasKept: boolean) {
  const parameters = built.network.layers.reduce((sum, layer) => sum + layer.n_parameters, 0);
  const hasConvolutions = built.network.layers.some(({ kind }) => kind === "Conv2D");
  const plan = (epochs?: number) => planOf("quick", { parameters, hasConvolutions }, rows, { epochs, batchSize: Math.min(32, rows) }); // prettier-ignore
  if (passes !== null) return plan(passes);
  const each = Math.ceil(rows / Math.min(32, rows));
  const steps = Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, rows * (hasKept ? 1.5 : 1)));
  return plan(Math.max(1, Math.round(steps / each)));
}

export class Lesson {
  readonly doing = signal<Doing>("nothing");
  readonly progress = signal<Progress | null>(null);
  readonly epochs = signal<readonly EpochMetrics[]>([]);
  readonly looks = signal<readonly FilmLook[]>([]);
  readonly trained = signal<Trained | null>(null);
  readonly past = signal<readonly (Trained | null)[]>([]);
  readonly problem = signal("");
  readonly isSlow = signal(false);
  /** The kernels of the first layer that can be shown while training goes on. */
  readonly first = computed(() => this.looks.value[0] ?? null);
  private line: Line | null = null;

  /** Train from the beginning, or go on from what was learned, if it was the same network of the same classes. */
  begin(project: Project, choices: readonly Choice[], wishes: Wishes, from: Trained | null = null): void {
    const { classes } = project.state.peek();
    const { learned, kept } = examples(classes, project.kept.peek());
    const built = from?.built ?? build(choices, classes.length, project.shape);
    const training = trainingOf(built, learned.length, wishes.passes, kept.length > 0);
    this.reset();
    this.doing.value = "training";
    const about = {
      ...{ built, choices, learned, kept, shape: project.shape, labelSmoothing: training.labelSmoothing },
      classNames: classes.map(({ name }) => name),
    };
    try {
      this.line = openLine(
        {
          ...{ network: built.network, pixelScale: 255, imageShape: project.shape, training, seed: SEED },
          ...{ loss: "crossentropy" as const, variations: wishes.vary ? VARIED : {} },
          weights: from?.weights ?? null,
          train: rowsOf(learned),
          heldOut: kept.length ? rowsOf(kept) : null,
        },
        (event) => this.hear(event, about),
      );
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  private reset(): void {
    this.problem.value = "";
    this.progress.value = null;
    [this.epochs.value, this.looks.value] = [[], []];
  }

  private fail(words: string): void {
    this.problem.value = words;
    this.doing.value = "nothing";
    this.line = null;
  }

  private hear(event: Event, about: Omit<Trained, "weights" | "epochs" | "looks" | "seconds">): void {
    if (event.tells === "ready") this.isSlow.value = !event.isFast;
    else if (event.tells === "progress" || event.tells === "paused") this.progress.value = event.progress;
    else if (event.tells === "look") this.looks.value = [...this.looks.value, event.look];
    else if (event.tells === "epoch") this.epochs.value = [...this.epochs.value, event.metrics];
    else if (event.tells === "failed") this.fail(event.words);
    if (event.tells === "paused") this.doing.value = "waiting";
    if (event.tells !== "ended") return;
    if (event.why === "diverged") return this.fail(t("The training fell apart: its loss is no number. Train it again, with more pictures.")); // prettier-ignore
    this.doing.value = "nothing";
    this.line = null;
    this.keep({
      ...about,
      weights: event.weights,
      epochs: this.epochs.value,
      looks: this.looks.value,
      seconds: this.progress.value?.seconds ?? 0,
    });
  }

  private keep(trained: Trained): void {
    this.past.value = [...this.past.value.slice(1 - MOST_UNDONE), this.trained.value];
    this.trained.value = trained;
  }

  /** Wait, and go on. */
  pause(): void {
    this.line?.order("pause");
  }

  goOn(): void {
    this.doing.value = "training";
    this.line?.order("go on"); // eslint-disable-line convscope/said -- an order to the worker
  }

  /** End here, and keep what was learned. */
  stop(): void {
    this.line?.order("stop");
  }

  /** Back to the network before the last training. */
  undo(): void {
    if (!this.past.value.length) return;
    this.show(this.past.value.at(-1)!);
    this.past.value = this.past.value.slice(0, -1);
  }

  /** Show a network that was trained before. */
  show(trained: Trained | null): void {
    this.reset();
    this.trained.value = trained;
    [this.epochs.value, this.looks.value] = [trained?.epochs ?? [], trained?.looks ?? []];
  }
}

/** Whether a network was trained on these very pictures and classes. */
export function isCurrent(trained: Trained, project: Project): boolean {
  const { classes } = project.state.value;
  const { learned, kept } = examples(classes, project.kept.value);
  const same = (one: readonly Example[], other: readonly Example[]): boolean =>
    one.length === other.length && one.every(({ shot, label }, at) => shot.id === other[at].shot.id && label === other[at].label); // prettier-ignore
  return (
    trained.classNames.length === classes.length &&
    classes.every(({ name }, at) => name === trained.classNames[at]) &&
    same(trained.learned, learned) &&
    same(trained.kept, kept)
  );
}
