/** The page's side of a training: orders are answered one after the other, by a worker where the host allows one. */
import source from "virtual:playground/worker";
import { startEngine, type Frame, type Order } from "./engine";

export interface Line {
  ask: (order: Order) => Promise<Frame>;
  /** False where the page itself trains, because its host allows no worker. */
  hasWorker: () => boolean;
  close: () => void;
}

export function openLine(): Line {
  const waiting = new Map<number, { order: Order; tell: (frame: Frame) => void }>();
  let last = 0;
  let own: ((order: Order) => Frame) | null = null;
  let worker: Worker | null = null;

  const trainHere = (): void => {
    worker = null;
    own = startEngine();
    for (const [id, { order, tell }] of waiting) {
      waiting.delete(id);
      tell(own(order));
    }
  };

  try {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onmessage = ({ data }: MessageEvent<{ id: number; frame: Frame }>) => {
      const { tell } = waiting.get(data.id)!;
      waiting.delete(data.id);
      tell(data.frame);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (!own) trainHere();
    };
  } catch {
    trainHere();
  }
  return {
    ask: (order) =>
      new Promise((tell) => {
        if (own) return tell(own(order));
        waiting.set(++last, { order, tell });
        worker!.postMessage({ id: last, order });
      }),
    hasWorker: () => worker !== null,
    close: () => worker?.terminate(),
  };
}
