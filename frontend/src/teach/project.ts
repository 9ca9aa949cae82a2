/** The pictures that the reader teaches with: classes, their pictures, and how many there may be. */
import { computed, signal } from "@preact/signals";
import { t } from "../language/catalogue";
import { largest, smallest } from "../numbers/extent";
import { heldOut } from "./held";

/** One picture at the network's size: intensities 0 to 255, row by row, channels last. */
export interface Shot {
  readonly id: string;
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** The recording that it is a frame of; null for a picture that stands alone. */
  readonly recording: string | null;
}

export interface Class {
  readonly id: string;
  readonly name: string;
  readonly shots: readonly Shot[];
}

export type Kind = "drawings" | "photographs";
export const SHAPES: Readonly<Record<Kind, readonly [number, number, number]>> = {
  drawings: [28, 28, 1],
  photographs: [64, 64, 3],
};
export const [FEWEST_CLASSES, MOST_CLASSES, MOST_PICTURES, MOST_NAME] = [2, 20, 2000, 40];

const MOST_UNDONE = 50;

/** What the project is made of; small, because pictures are shared between states and never changed. */
export interface State {
  readonly kind: Kind;
  readonly classes: readonly Class[];
}

export const newId = (): string => crypto.getRandomValues(new Uint32Array(3)).join("-");

export class Project {
  readonly state = signal<State>({ kind: "drawings", classes: [named(1), named(2)] });
  readonly undone = signal<readonly State[]>([]);
  /** The pictures that are kept back, never learned from. */
  readonly kept = computed(() => heldOut(this.state.value.classes));
  readonly count = computed(() => this.state.value.classes.reduce((sum, { shots }) => sum + shots.length, 0));

  get shape(): readonly [number, number, number] {
    return SHAPES[this.state.value.kind];
  }

  private change(next: Partial<State>): void {
    this.undone.value = [...this.undone.value.slice(1 - MOST_UNDONE), this.state.value];
    this.state.value = { ...this.state.value, ...next };
  }

  private changeClass(id: string, how: (one: Class) => Class): void {
    this.change({ classes: this.state.value.classes.map((one) => (one.id === id ? how(one) : one)) });
  }

  undo(): void {
    const last = this.undone.value.at(-1);
    if (!last) return;
    this.undone.value = this.undone.value.slice(0, -1);
    this.state.value = last;
  }

  /** Begin with something that was kept. */
  restore(state: State): void {
    this.undone.value = [];
    this.state.value = state;
  }

  /** Another size; only while there are no pictures, because they are kept at the network's size alone. */
  choose(kind: Kind): void {
    if (!this.count.value) this.change({ kind });
  }

  addClass(name?: string): Class {
    const { classes } = this.state.value;
    if (classes.length >= MOST_CLASSES)
      throw new Error(t("There are {n} classes already, and more do not fit.", { n: MOST_CLASSES }));
    let number = classes.length + 1;
    while (classes.some((one) => one.name === named(number).name)) number++;
    const made = { ...named(number), ...(name && { name: name.slice(0, MOST_NAME) }) };
    this.change({ classes: [...classes, made] });
    return made;
  }

  /** Rename a class; an empty name, or that of another class, is refused. */
  rename(id: string, wanted: string): void {
    const name = wanted.trim().slice(0, MOST_NAME);
    if (!name) throw new Error(t("A class needs a name."));
    if (this.state.value.classes.some((one) => one.id !== id && one.name === name))
      throw new Error(t("There is another class {name}. Give this one another name.", { name }));
    this.changeClass(id, (one) => ({ ...one, name }));
  }

  removeClass(id: string): void {
    const { classes } = this.state.value;
    if (classes.length <= FEWEST_CLASSES) throw new Error(t("A network needs two classes to tell apart."));
    this.change({ classes: classes.filter((one) => one.id !== id) });
  }

  /** Add pictures, as many as there is room for; says so where some found none. */
  add(id: string, shots: readonly Shot[]): void {
    const taken = shots.slice(0, Math.max(0, MOST_PICTURES - this.count.peek()));
    if (taken.length) this.changeClass(id, (one) => ({ ...one, shots: [...one.shots, ...taken] }));
    if (taken.length < shots.length) throw new Error(noRoom());
  }

  removeShot(id: string): void {
    const classes = this.state.value.classes.map((one) => ({ ...one, shots: one.shots.filter((s) => s.id !== id) }));
    this.change({ classes });
  }

  move(id: string, to: string): void {
    const { classes } = this.state.value;
    const shot = classes.flatMap(({ shots }) => shots).find((one) => one.id === id);
    if (!shot) return;
    const without = classes.map((one) => ({ ...one, shots: one.shots.filter((s) => s !== shot) }));
    this.change({ classes: without.map((one) => (one.id === to ? { ...one, shots: [...one.shots, shot] } : one)) });
  }

  empty(): void {
    this.change({ classes: [named(1), named(2)] });
  }
}

export const noRoom = (): string =>
  t("There is room for {most} pictures in all; the rest was left out.", { most: MOST_PICTURES });

const named = (number: number): Class => ({ id: newId(), name: t("class {number}", { number }), shots: [] });

/** Why the pictures are not enough to train with, or nothing. */
export function lacking({ classes }: State): string {
  const few = classes.find(({ shots }) => shots.length < 2);
  if (few) return t("{name} needs at least two pictures.", { name: few.name });
  return "";
}

/** What is uneven about the pictures, and may mislead a network; nothing where nothing is. */
export function unbalanced({ classes }: State): string {
  const counts = classes.map(({ shots }) => shots.length);
  const [least, most] = [counts.indexOf(smallest(counts)), counts.indexOf(largest(counts))];
  if (counts[least] * 2 >= counts[most] || counts[most] < 10) return "";
  return t("{many} has {n} pictures and {few} has {m}: it will prefer {many}. Add to {few}.", {
    many: classes[most].name,
    few: classes[least].name,
    n: counts[most],
    m: counts[least],
  });
}
