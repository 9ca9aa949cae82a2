/** The page's side of a training: starts the workers, connects them, and hears what they tell. */
import source from "virtual:engine/entry";
import type { Asked } from "./answers";
import { joined } from "./joined";
import { mostWorkers } from "./parts";
import type { Event } from "./session";
import type { Task } from "./trainer";

/** What is needed of a worker, in a browser or elsewhere. */
export interface Fellow {
  post(message: unknown, given: Transferable[]): void;
  close(): void;
}

export type StartFellow = (tell: (event: Event) => void, fail: (words: string) => void) => Fellow;

export interface Line {
  /** How many workers train. */
  readonly workers: number;
  order(what: "pause" | "go on" | "stop"): void;
  close(): void;
}

/** A worker of the browser, from text inside of the page, because an exported page is one file. */
export const inBrowser: StartFellow = (tell, fail) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.onmessage = ({ data }: MessageEvent<Event>) => tell(data);
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || "the browser starts no worker");
  };
  return {
    post: (message, given) => worker.postMessage(message, given),
    close() {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
};

/** Half of the cores that there are train, at most four: the page paints on another one. */
export function wishedWorkers(): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return cores >= 8 ? 4 : cores >= 2 ? 2 : 1;
}

/** Train: `tell` hears everything that happens, until it has ended or failed. Throws `NoTraining` if it cannot begin. */
export function openLine(
  task: Task,
  tell: (event: Event) => void,
  { wished = wishedWorkers(), start = inBrowser }: { wished?: number; start?: StartFellow } = {},
): Line {
  const most = mostWorkers(joined(task.network, task.loss !== "squared error"));
  const workers = Math.min(wished, most);
  const fellows: Fellow[] = [];
  let isOver = false;
  const close = (): void => {
    isOver = true;
    for (const fellow of fellows) fellow.close();
  };
  const hear = (event: Event): void => {
    if (isOver) return;
    if (event.tells === "ended" || event.tells === "failed") close();
    tell(event);
  };
  const fail = (words: string): void => hear({ tells: "failed", words: `This page may start no workers: ${words}.` });
  try {
    for (let me = 0; me < workers; me++) fellows.push(start(hear, fail));
    const ports = connected(workers);
    fellows.forEach((fellow, me) =>
      fellow.post(
        { do: "begin", task, me, workers, ports: workers > 1 ? ports[me] : undefined },
        ports[me].filter((port) => port !== null),
      ),
    );
  } catch (error) {
    queueMicrotask(() => fail(String(error)));
  }
  return { workers, order: (what) => fellows[0]?.post({ do: what }, []), close };
}

/** A channel between every two workers: `ports[one][other]` is one's end of it. */
export function connected(workers: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: workers }, () => new Array<MessagePort | null>(workers).fill(null));
  for (let one = 0; one < workers; one++)
    for (let other = one + 1; other < workers; other++) {
      const { port1, port2 } = new MessageChannel();
      [ports[one][other], ports[other][one]] = [port1, port2];
    }
  return ports;
}

/** Have a worker send rows through a network that is trained; gives the last layer's numbers, row after row. */
export function answersFrom(asked: Asked, start: StartFellow = inBrowser): Promise<Float32Array> {
  return new Promise((done, fail) => {
    const end = (how: () => void): void => {
      fellow.close();
      how();
    };
    const fellow = start(
      (event) => event.tells === "answers" && end(() => done(event.values)),
      (words) => end(() => fail(new Error(words))),
    );
    fellow.post({ do: "answer", ...asked }, []);
  });
}
