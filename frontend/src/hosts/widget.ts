/** The notebook's side of the page, and the shape that every other host takes. */
import { t } from "../language/catalogue";
import type { Ask, Host } from "../store";

/** What Python sends: the answer to a question by its number, or a film that nobody asked for. */
export interface Message {
  id?: number;
  error?: string;
  film?: boolean;
}

export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: object, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(name: "msg:custom", callback: (message: Message, buffers?: DataView[]) => void): void;
  on(name: "change:link", callback: () => void): void;
}

/** Turn messages there and back into one question and one answer. */
function asker(model: WidgetModel): Ask {
  const waiting = new Map<number, { resolve: (bytes: ArrayBuffer) => void; reject: (error: Error) => void }>();
  let last = 0;
  model.on("msg:custom", ({ id, error }, buffers) => {
    if (id === undefined) return;
    const question = waiting.get(id);
    waiting.delete(id);
    const view = buffers?.[0];
    if (error || !view) question?.reject(new Error(error ?? t("Python did not answer")));
    else question?.resolve(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
  });
  return (request, body) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      model.send({ ...request, id: last }, undefined, body ? [body] : []);
    });
}

export const hostOf = (model: WidgetModel): Host => ({
  film: (model.get("film") as ArrayBuffer | null | undefined) ?? null,
  canOrder: Boolean(model.get("can_order")),
  onFilm: (tell) =>
    model.on("msg:custom", ({ film }, buffers) => {
      const view = buffers?.[0];
      if (film && view) tell(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
    }),
  ask: model.get("can_ask") ? asker(model) : null,
  readLink: () => String(model.get("link") ?? ""),
  writeLink: (link) => {
    if (model.get("link") === link) return;
    model.set("link", link);
    model.save_changes();
  },
  onLink: (changed) => model.on("change:link", changed),
  teach: (model.get("teach") as Host["teach"] | undefined) ?? null,
});
