/** The playground as it stands: what is chosen, what has been trained, and what runs. */
import { msg, t, type Told } from "../language/catalogue";
import { largest } from "../numbers/extent";
import { batch, computed, effect, signal, untracked, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Store } from "../store";
import { hasValues, isOwn, makeData, type Data, type OwnPoints } from "./data";
import type { Example } from "./example";
import type { Frame, Order } from "./engine";
import { openLine, type Line } from "./link";
import { newSeed } from "./random";
import { MOST_DRAWN, pointsOf, writePoints } from "./tables";
import { fromPlaygroundLink } from "./tensorflow";
import { DEFAULTS, readSettings, sameData, SETTING_NAMES, wordOf, type Settings } from "./settings";
import type { Moment } from "./trainer";
import type { Trouble } from "./trouble";
import { differences } from "./words";

/** A curve that was put aside, to be compared with others. */
export interface Kept {
  name: string;
  settings: Settings;
  moments: Moment[];
  shown: boolean;
}

export const MOST_KEPT = 8;
const MOST_MOMENTS = 600;

export class Session {
  readonly settings: ReadonlySignal<Settings>;
  /** What the link says and the page does not take, in sentences. */
  readonly refused: ReadonlySignal<string[]>;
  /** What a link of TensorFlow Playground came with that is not as it says; null before one was taken over. */
  readonly adopted = signal<string[] | null>(null);
  readonly hidden: ReadonlySignal<Set<string>>;
  readonly own = signal<OwnPoints | null>(null);
  readonly data: ReadonlySignal<Data>;
  readonly frame = signal<Frame | null>(null);
  readonly moments = signal<Moment[]>([]);
  readonly kept = signal<Kept[]>([]);
  readonly running = signal(false);
  readonly said = signal<Told | null>(null);
  readonly trouble = signal<Trouble | null>(null);
  readonly example = signal<Example | null>(null);
  /** The unit in focus: layer and place in it; features are layer −1. */
  readonly focus = signal<{ layer: number; unit: number } | null>(null);
  /** The input feature under the pointer. */
  readonly feature = signal<string | null>(null);
  readonly pinned = signal(false);
  readonly frames = signal(0);
  readonly speed: Signal<string>;
  private readonly words: Record<string, Signal<string>> = {};
  private line: Line | null = null;
  private begun: Settings | null = null;
  /** True as long as the weights are as they were drawn. */
  private isFresh = true;
  /** True where settings or weights were changed on the way, so that the link alone does not lead here again. */
  wasChanged = false;

  constructor(readonly store: Store) {
    const names = [...SETTING_NAMES, "hide", "points"];
    for (const name of names)
      this.words[name] = store.remember(
        name,
        name in DEFAULTS && name !== "seed" ? wordOf(DEFAULTS, name as keyof Settings) : "",
      );
    if (!this.words.seed.value.trim()) this.words.seed.value = newSeed(); // always in the link, so that it leads to the same points and weights
    this.speed = store.remember("speed", "1");
    const reading = computed(() => readSettings((name) => this.words[name].value));
    this.settings = computed(() => reading.value.settings);
    this.refused = computed(() => {
      const { points } = this.words;
      const drawn =
        points.value && !pointsOf(points.value)
          ? [
              t("The points in the link are ignored: they should be at most {most}, each as x,y,class.", {
                most: MOST_DRAWN,
              }),
            ]
          : [];
      return [...reading.value.refused, ...drawn];
    });
    this.hidden = computed(() => new Set(this.words.hide.value.split(",").filter(Boolean)));
    this.data = computed(() => makeData(this.settings.value, this.own.value).data);
    if (this.words.points.value) this.own.value = pointsOf(this.words.points.value);
  }

  get hasWorker(): boolean {
    return this.line?.hasWorker() ?? true;
  }

  /** Follow the settings while the screen is in view; gives back how to stop. */
  open(): () => void {
    this.line ??= openLine();
    return effect(() => {
      if (!this.words.seed.value.trim()) this.words.seed.value = newSeed(); // a link without one, or an empty field
      const [settings, own] = [this.settings.value, this.own.value];
      untracked(() => void this.follow(settings, own));
    });
  }

  private followed: OwnPoints | null = null;

  private async follow(settings: Settings, own: OwnPoints | null): Promise<void> {
    const before = this.begun;
    if (
      before &&
      SETTING_NAMES.every((name) => wordOf(before, name) === wordOf(settings, name)) &&
      own === this.followed
    )
      return;
    const newPoints = own !== this.followed;
    [this.begun, this.followed] = [settings, own];
    this.trouble.value = null;
    this.example.value = null;
    if (!before || this.isFresh) return this.begin(settings, own);
    const frame = await this.ask({ do: "adapt", settings, own });
    this.take(frame, frame.moments[0].pass === 0);
    this.isFresh = frame.moments[0].pass === 0;
    this.wasChanged = !this.isFresh;
    const moved = newPoints || !sameData(before, settings);
    this.said.value = frame.said ?? (moved ? { text: msg("Other points, the same weights.") } : null);
  }

  private ask(order: Order): Promise<Frame> {
    return this.line!.ask(order);
  }

  private take(frame: Frame, anew = false): void {
    const old = anew ? [] : this.moments.value.filter(({ pass }) => pass < frame.moments[0].pass);
    const all = [...old, ...frame.moments];
    this.moments.value =
      all.length > MOST_MOMENTS ? all.filter((_, index) => index % 2 === 0 || index > all.length - 20) : all;
    this.frame.value = frame;
    this.frames.value++;
  }

  set(name: keyof Settings, value: string | number | boolean | readonly (string | number)[]): void {
    this.words[name].value = String(value);
  }

  /** Take over all settings at once. */
  choose(settings: Settings): void {
    this.isFresh = true; // nothing of the training before goes on
    batch(() => {
      for (const name of SETTING_NAMES) this.words[name].value = wordOf(settings, name);
    });
  }

  hide(name: string, away: boolean): void {
    const names = new Set(this.hidden.value);
    if (away) names.add(name);
    else names.delete(name);
    this.words.hide.value = [...names].join(",");
  }

  /** Take over what a link of TensorFlow Playground says. */
  adopt(link: string): void {
    const { settings, hidden, told } = fromPlaygroundLink(link);
    batch(() => {
      this.choose(settings);
      this.words.hide.value = hidden.join(",");
      this.adopted.value = told;
    });
    void this.reset();
  }

  /** Train on a table of one's own; `drawn` points go into the link. */
  useOwn(own: OwnPoints | null, name: string, drawn = false): void {
    this.own.value = own;
    this.words.points.value = own && drawn ? writePoints(own) : "";
    this.set("problem", own && !own.classNames.length ? "regression" : "classification");
    this.set("dataset", name);
  }

  async reset(): Promise<void> {
    this.running.value = false;
    this.said.value = null;
    this.trouble.value = null;
    this.example.value = null;
    [this.begun, this.followed] = [this.settings.value, this.own.value];
    await this.begin(this.settings.value, this.own.value);
  }

  private async begin(settings: Settings, own: OwnPoints | null): Promise<void> {
    this.take(await this.ask({ do: "begin", settings, own }), true);
    [this.isFresh, this.wasChanged] = [true, false];
  }

  async step(passes = 1): Promise<void> {
    this.running.value = false;
    this.see(await this.ask({ do: "advance", passes }));
  }

  private see(frame: Frame): void {
    this.isFresh = false;
    this.take(frame);
    this.trouble.value = frame.trouble;
    if (frame.ended) this.said.value = frame.ended;
    if (frame.ended || frame.trouble) this.running.value = false;
  }

  /** Train until told otherwise: one answer for each frame that the screen shows, and the next is on its way meanwhile. */
  async run(): Promise<void> {
    if (this.running.value || !this.data.value.train.points.length) return;
    this.running.value = true;
    this.said.value = null;
    this.example.value = null;
    const next = (): Promise<Frame> => this.ask({ do: "advance", passes: Math.max(1, Number(this.speed.value) || 1) });
    let asked = next();
    while (this.running.value) {
      const frame = await asked;
      if (this.running.value && !frame.ended && !frame.trouble) asked = next();
      this.see(frame);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    if (!this.trouble.value) this.see(await asked);
  }

  pause(): void {
    this.running.value = false;
  }

  async type(layer: number, place: number, value: number, isBias: boolean): Promise<void> {
    [this.isFresh, this.wasChanged] = [false, true];
    this.take(await this.ask({ do: "weight", layer, place, value, isBias }));
    this.example.value = null;
  }

  async look(row: number): Promise<void> {
    this.pause();
    const frame = await this.ask({ do: "look", row });
    this.take(frame);
    this.example.value = frame.example;
  }

  async learn(row: number): Promise<void> {
    this.pause();
    [this.isFresh, this.wasChanged] = [false, true];
    const frame = await this.ask({ do: "learn", row });
    this.take(frame);
    this.example.value = frame.example;
  }

  /** Put the curve in view aside, named by what sets it apart from the others. */
  keep(): void {
    const settings = this.settings.value;
    const number = this.kept.value.length
      ? largest(this.kept.value.map((one) => Number(one.name.split(" ")[0]))) + 1
      : 1;
    const apart = differences(settings, this.kept.value[0]?.settings ?? DEFAULTS);
    const one = { name: `${number} ${apart}`, settings, moments: this.moments.value, shown: true };
    this.kept.value = [...this.kept.value, one].slice(-MOST_KEPT);
  }

  get isRegression(): boolean {
    return hasValues(this.settings.value);
  }

  get isOwn(): boolean {
    return isOwn(this.settings.value);
  }
}

const sessions = new WeakMap<Store, Session>();

/** One session for each open page, whichever screen is in view. */
export function sessionOf(store: Store): Session {
  const found = sessions.get(store) ?? new Session(store);
  sessions.set(store, found);
  return found;
}
