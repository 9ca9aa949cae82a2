/** The page as one module: `render({ model, el })` draws a model into an element, whoever the host is. */
import { effect, signal, untracked } from "@preact/signals";
import { h, render as draw } from "preact";
import { readBundle, type Exhibit } from "./bundle";
import { hostOf, type WidgetModel } from "./hosts/widget";
import { startBrowserHost } from "./hosts/browser";
import { readColours } from "./paint/colours";
import { SCREENS } from "./screens";
import { Store } from "./store";
import { direction, language, offerAll, speak, t } from "./language/catalogue";
import { languageOf, wanted } from "./language/choose";
import { App } from "./app";
import "./style.css";

export { readBundle } from "./bundle";
export { fold, goBack, run } from "./graph/graph";
export { compare, forward } from "./network";
export { judgeFilter } from "./numbers/filters";
export { judgeGrid, judgeSide } from "./numbers/predict";
export { outputSize } from "./numbers/sizes";

/**
 * The anywidget contract. The model holds `bundle` (bytes), `link` (text), `can_ask` and, in a notebook, `words` (the
 * catalogues of all languages, as JSON); it is asked by messages.
 */
function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const root = document.createElement("div");
  root.className = "convscope";
  if (document.body.dataset.jpThemeLight === "false") root.dataset.theme = "dark";
  el.append(root);
  try {
    const words = model.get("words");
    if (words) offerAll(String(words));
    void speak(wanted(languageOf(String(model.get("link") ?? ""))));
    const view = model.get("bundle") as DataView;
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
    const [own, host] = [readBundle(bytes), hostOf(model)];
    // Python knows nothing of a network that was trained in the page.
    const alone = { ...host, ask: null, film: null, canOrder: false, onFilm: () => undefined };
    let opened = 0;
    const made = (exhibit: Exhibit | null): Store =>
      new Store(exhibit ?? own, exhibit ? alone : host, SCREENS, readColours(root), (other) => {
        shown.peek().close();
        opened++;
        return (shown.value = made(other));
      });
    const shown = signal(made(null));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const repaint = (): void => void (shown.peek().colours.value = readColours(root));
    dark.addEventListener("change", repaint);
    const heard = [
      effect(() => void speak(wanted(shown.value.place.lang.value))),
      effect(() => {
        for (const place of [root, ...(el.id === "convscope-page" ? [document.documentElement] : [])]) {
          place.lang = language();
          place.dir = direction(language());
        }
        // Texts are kept here and there: in another language, and for another network, everything is made anew.
        const [key, store] = [`${language()} ${opened}`, shown.value];
        untracked(() => draw(h(App, { store, key }), root));
      }),
    ];
    root.dataset.ready = performance.now().toFixed(0); // milliseconds since the document was asked for
    return () => {
      dark.removeEventListener("change", repaint);
      for (const stop of heard) stop();
      draw(null, root);
      root.remove();
    };
  } catch (error) {
    root.textContent = t("The model cannot be shown: {error}", {
      error: error instanceof Error ? error.message : String(error),
    });
    return () => root.remove();
  }
}

export default { render };

startBrowserHost(render);
