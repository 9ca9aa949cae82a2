/** The products of one window as they are shown: a calculator confirms each, and with the rounding they add up. */
import { DECIMALS, exactSumLines, shownProduct } from "./digits";
import type { Group } from "./step";

export interface Card {
  /** Decimals of factors, products and subtotal. */
  digits: number;
  products: number[];
  /** Of the shown products. */
  sum: number;
  /** What is missing to the true subtotal; empty where nothing is. */
  rounding: string;
}

const OF_ONE = 6; // a product that stands alone has room for more decimals

export function cardOf({ terms, subtotal }: Pick<Group, "terms" | "subtotal">): Card {
  const digits = terms.length === 1 ? OF_ONE : DECIMALS;
  const products = terms.map(({ input, weight, product }) =>
    weight === null ? product : shownProduct([input, weight], digits),
  );
  const lines = exactSumLines(
    products.map((product, index): [string, number] => [String(index), product]),
    subtotal,
    digits,
  );
  const rounding = lines.find(({ name }) => name === "rounding");
  return { digits, products, sum: subtotal - (rounding?.value ?? 0), rounding: rounding?.text ?? "" };
}
