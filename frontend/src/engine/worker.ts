/** The worker's side of a training: orders come in, events go out, gradients travel between workers by transfer. */
import { answersOf, type Asked } from "./answers";
import { Session, type Order } from "./session";
import type { Exchange } from "./trainer";

type Message = (Order & { ports?: readonly (MessagePort | null)[] }) | ({ do: "answer" } & Asked);

/** Hand gradients to the other workers, and wait for theirs; `ports[me]` is null. A received buffer is sent back next. */
export function exchangeThrough(ports: readonly (MessagePort | null)[]): Exchange {
  const arrived = ports.map(() => [] as Float32Array<ArrayBuffer>[]);
  const spare = ports.map(() => null as Float32Array<ArrayBuffer> | null);
  let awake: (() => void) | null = null;
  ports.forEach((port, index) => {
    if (port)
      port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => {
        arrived[index].push(data);
        awake?.();
      };
  });
  return async (own) => {
    ports.forEach((port, index) => {
      const copy = spare[index] ?? new Float32Array(own.length);
      copy.set(own);
      port?.postMessage(copy, [copy.buffer]);
    });
    while (ports.some((port, index) => port && !arrived[index].length)) await new Promise<void>((go) => (awake = go));
    return ports.map((port, index) => (port ? (spare[index] = arrived[index].shift()!) : own));
  };
}

/** Begin to listen: gives what hears the page's messages. */
export function startWorker(tell: ConstructorParameters<typeof Session>[0]): (message: Message) => void {
  let session: Session | null = null;
  return (message) => {
    if (message.do === "answer") {
      const values = answersOf(message);
      return tell({ tells: "answers", values }, [values.buffer]);
    }
    if (message.do === "begin") session = new Session(tell, message.ports && exchangeThrough(message.ports));
    session?.hear(message);
  };
}
