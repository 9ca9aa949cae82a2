/** Random numbers by seed: RC4 without its first 256 bytes, as the seedrandom library and so TensorFlow Playground's links draw them. */
export type Random = () => number;

const BYTE = 256;
const LEAST = 2 ** 52; // so that all 52 places of a fraction are random

export function seededRandom(seed: string): Random {
  const byte = keyStream(keyOf(seed));
  for (let dropped = 0; dropped < BYTE; dropped++) byte();
  return () => {
    let [numerator, denominator, last] = [0, 1, 0];
    for (let count = 0; count < 6; count++) [numerator, denominator] = [numerator * BYTE + byte(), denominator * BYTE];
    while (numerator < LEAST) [numerator, denominator, last] = [(numerator + last) * BYTE, denominator * BYTE, byte()];
    while (numerator >= 2 * LEAST) [numerator, denominator, last] = [numerator / 2, denominator / 2, last >>> 1];
    return (numerator + last) / denominator;
  };
}

/** Mix the letters of a seed into at most 256 bytes. */
function keyOf(seed: string): number[] {
  const key: number[] = [];
  let smear = 0;
  for (let index = 0; index < seed.length; index++) {
    const place = index % BYTE;
    smear ^= (key[place] ?? 0) * 19;
    key[place] = (smear + seed.charCodeAt(index)) & (BYTE - 1);
  }
  return key.length ? key : [0];
}

function keyStream(key: number[]): Random {
  const state = Array.from({ length: BYTE }, (_, index) => index);
  for (let index = 0, other = 0; index < BYTE; index++) {
    other = (other + key[index % key.length] + state[index]) & (BYTE - 1);
    [state[index], state[other]] = [state[other], state[index]];
  }
  let [first, second] = [0, 0];
  return () => {
    first = (first + 1) & (BYTE - 1);
    second = (second + state[first]) & (BYTE - 1);
    [state[first], state[second]] = [state[second], state[first]];
    return state[(state[first] + state[second]) & (BYTE - 1)];
  };
}

export const uniform = (random: Random, low: number, high: number): number => random() * (high - low) + low;

/** A normal number by Marsaglia's polar method; of the pair that it gives, the first. */
export function normal(random: Random, mean: number, variance: number): number {
  for (;;) {
    const [one, other] = [2 * random() - 1, 2 * random() - 1];
    const square = one * one + other * other;
    if (square <= 1) return mean + Math.sqrt(variance) * (Math.sqrt((-2 * Math.log(square)) / square) * one);
  }
}

/** A seed as TensorFlow Playground makes one. */
export const newSeed = (): string => Math.random().toFixed(5);

/** Put items in random order, in place (Fisher and Yates). */
export function shuffle<T>(random: Random, items: T[]): void {
  for (let left = items.length; left > 0; left--) {
    const place = Math.floor(random() * left);
    [items[left - 1], items[place]] = [items[place], items[left - 1]];
  }
}
