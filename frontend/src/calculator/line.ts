/** The page's side of the calculator: a worker where the host allows one, else the page itself between two frames. */
import source from "virtual:calculator/worker";
import type { Exhibit, Picture } from "../bundle";
import { startRunner, type Asked, type Order } from "./engine";

export type Question = Order extends infer One ? (One extends Order ? Omit<One, keyof Asked> : never) : never;

export interface Calculator {
  /** Ask about a picture; gives back how to give the question up. */
  ask<T>(picture: Picture, question: Question, tell: (answer: T) => void): () => void;
}

export function openCalculator(exhibit: Exhibit): Calculator {
  const waiting = new Map<number, { order: Order; tell: (answer: never) => void }>();
  const numbers = new WeakMap<Picture, number>();
  let last = 0;
  let here: ReturnType<typeof startRunner> | null = null;
  let worker: Worker | null = null;

  const tell = (id: number, answer: unknown): void => waiting.get(id)?.tell(answer as never);
  const workHere = (): void => {
    if (here) return;
    [worker, here] = [null, startRunner(exhibit, tell)];
    for (const [id, { order }] of waiting) here.add(id, order);
  };

  try {
    worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.onmessage = ({ data }: MessageEvent<{ id: number; answer: unknown }>) => tell(data.id, data.answer);
    worker.onerror = (event) => {
      event.preventDefault();
      workHere();
    };
    worker.postMessage({ bundle: exhibit.bytes }, [exhibit.bytes]);
  } catch {
    workHere();
  }
  return {
    ask(picture, question, answer) {
      const id = ++last;
      if (!numbers.has(picture)) numbers.set(picture, id);
      const order = { ...question, picture: alone(picture), number: numbers.get(picture)! } as Order;
      waiting.set(id, { order, tell: answer as (answer: never) => void });
      if (here) here.add(id, order);
      else worker!.postMessage({ id, order });
      return () => {
        waiting.delete(id);
        if (here) here.drop(id);
        else worker!.postMessage({ id });
      };
    },
  };
}

/** Numbers of its own: a part of the array of all pictures would take the whole array with it. */
const alone = (picture: Picture): Picture => ({
  ...picture,
  pixels: { ...picture.pixels, data: picture.pixels.data.slice() },
  values: new Map([...picture.values].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }])),
});
