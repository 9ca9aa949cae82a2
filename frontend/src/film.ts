/** The film of a training: what is there of it, and which moment is in view. */
import { computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { joinFilm, type Exhibit, type Film, type Look } from "./bundle";
import { forward, type Pass } from "./network";
import type { Store } from "./store";

const PAUSE = 400; // milliseconds between two questions

export class Showing {
  readonly film = signal<Film | null>(null);
  readonly problem = signal("");
  /** Whether the training was seen while it went on, so that the page still holds the network as it was drawn. */
  readonly wasLive = signal(false);
  /** The step in view; empty for the newest. */
  readonly at: Signal<string>;
  readonly look: ReadonlySignal<Look | null>;
  readonly index: ReadonlySignal<number>;
  /** The network with the weights of the look in view, and what it makes of the picture. */
  readonly exhibit: ReadonlySignal<Exhibit>;
  readonly pass: ReadonlySignal<Pass>;
  private asking = false;

  constructor(readonly store: Store) {
    this.at = store.remember("step", "");
    this.index = computed(() => {
      const looks = this.film.value?.looks ?? [];
      if (this.at.value === "") return looks.length - 1;
      const wanted = Number(this.at.value);
      return looks.reduce(
        (best, look, index) => (Math.abs(look.step - wanted) < Math.abs(looks[best].step - wanted) ? index : best),
        0,
      );
    });
    this.look = computed(() => this.film.value?.looks[this.index.value] ?? null);
    this.exhibit = computed(() => withWeights(store.exhibit, this.look.value));
    this.pass = computed(() => forward(this.exhibit.value, store.picture.value));
    if (store.host.film) this.join(store.host.film);
    store.host.onFilm((bytes) => this.join(bytes));
  }

  private join(bytes: ArrayBuffer): void {
    const film = joinFilm(this.film.value, bytes, this.store.exhibit.layers);
    this.wasLive.value ||= film.live;
    this.film.value = film;
  }

  /** True from the moment on that nothing new will come. */
  get isOver(): boolean {
    const film = this.film.value;
    return film !== null && (!film.live || (film.ended !== "" && !this.store.host.canOrder));
  }

  /** Ask for what is new until the training is over; gives back how to stop asking. */
  open(): () => void {
    let open = true;
    const ask = async (): Promise<void> => {
      if (!open || this.isOver || !this.store.host.ask) return void (this.asking = false);
      try {
        const looks = this.film.value?.looks ?? [];
        const bytes = await this.store.host.ask({ ask: "film", since: (looks[looks.length - 1]?.step ?? -1) + 1 });
        if (bytes.byteLength) this.join(bytes);
        this.problem.value = "";
      } catch (error) {
        this.problem.value = error instanceof Error ? error.message : String(error);
      }
      setTimeout(() => void ask(), PAUSE);
    };
    const stop = effect(() => {
      if (!this.asking) {
        this.asking = true;
        void ask();
      }
    });
    return () => {
      open = this.asking = false;
      stop();
    };
  }

  async order(what: "pause" | "go_on" | "stop"): Promise<void> {
    try {
      await this.store.host.ask!({ ask: "training", order: what });
      const film = this.film.value;
      if (film && what !== "stop") this.film.value = { ...film, paused: what === "pause" };
    } catch (error) {
      this.problem.value = error instanceof Error ? error.message : String(error);
    }
  }

  go(index: number): void {
    const looks = this.film.value?.looks ?? [];
    const last = looks.length - 1;
    const place = Math.min(last, Math.max(0, index));
    this.at.value = place === last && !this.isOver ? "" : String(looks[place]?.step ?? "");
  }
}

const withWeights = (exhibit: Exhibit, look: Look | null): Exhibit =>
  look
    ? {
        ...exhibit,
        layers: exhibit.layers.map((layer, index) => ({
          ...layer,
          weights: { ...layer.weights, ...look.layers[index] },
        })),
      }
    : exhibit;

const showings = new WeakMap<Store, Showing>();

export function showingOf(store: Store): Showing {
  const found = showings.get(store) ?? new Showing(store);
  showings.set(store, found);
  return found;
}
