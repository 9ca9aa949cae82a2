/** What a large network is asked: worked out piece by piece, so that it can be told in between and given up. */
import type { Exhibit, Picture } from "../bundle";
import type { Tensor } from "../graph/tensor";
import { addLayer, computedOf, emptyPass, type Pass } from "../network";
import { gradCam, integratedGradients, saliencyOf } from "../numbers/reasons";

/** A picture, and a number by which its pass is known again. */
export interface Asked {
  picture: Picture;
  number: number;
}

export type Order = Asked &
  (
    | { do: "pass" }
    | { do: "values"; layer: string }
    | { do: "saliency"; label: number }
    | { do: "maps"; label: number; layer: string }
    | { do: "contributions"; label: number }
  );

/** One layer of a pass: what it computed, by the numbers of its graph; null where Python had to. */
export interface Told {
  layer: string;
  values: (Tensor | null)[] | null;
}

/** Waits until there is time again; says whether the answer is still wanted. */
export type Rest = () => Promise<boolean>;
type Tell = (answer: unknown) => void;

export function startEngine(exhibit: Exhibit): (order: Order, tell: Tell, rest: Rest) => Promise<void> {
  let known: { number: number; pass: Pass } | null = null;

  const passOf = async ({ picture, number }: Asked, rest: Rest, tell?: Tell): Promise<Pass | null> => {
    const isKnown = known?.number === number;
    const pass = isKnown ? known!.pass : emptyPass(exhibit, picture);
    for (const layer of exhibit.layers) {
      if (!isKnown) addLayer(exhibit, pass, layer);
      tell?.({ layer: layer.name, values: computedOf(pass, layer) } satisfies Told);
      if (!(await rest())) return null;
    }
    known = { number, pass };
    return pass;
  };

  return async (order, tell, rest) => {
    if (order.do === "contributions") return tell(await integratedGradients(exhibit, order.picture, order.label, rest));
    const pass = await passOf(order, rest, order.do === "pass" ? tell : undefined);
    if (!pass) return;
    if (order.do === "values") tell(pass.layers.get(order.layer)?.activation ?? null);
    if (order.do === "saliency") tell(saliencyOf(exhibit, pass, order.label));
    if (order.do === "maps") tell(gradCam(exhibit, pass, order.label, order.layer));
  };
}

const BREATH = 12; // milliseconds of work before others have a turn

/** Works on all orders in turn; what was dropped ends at its next rest. */
export function startRunner(exhibit: Exhibit, tell: (id: number, answer: unknown) => void) {
  const wanted = new Set<number>();
  const answer = startEngine(exhibit);
  let began = performance.now();
  return {
    add(id: number, order: Order): void {
      wanted.add(id);
      const rest = async (): Promise<boolean> => {
        if (performance.now() - began > BREATH) {
          await new Promise((resolve) => setTimeout(resolve));
          began = performance.now();
        }
        return wanted.has(id);
      };
      const work = async (): Promise<void> => {
        if (await rest()) await answer(order, (found) => wanted.has(id) && tell(id, found), rest);
        wanted.delete(id);
      };
      void work();
    },
    drop: (id: number): void => void wanted.delete(id),
  };
}
