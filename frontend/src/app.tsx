/** The frame: where we are, what to look at, how to look at it, and which keys move. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { languages, language, msg, t, tn } from "./language/catalogue";
import { keep } from "./language/choose";
import { numberText } from "./numbers/digits";
import type { KeyHint, Screen } from "./screen";
import type { ScreenName } from "./screens";
import { StoreContext, useStore, type Store } from "./store";
import { Crumbs, upFrom, wayTo } from "./views/parts/toolbar";
import { Tour } from "./views/parts/tour";
import { goToStop, stopsOf } from "./tour";

export function App({ store }: { store: Store }) {
  const screen = store.screen.value;
  const { View } = store.screens[screen];
  const main = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // What is in focus has the focus, so that the keys of the footer work at once; on a tour, its words have it. Before
    // anything is painted, or a key that is pressed meanwhile would go to the body and be lost.
    if (store.place.tour.peek()) return;
    const first = main.current?.querySelector<HTMLElement>("[data-focus]");
    (first ?? main.current)?.focus({ preventScroll: true });
  }, [store, screen]);
  return (
    <StoreContext.Provider value={store}>
      <div class="page" onKeyDown={(event) => onKey(store, event)}>
        <Header />
        <main ref={main} tabIndex={-1}>
          <Crumbs deep={false} />
          {store.problem.value && (
            <p class="problem" role="alert">
              {store.problem.value}{" "}
              <button type="button" class="plain" onClick={() => (store.problem.value = "")}>
                {t("Close")}
              </button>
            </p>
          )}
          <View />
        </main>
        <Footer />
        <p class="spoken" role="status" aria-live="polite">
          {store.said.value}
        </p>
        <Tour />
      </div>
    </StoreContext.Provider>
  );
}

function Header() {
  const store = useStore();
  const tabs = useRef<HTMLElement>(null);
  const shown = store.screen.value;
  useEffect(() => {
    // On a narrow screen the tabs scroll: the one that is open is in view.
    const here = tabs.current?.querySelector<HTMLElement>("[aria-current]");
    if (here && tabs.current) tabs.current.scrollLeft = here.offsetLeft - tabs.current.clientWidth / 2;
  }, [shown]);
  const { exhibit } = store;
  const comparison = store.comparison.value;
  const top = wayTo(store, store.screen.value).find((name) => store.screens[name].tab !== undefined);
  const accuracy = exhibit.facts.accuracy;
  const right = { share: numberText(100 * (accuracy ?? 0), 1) };
  const facts = [
    exhibit.facts.data,
    accuracy != null &&
      t(exhibit.imageShape ? "right on {share} of 100 new pictures" : "right on {share} of 100 new rows", right),
    tn("{n} parameter", "{n} parameters", exhibit.nParameters),
  ];
  return (
    <header>
      <button
        type="button"
        class="brand"
        title={t("What can I do here?")}
        onClick={() => (store.screen.value = "start")}
      >
        <span class="mark" aria-hidden="true">
          <i />
          <i />
          <i />
          <i />
          <i />
          <i />
        </span>
        <strong>convscope</strong>
      </button>
      <nav ref={tabs} aria-label={t("Screens")}>
        {tabsOf(store).map(([name, { title }]) => (
          <button
            key={name}
            type="button"
            aria-current={name === top ? "page" : undefined}
            onClick={() => (store.screen.value = name)}
          >
            {t(title)}
          </button>
        ))}
      </nav>
      <span
        class="facts"
        title={
          accuracy == null
            ? undefined
            : t("accuracy {accuracy} on rows that were kept back", { accuracy: numberText(accuracy) })
        }
      >
        {facts.filter(Boolean).join(" · ")}
      </span>
      <button
        type="button"
        class={`badge ${!comparison || exhibit.isOwn ? "" : comparison.equal ? "good" : "bad"}`}
        title={
          comparison && !exhibit.isOwn
            ? t("The same numbers as the real Keras layers give; largest relative difference {largest}", {
                largest: comparison.largest.toExponential(1),
              })
            : undefined
        }
        onClick={() => (store.screen.value = exhibit.isOwn ? "teach" : "model")}
      >
        {exhibit.isOwn
          ? t("taught in this page")
          : !comparison
            ? t("comparing with Python …")
            : comparison.equal
              ? t("✓ equal to Python")
              : t("✗ differs from Python in {layer}", { layer: comparison.where })}
      </button>
      <button type="button" class="begin" onClick={() => goToStop(store, stopsOf(store), 0)}>
        {t("Tour")}
      </button>
      <LanguageMenu />
    </header>
  );
}

/** The languages that there are, each by its own name. */
function LanguageMenu() {
  const { lang } = useStore().place;
  if (languages().length < 2) return null;
  const nameOf = (code: string): string => new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return (
    <select
      class="language"
      aria-label={t("Language")}
      value={language()}
      onChange={({ currentTarget: { value } }) => {
        keep(value);
        lang.value = value;
      }}
    >
      {languages().map((code) => (
        <option key={code} value={code} lang={code} selected={code === language()}>
          {nameOf(code)}
        </option>
      ))}
    </select>
  );
}

/** The screens with a tab of their own that have something to show, in their order. */
function tabsOf(store: Store): [ScreenName, Screen][] {
  return (Object.entries(store.screens) as [ScreenName, Screen][])
    .filter(([, { tab, isShown }]) => tab !== undefined && (isShown?.(store) ?? true))
    .sort(([, one], [, other]) => one.tab! - other.tab!);
}

const ALWAYS: readonly KeyHint[] = [["Esc", msg("up")]];
const OTHERWISE: readonly KeyHint[] = [["Tab", msg("next")]];

function Footer() {
  const store = useStore();
  const { keys: own = OTHERWISE, Legend } = store.screens[store.screen.value];
  const keys = [...own, ...ALWAYS];
  return (
    <footer>
      <span class="keys">
        {keys.map(([key, what]) => (
          <span key={key}>
            <kbd>{key === "Space" ? t("Space") : key}</kbd> {t(what)}
          </span>
        ))}
      </span>
      {Legend ? (
        <div class="row">
          <Legend />
        </div>
      ) : (
        <span>{t("orange, corner mark = below 0")}</span>
      )}
    </footer>
  );
}

/** The page goes on where it is, and its keys work again. */
function endTour(store: Store, from: HTMLElement): void {
  const page = from.closest(".page");
  goToStop(store, [], -1);
  const main = page?.querySelector<HTMLElement>("main");
  (main?.querySelector<HTMLElement>("[data-focus]") ?? main)?.focus({ preventScroll: true });
}

/** Esc climbs, a full stop pins; the rest is for the screen. */
function onKey(store: Store, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.matches("input:not([type=range]), select, textarea");
  if (event.key === "Escape") {
    if (target.closest("dialog")) return;
    if (store.place.tour.value) endTour(store, target);
    else store.screen.value = upFrom(store, store.screen.value);
  } else if (!typing && event.key === "." && store.screens[store.screen.value].keys?.some(([key]) => key === ".")) {
    store.place.pinned.value = store.place.pinned.value ? "" : "1";
  } else if (!typing && store.keys?.(event)) {
    event.preventDefault();
  } else {
    return;
  }
  event.stopPropagation();
}
