/** Pictures and network, kept by the browser for this address, so that a reload loses nothing. */
import { effect } from "@preact/signals";
import { build } from "./design";
import type { Lesson, Trained } from "./lesson";
import type { Project, State } from "./project";

/** How well keeping goes: not tried yet, done, not offered by this browser, or refused because there is no room. */
export type Keeping = "" | "kept" | "nowhere" | "full";

interface Kept {
  version: 1;
  state: State;
  /** Without the built network, which follows from its layers. */
  trained: (Omit<Trained, "built"> & { built: null }) | null;
}

const [NAME, STORE, VERSION] = ["convscope-teach", "projects", 1];
const SETTLED = 300; // milliseconds without a change before it is written
const MOST_FILM = 20e6; // bytes of weights

/** All files of a disk may share one store: each has its own key in it. */
const key = (): string => (location.protocol === "file:" ? location.pathname : "project");

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error ?? new Error());
  });

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION); // throws where a browser keeps nothing for a page
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asked(request);
}

/** A film that is too long for the store keeps its first and last look. */
function short({ looks, ...trained }: Trained): Kept["trained"] {
  const bytes = looks.length * trained.weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const kept = bytes > MOST_FILM ? [looks[0], looks[looks.length - 1]] : looks;
  return { ...trained, looks: kept, built: null };
}

/** Bring back what was kept, and keep every change from now on; `tell` hears how that goes. */
export async function keep(project: Project, lesson: Lesson, tell: (how: Keeping) => void): Promise<void> {
  let database: IDBDatabase;
  try {
    database = await opened();
    const kept = (await asked(database.transaction(STORE).objectStore(STORE).get(key()))) as Kept | undefined;
    if (kept?.version === 1 && !project.count.peek()) {
      project.restore(kept.state);
      const { trained } = kept;
      if (trained) lesson.show({ ...trained, built: build(trained.choices, trained.classNames.length, trained.shape) });
      tell("kept");
    }
  } catch {
    return tell("nowhere");
  }
  let isFirst = true;
  effect(() => {
    const [state, trained] = [project.state.value, lesson.trained.value];
    if (isFirst) return void (isFirst = false);
    const timer = setTimeout(() => {
      const kept: Kept = { version: 1, state, trained: trained && short(trained) };
      const writing = database.transaction(STORE, "readwrite");
      writing.oncomplete = () => tell("kept");
      writing.onabort = () => tell("full");
      writing.objectStore(STORE).put(kept, key());
    }, SETTLED);
    return () => clearTimeout(timer);
  });
}
