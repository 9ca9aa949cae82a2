/** What the page knows, and where in it the reader is; the place is a link. */
import { largest } from "./numbers/extent";
import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { readPicture, readValues, type Exhibit, type Layer, type Picture } from "./bundle";
import type { Calculator } from "./calculator/line";
import type { Comparison, Pass } from "./network";
import { hasKernels, isTheImage, layerOf, pictureShape } from "./numbers/graph";
import { openPasses } from "./passes";
import { partOf, partTensors, partsOf, type Part } from "./numbers/parts";
import { stepOf, type Step } from "./numbers/step";
import type { Tensor } from "./graph/tensor";
import type { Question } from "./questions";
import type { Screen } from "./screen";
import type { ScreenName } from "./screens";
import type { Colours } from "./paint/colours";
import { largestOf } from "./paint/maps";

export type Range = "map" | "layer" | "network";

/** Ask the Python that stands behind the page; offline files have none. */
export type Ask = (question: Question, body?: ArrayBuffer) => Promise<ArrayBuffer>;

export interface Host {
  ask: Ask | null;
  /** The film of a file that was exported with one. */
  film: ArrayBuffer | null;
  /** Whether a training that goes on can be asked to wait or stop. */
  canOrder: boolean;
  /** Tells what comes of a film without being asked for. */
  onFilm(tell: (bytes: ArrayBuffer) => void): void;
  readLink(): string;
  writeLink(link: string): void;
  /** Tells when the link was changed from outside, e.g. by the back button. */
  onLink(changed: () => void): void;
  /** Fetches the page's second module, which trains; null where it is not there. */
  teach: (() => Promise<unknown>) | null;
}

const PLACES = {
  picture: "0",
  layer: "",
  part: "",
  map: "0",
  row: "0",
  column: "0",
  input: "",
  range: "layer",
  pinned: "",
  tour: "",
  lang: "",
};
export type PlaceName = keyof typeof PLACES;

export class Store {
  readonly screen = signal<ScreenName>("network");
  readonly place: Record<string, Signal<string>> = {};
  readonly defaults: Record<string, string> = {};
  readonly pictures: Signal<Picture[]>;
  readonly colours: Signal<Colours>;
  readonly comparison: ReadonlySignal<Comparison | null>;
  /** Works out what would keep the page waiting; null where nothing would. */
  readonly calculator: Calculator | null;
  readonly problem = signal("");
  readonly said = signal("");
  readonly picture: ReadonlySignal<Picture>;
  readonly pass: ReadonlySignal<Pass>;
  readonly layer: ReadonlySignal<Layer>;
  /** Which part of the layer: the last one unless another was chosen. */
  readonly part: ReadonlySignal<Part>;
  readonly step: ReadonlySignal<Step | null>;
  /** What the screen in view does with a key; says whether it did anything. */
  keys: ((event: KeyboardEvent) => boolean) | null = null;
  /** Layers worth a column: all but the one that puts a row's pixels back in their places. */
  readonly columns: Layer[];

  constructor(
    readonly exhibit: Exhibit,
    readonly host: Host,
    readonly screens: Readonly<Record<ScreenName, Screen>>,
    colours: Colours,
    /** Opens another network in all screens, or the page's own again. */
    readonly open: (exhibit: Exhibit | null) => Store,
  ) {
    this.colours = signal(colours);
    this.pictures = signal(exhibit.pictures);
    this.columns = exhibit.layers.filter((layer) => !isTheImage(exhibit, layer));
    for (const [name, value] of Object.entries(PLACES)) this.remember(name, value);
    this.picture = computed(() => this.pictures.value[this.number("picture")] ?? this.pictures.value[0]);
    ({ pass: this.pass, comparison: this.comparison, calculator: this.calculator } = openPasses(exhibit, this.picture));
    this.layer = computed(() => layerOf(exhibit, this.place.layer.value) ?? this.firstLayer());
    this.part = computed(() => {
      const parts = partsOf(this.layer.value);
      const chosen = this.screen.value === "network" ? "" : this.place.part.value;
      return parts.find(({ name }) => name === chosen) ?? parts[parts.length - 1];
    });
    this.step = computed(() => stepOf(exhibit, this.pass.value, this.part.value, this.row, this.column, this.map));
    this.goToStrongest(this.firstLayer().name);
    effect(() => {
      void this.pass.value;
      untracked(() => this.seek());
    });
    this.follow(host.readLink());
    const stop = effect(() => host.writeLink(this.link()));
    let isOpen = true;
    host.onLink(() => isOpen && this.follow(host.readLink()));
    this.close = () => {
      isOpen = false;
      stop();
    };
  }

  /** Leave the link to another store. */
  readonly close: () => void;

  /** Keep one more word in the link, as long as a screen that asks for it is in view; what is as at first is left out. */
  remember(name: string, value: string): Signal<string> {
    if (!this.place[name]) {
      this.defaults[name] = value;
      this.place[name] = signal(this.waiting.get(name) ?? value);
    }
    const owners = (this.owners[name] ??= new Set(name in PLACES ? Object.keys(this.screens) : []));
    if (!owners.has(this.screen.peek())) {
      owners.add(this.screen.peek());
      this.remembered.value = this.remembered.peek() + 1;
    }
    return this.place[name];
  }

  /** The screens whose link says a word. */
  private readonly owners: Record<string, Set<string>> = {};
  private waiting = new URLSearchParams();
  /** How many words there are, so that what writes the link also follows those that came later. */
  private readonly remembered = signal(0);

  link(): string {
    void this.remembered.value;
    const words = new URLSearchParams();
    for (const [name, word] of Object.entries(this.place))
      if (word.value !== this.defaults[name] && this.owners[name].has(this.screen.value)) words.set(name, word.value);
    const text = words.toString();
    return this.screen.value + (text ? `?${text}` : "");
  }

  follow(link: string): void {
    const [screen, words] = link.replace(/^#/, "").split("?");
    if (untracked(() => this.link()) === `${screen}${words ? `?${words}` : ""}`) return;
    this.waiting = new URLSearchParams(words ?? "");
    if (screen in this.screens) this.screen.value = screen as ScreenName;
    for (const name of Object.keys(this.place))
      // A link inside the page says no language: the one that is spoken stays.
      if (name !== "lang" || this.waiting.has(name))
        this.place[name].value = this.waiting.get(name) ?? this.defaults[name];
    const { layer, map, row, column } = this.place;
    if (this.layer.value.name !== layer.value) layer.value = this.layer.value.name;
    if (this.waiting.has("row") || this.waiting.has("column"))
      this.go({ map: +map.value, row: +row.value, column: +column.value });
    else this.goToStrongest(this.part.value.key, this.waiting.has("map") ? this.map : undefined);
  }

  number(name: PlaceName): number {
    const value = Number(this.place[name].value);
    return Number.isInteger(value) && value >= 0 ? value : 0;
  }

  get map(): number {
    return this.number("map");
  }
  get row(): number {
    return this.number("row");
  }
  get column(): number {
    return this.number("column");
  }

  /** The last convolution: it shows what the network has found, where the first one shows edges of the picture. */
  firstLayer(): Layer {
    const weighed = this.columns.filter((layer) => Object.keys(layer.weights).length);
    return [...this.columns].reverse().find(hasKernels) ?? weighed[0] ?? this.columns[0] ?? this.exhibit.layers[0];
  }

  /** The largest value that was asked for before it was there. */
  private sought: { layer: string; map?: number } | null = null;

  private seek(): void {
    const sought = this.sought;
    if (sought && this.numbers(sought.layer)) this.goToStrongest(sought.layer, sought.map);
  }

  /** Move somewhere; a place outside of the layer is put at its border. */
  go(to: {
    screen?: ScreenName;
    layer?: string;
    part?: string;
    map?: number;
    row?: number;
    column?: number;
    input?: number | null;
  }): void {
    this.sought = null;
    if (to.layer !== undefined && to.layer !== this.place.layer.value) {
      this.place.layer.value = to.layer;
      this.place.input.value = "";
      this.place.part.value = "";
    }
    if (to.part !== undefined && to.part !== this.part.value.name) {
      this.place.part.value = to.part;
      this.place.input.value = "";
    }
    const [height, width, channels] = pictureShape(this.exhibit, this.part.value.key);
    const put = (name: PlaceName, value: number, length: number): void => {
      this.place[name].value = String(
        Math.min(Math.max(0, length - 1), Math.max(0, Number.isFinite(value) ? Math.trunc(value) : 0)),
      );
    };
    put("map", to.map ?? this.map, channels);
    put("row", to.row ?? this.row, height);
    put("column", to.column ?? this.column, width);
    if (to.input !== undefined) this.place.input.value = to.input === null ? "" : String(to.input);
    if (to.screen) this.screen.value = to.screen;
  }

  /** Move to the largest value of a map, or of all maps, of a layer or a part of one. */
  goToStrongest(layer: string, map?: number): void {
    const [, width, channels] = pictureShape(this.exhibit, layer);
    const data = this.numbers(layer)?.data ?? new Float32Array();
    let best = map ?? 0;
    for (let place = best; place < data.length; place += map === undefined ? 1 : channels)
      if (data[place] > data[best]) best = place;
    const pixel = Math.floor(best / channels);
    const { layer: owner, name } = partOf(this.exhibit, layer)!;
    this.go({
      layer: owner.name,
      part: owner.name === layer ? "" : name,
      map: best % channels,
      row: Math.floor(pixel / width),
      column: pixel % width,
    });
    if (this.pass.peek().waiting && !data.length) this.sought = { layer, map };
  }

  /** The number at the end of the colour scale of a map. */
  limit(layer: string, map: number): number {
    const range = this.place.range.value as Range;
    const activation = this.numbers(layer);
    if (!activation) return 1;
    if (range === "network") {
      return (
        largest(
          this.columns.filter((one) => one.shape.length === 3).map((one) => this.largest(one.name)),
          0,
        ) || this.largest(layer)
      );
    }
    return range === "map" ? largestOf(activation, map) : this.largest(layer);
  }

  private largest(layer: string): number {
    const activation = this.numbers(layer);
    if (!activation) return 0;
    const known = this.known.get(activation.data) ?? largestOf(activation);
    this.known.set(activation.data, known);
    return known;
  }

  private readonly known = new WeakMap<Float32Array, number>();

  /** The numbers of a layer, or of a part of one. */
  private numbers(key: string): Tensor | null {
    const part = partOf(this.exhibit, key);
    return part ? (partTensors(this.pass.value, part)?.out ?? null) : null;
  }

  /** Show a picture that came from elsewhere, and have Python compute what the page cannot. */
  async show(picture: Picture): Promise<void> {
    const missing = this.exhibit.layers.some((layer) => !layer.graph);
    if (missing && !picture.values.size && this.host.ask) {
      const body = Float32Array.from(picture.pixels.data).buffer;
      picture.values = readValues(await this.host.ask({ ask: "values" }, body), this.exhibit.layers);
    }
    this.pictures.value = [...this.pictures.value, picture];
    this.place.picture.value = String(this.pictures.value.length - 1);
  }

  /** The picture of a row, if it is here or Python can be asked for it. */
  async pictureOf(row: number): Promise<Picture | null> {
    const known = this.pictures.value.find((picture) => picture.row === row);
    if (known || !this.host.ask || row >= this.exhibit.nRows) return known ?? null;
    const picture = readPicture(await this.host.ask({ ask: "row", row }), this.exhibit.layers);
    if (!this.pictures.value.some((one) => one.row === row)) this.pictures.value = [...this.pictures.value, picture];
    return picture;
  }

  /** Fetch another row of the table. */
  async fetchRow(row: number): Promise<void> {
    const known = this.pictures.value.findIndex((picture) => picture.row === row);
    if (known >= 0) {
      this.place.picture.value = String(known);
      return;
    }
    try {
      this.problem.value = "";
      const picture = readPicture(await this.host.ask!({ ask: "row", row }), this.exhibit.layers);
      this.pictures.value = [...this.pictures.value, picture];
      this.place.picture.value = String(this.pictures.value.length - 1);
    } catch (error) {
      this.problem.value = error instanceof Error ? error.message : String(error);
    }
  }
}

export const StoreContext = createContext<Store | null>(null);
export const useStore = (): Store => useContext(StoreContext)!;
