/** Painting that may take long, cut into frames: what fits into a frame is painted at once, the rest in the next ones. */
const FRAME = 12; // milliseconds
const waiting: Iterator<unknown>[] = [];
let [asked, until] = [0, 0];

function paint(): void {
  asked = 0;
  until = performance.now() + FRAME;
  work();
}

function work(): void {
  while (waiting.length && performance.now() < until) if (waiting[0].next().done) waiting.shift();
  if (waiting.length && !asked) asked = requestAnimationFrame(paint);
}

/** Run the steps of a task; gives back how to stop it. */
export function soon(task: Iterator<unknown>): () => void {
  waiting.push(task);
  if (!asked && performance.now() > until + FRAME) until = performance.now() + FRAME;
  work();
  return () => {
    const place = waiting.indexOf(task);
    if (place >= 0) waiting.splice(place, 1);
  };
}
