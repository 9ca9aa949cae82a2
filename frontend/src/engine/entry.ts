/** What a worker of the page runs. */
import { startWorker } from "./worker";

const hear = startWorker((event, given = []) => postMessage(event, { transfer: given }));
addEventListener("message", ({ data }) => hear(data));
