/** The page in a browser of its own: served by `convscope explore`, or opened from an exported file. */
import { offer, offerAll, speak, t, type Catalogue } from "../language/catalogue";
import { languageOf, wanted } from "../language/choose";
import { QUESTIONS, type Question } from "../questions";
import type { Message, WidgetModel } from "./widget";

/** Milliseconds after which a place is written down; writing it at every move costs a frame. */
const SETTLED = 150;

type Listener = (message: Message, buffers?: DataView[]) => void;
type Render = (place: { model: WidgetModel; el: HTMLElement }) => unknown;

/** Begin where the document has a place for the page; in a notebook there is none. */
export function startBrowserHost(render: Render): void {
  const el = document.getElementById("convscope-page");
  if (!el) return;
  void begin(el, render).catch((error: unknown) => {
    el.textContent = t("The page could not be opened: {error}", {
      error: error instanceof Error ? error.message : String(error),
    });
  });
}

async function begin(el: HTMLElement, render: Render): Promise<void> {
  const kept = document.getElementById("convscope-bundle");
  const words = document.getElementById("convscope-words")?.textContent;
  if (words) offerAll(words);
  else offer(el.dataset.languages?.split(" ").filter(Boolean) ?? [], fetched);
  const [bytes] = await Promise.all([
    kept ? unpacked(kept.textContent ?? "") : answer(fetch("api/bundle")),
    speak(wanted(languageOf(location.hash))),
  ]);
  el.textContent = "";
  const looks = document.getElementById("convscope-film")?.textContent;
  render({ model: browserModel(bytes, kept === null, looks ? await unpacked(looks) : null), el });
}

/** A server has the catalogues beside the module; who reads English does not ask for them. */
async function fetched(code: string): Promise<Catalogue> {
  const bytes = await answer(fetch(new URL("words.json", import.meta.url)));
  return (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, Catalogue>)[code];
}

const PIECE = 4 * 2 ** 18; // letters that are read between two frames

async function unpacked(text: string): Promise<ArrayBuffer> {
  const whole = text.trim();
  const bytes = new Uint8Array(Math.floor((whole.length * 3) / 4));
  let end = 0;
  for (let from = 0; from < whole.length; from += PIECE) {
    if (from) await new Promise((resolve) => setTimeout(resolve));
    const letters = atob(whole.slice(from, from + PIECE));
    for (let index = 0; index < letters.length; index++) bytes[end++] = letters.charCodeAt(index);
  }
  return bytes.buffer.slice(0, end);
}

async function answer(asked: Promise<Response>): Promise<ArrayBuffer> {
  const response = await asked.catch(() => {
    throw new Error(t("convscope does not answer; is it still running?"));
  });
  if (!response.ok)
    throw new Error(reason(await response.text()) || t("the server answers {status}", { status: response.status }));
  return response.arrayBuffer();
}

/** Programs are told in JSON what is wrong. */
function reason(text: string): string {
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text;
  }
}

/** Ask the server behind the page; what it is not known to answer is not sent. */
function ask(question: Question, body?: ArrayBuffer): Promise<ArrayBuffer> {
  if (!(question.ask in QUESTIONS))
    return Promise.reject(new Error(t('the page has no question "{ask}"', { ask: question.ask })));
  const { path, method } = QUESTIONS[question.ask];
  const words = question as unknown as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, word: string) => encodeURIComponent(String(words[word])));
  const headers = body && { "content-type": "application/octet-stream" };
  return answer(fetch(`api/${filled}`, { method, body, headers }));
}

/** How the second module comes: from beside this one, or from the text that an exported file keeps for it. */
function teaching(served: boolean): (() => Promise<unknown>) | null {
  if (served) return () => import(new URL("teach.js", import.meta.url).href);
  const kept = document.getElementById("convscope-teach")?.textContent;
  if (!kept) return null;
  return async () => {
    const script = document.createElement("script");
    script.textContent = kept; // the policy of the file names this text by its hash
    document.head.append(script);
  };
}

/** The link is the address, so that back, forward and bookmarks work. */
function browserModel(bundle: ArrayBuffer, served: boolean, film: ArrayBuffer | null): WidgetModel {
  const listeners: Listener[] = [];
  const tell: Listener = (message, buffers) => listeners.forEach((listener) => listener(message, buffers));
  let link = location.hash.slice(1);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen = location.hash; // an address that has changed since belongs to the reader, and is read, not written over
  const write = (): void => {
    if (location.hash !== seen) return;
    history.replaceState(null, "", `#${link}`);
    seen = location.hash;
  };
  return {
    get: (name) =>
      ({ bundle: new DataView(bundle), link, can_ask: served, film, can_order: served, teach: teaching(served) })[name],
    set: (_, value) => {
      const [before, after] = [link, String(value)].map((one) => one.split("?")[0]);
      clearTimeout(timer);
      if (before && before !== after) {
        write();
        history.pushState(null, "", `#${value}`);
        seen = location.hash;
      } else timer = setTimeout(write, SETTLED);
      link = String(value);
    },
    save_changes: () => undefined,
    send: (content, _, buffers) => {
      const question = content as Question & { id: number };
      ask(question, buffers?.[0]).then(
        (bytes) => tell({ id: question.id }, [new DataView(bytes)]),
        (error: unknown) =>
          tell({ id: question.id, error: error instanceof Error ? error.message : String(error) }, []),
      );
    },
    on: (name: "msg:custom" | "change:link", callback: Listener | (() => void)) => {
      if (name === "msg:custom") return void listeners.push(callback);
      addEventListener("hashchange", () => {
        clearTimeout(timer);
        seen = location.hash;
        link = seen.slice(1);
        (callback as () => void)();
      });
    },
  };
}
