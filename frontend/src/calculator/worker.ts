/** The worker's side: the network first, then orders by their numbers, and which of them are no longer wanted. */
import { readBundle } from "../bundle";
import { startRunner, type Order } from "./engine";

let runner: ReturnType<typeof startRunner>;
const tell = (id: number, answer: unknown): void => (postMessage as (message: unknown) => void)({ id, answer });
addEventListener("message", ({ data }: MessageEvent<{ bundle?: ArrayBuffer; id: number; order?: Order }>) => {
  if (data.bundle) runner = startRunner(readBundle(data.bundle), tell);
  else if (data.order) runner.add(data.id, data.order);
  else runner.drop(data.id);
});
