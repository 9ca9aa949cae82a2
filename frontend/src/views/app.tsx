/** The frame: where we are, what to look at, how to look at it, and which keys move. */
import type { FunctionComponent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { count, formatNumber } from "../numbers/digits";
import { isUnit, nameOfMap } from "../numbers/words";
import { SCREENS, StoreContext, useStore, type Screen, type Store } from "../store";
import { ChannelScreen } from "./channel";
import { FourScreen } from "./four/screen";
import { KernelScreen } from "./kernel";
import { MistakesScreen } from "./mistakes/screen";
import { ModelScreen } from "./model";
import { NetworkScreen } from "./network";
import { PixelScreen } from "./pixel";
import { PlaygroundScreen } from "./playground/screen";
import { SizesScreen } from "./sizes";
import { TrainingScreen } from "./training/screen";
import { TableScreen } from "./table";

const TABS: readonly [Screen, string][] = [
  ["model", "Model"],
  ["table", "Table"],
  ["network", "Network"],
  ["kernel", "Kernel lab"],
  ["sizes", "Sizes"],
  ["playground", "Playground"],
  ["training", "Training"],
  ["mistakes", "Mistakes"],
  ["four", "Four networks"],
];

const VIEWS: Readonly<Record<Screen, FunctionComponent>> = {
  model: ModelScreen,
  table: TableScreen,
  network: NetworkScreen,
  channel: ChannelScreen,
  pixel: PixelScreen,
  kernel: KernelScreen,
  sizes: SizesScreen,
  playground: PlaygroundScreen,
  training: TrainingScreen,
  mistakes: MistakesScreen,
  four: FourScreen,
};

const UP: Readonly<Record<Screen, Screen>> = {
  pixel: "channel",
  channel: "network",
  network: "model",
  table: "model",
  kernel: "model",
  sizes: "model",
  playground: "model",
  training: "model",
  mistakes: "model",
  four: "model",
  model: "model",
};

export function App({ store }: { store: Store }) {
  const screen = store.screen.value;
  const View = VIEWS[SCREENS.includes(screen) ? screen : "network"];
  const main = useRef<HTMLElement>(null);
  useEffect(() => main.current?.focus({ preventScroll: true }), [screen]);
  return (
    <StoreContext.Provider value={store}>
      <div class="page" onKeyDown={(event) => onKey(store, event)}>
        <Header />
        <main ref={main} tabIndex={-1}>
          <Crumbs />
          {store.problem.value && (
            <p class="problem" role="alert">
              {store.problem.value}{" "}
              <button type="button" class="plain" onClick={() => (store.problem.value = "")}>
                Close
              </button>
            </p>
          )}
          <View />
        </main>
        <Footer />
        <p class="spoken" role="status" aria-live="polite">
          {store.said.value}
        </p>
      </div>
    </StoreContext.Provider>
  );
}

function Header() {
  const store = useStore();
  const { comparison, exhibit } = store;
  const top: Screen =
    store.screen.value === "channel" || store.screen.value === "pixel" ? "network" : store.screen.value;
  const accuracy = exhibit.facts.accuracy;
  const facts = [
    `${count(exhibit.nParameters)} parameters`,
    exhibit.facts.data,
    accuracy != null && `test accuracy ${formatNumber(accuracy)}`,
  ];
  return (
    <header>
      <span class="mark" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
        <i />
        <i />
      </span>
      <strong class="brand">convscope</strong>
      <nav aria-label="Screens">
        {TABS.filter(
          ([screen]) =>
            (screen !== "training" || exhibit.hasFilm) &&
            (screen !== "four" || exhibit.four !== null || (exhibit.canTrain && exhibit.imageShape !== null)) &&
            (screen !== "mistakes" || exhibit.classNames.length > 0),
        ).map(([screen, text]) => (
          <button
            key={screen}
            type="button"
            aria-current={screen === top ? "page" : undefined}
            onClick={() => (store.screen.value = screen)}
          >
            {text}
          </button>
        ))}
      </nav>
      <span class="facts">{facts.filter(Boolean).join(" · ")}</span>
      <button
        type="button"
        class={`badge ${comparison.equal ? "good" : "bad"}`}
        title={`largest relative difference ${comparison.largest.toExponential(1)}`}
        onClick={() => (store.screen.value = "model")}
      >
        {comparison.equal ? "✓ equal to Python" : `✗ differs from Python in ${comparison.where}`}
      </button>
    </header>
  );
}

function Crumbs() {
  const store = useStore();
  const screen = store.screen.value;
  const deep = screen === "channel" || screen === "pixel";
  const layer = store.layer.value;
  const part = store.part.value;
  const place = isUnit(part) ? nameOfMap(part, store.map) : `row ${store.row}, column ${store.column}`;
  const levels: [string, Screen][] = [[store.exhibit.title, "model"]];
  if (screen === "network" || deep) levels.push(["Network", "network"]);
  if (deep) levels.push([layer.name, "network"], [nameOfMap(part, store.map), "channel"]);
  if (screen === "pixel" && !isUnit(part)) levels.push([place, "pixel"]);
  if (!deep && screen !== "network" && screen !== "model")
    levels.push([TABS.find(([name]) => name === screen)![1], screen]);
  return (
    <nav class="crumbs" aria-label="Where you are">
      <ol>
        {levels.map(([text, to], index) => (
          <li key={index}>
            {index < levels.length - 1 ? (
              <button type="button" class="plain" onClick={() => (store.screen.value = to)}>
                {text}
              </button>
            ) : (
              <span aria-current="location">{text}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

const KEYS: Readonly<Record<string, readonly [string, string][]>> = {
  network: [
    ["← → ↑ ↓", "map"],
    ["Enter", "open"],
    [".", "pin"],
    ["Esc", "up"],
  ],
  channel: [
    ["← → ↑ ↓", "pixel"],
    ["Enter", "open"],
    [".", "pin"],
    ["Esc", "up"],
  ],
  pixel: [
    ["← → ↑ ↓", "pixel"],
    ["[ ]", "map below"],
    ["Space", "play"],
    [".", "pin"],
    ["Esc", "up"],
  ],
  table: [
    ["← → ↑ ↓", "cell"],
    ["Esc", "up"],
  ],
  training: [
    ["← →", "moment"],
    ["Space", "play"],
    ["Esc", "up"],
  ],
  playground: [
    ["Space", "run, pause"],
    ["s", "step"],
    ["r", "reset"],
    ["Esc", "up"],
  ],
};

function Footer() {
  const keys = KEYS[useStore().screen.value] ?? [
    ["Tab", "next"],
    ["Esc", "up"],
  ];
  return (
    <footer>
      <span class="keys">
        {keys.map(([key, what]) => (
          <span key={key}>
            <kbd>{key}</kbd> {what}
          </span>
        ))}
      </span>
      <span>orange, corner mark = below 0</span>
    </footer>
  );
}

/** Esc climbs, a full stop pins; the rest is for the screen. */
function onKey(store: Store, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.matches("input:not([type=range]), select, textarea");
  if (event.key === "Escape") {
    if (target.closest("dialog")) return;
    store.screen.value = UP[store.screen.value];
  } else if (!typing && event.key === "." && ["network", "channel", "pixel"].includes(store.screen.value)) {
    store.place.pinned.value = store.place.pinned.value ? "" : "1";
  } else if (!typing && store.keys?.(event)) {
    event.preventDefault();
  } else {
    return;
  }
  event.stopPropagation();
}
