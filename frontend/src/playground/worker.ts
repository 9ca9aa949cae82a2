/** The worker's side: one order in, one frame out. */
import { startEngine, type Order } from "./engine";

const answer = startEngine();
addEventListener("message", ({ data }: MessageEvent<{ id: number; order: Order }>) => {
  const frame = answer(data.order);
  (postMessage as (message: unknown, given: Transferable[]) => void)({ id: data.id, frame }, [frame.grids.buffer]);
});
