/** Into how many parts a batch is cut, and so how many workers can share it. */
import type { Network } from "./joined";

const PARTS = 4;

/** A normalization that is measured by the batch looks at all of it, so that the batch stays in one piece. */
const looksAtBatch = ({ graph }: Network): boolean =>
  graph.values.some((use) => use.do === "normalize" && use.inputs.length > 1 && use.settings.momentum !== null);

/** Four parts whatever the workers, so that the result does not depend on them; see trainer.ts. */
export const mostWorkers = (network: Network): number => (looksAtBatch(network) ? 1 : PARTS);
