/**
 * Random numbers as NumPy's `default_rng` draws them, bit for bit: what a training draws follows from a seed, an epoch
 * and a stream, in the page as in Python. O'Neill 2014, "PCG: A family of better random number generators";
 * NumPy's SeedSequence after O'Neill's `randutils`.
 */

const [POOL, BITS] = [4, 16];
const BASE = 2 ** BITS;
const LIMBS = 8; // 128 bits
/** 0x2360ED051FC65DA44385DF649FCCF645, the lowest 16 bits first. */
const FACTOR = [0xf645, 0x9fcc, 0xdf64, 0x4385, 0x5da4, 0x1fc6, 0xed05, 0x2360];

/** Mix whole numbers from 0 to 2^53 into `count` words of 32 bits. */
export function mixed(seeds: readonly number[], count: number): Uint32Array {
  const words = seeds.flatMap((seed) =>
    seed < 2 ** 32 ? [seed >>> 0] : [(seed % 2 ** 32) >>> 0, Math.floor(seed / 2 ** 32)],
  );
  let factor = 0x43b0d7e5;
  const hash = (value: number): number => {
    const changed = value ^ factor;
    factor = Math.imul(factor, 0x931e8875);
    const product = Math.imul(changed, factor);
    return product ^ (product >>> 16);
  };
  const mix = (one: number, other: number): number => {
    const sum = Math.imul(one, 0xca01f9dd) - Math.imul(other, 0x4973f715);
    return sum ^ (sum >>> 16);
  };
  const pool = Array.from({ length: POOL }, (_, index) => hash(words[index] ?? 0));
  for (let from = 0; from < POOL; from++)
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (const word of words.slice(POOL)) for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(word));

  factor = 0x8b51f9dd;
  return Uint32Array.from({ length: count }, (_, index) => {
    const changed = pool[index % POOL] ^ factor;
    factor = Math.imul(factor, 0x58f38ded);
    const product = Math.imul(changed, factor);
    return product ^ (product >>> 16);
  });
}

/** PCG64: a state of 128 bits, and 64 random bits for each step. */
export class Generator {
  private readonly state = new Float64Array(LIMBS);
  private readonly step = new Float64Array(LIMBS);
  /** The upper half of the last 64 bits, where only the lower one was asked for. */
  private kept = -1;

  constructor(...seeds: number[]) {
    const words = mixed(seeds, 8);
    // a number of 64 bits is two words, the lower one first; of 128 bits two of those, the higher one first
    const limb = (first: number, index: number): number =>
      (words[first + ((index >> 1) ^ 2)] >>> (BITS * (index % 2))) & (BASE - 1);
    for (let index = 0, carry = 1; index < LIMBS; index++) {
      this.step[index] = (2 * limb(4, index) + carry) % BASE;
      carry = limb(4, index) >> (BITS - 1);
    }
    this.advance();
    for (let index = 0, carry = 0; index < LIMBS; index++) {
      const sum = this.state[index] + limb(0, index) + carry;
      this.state[index] = sum % BASE;
      carry = sum >= BASE ? 1 : 0;
    }
    this.advance();
  }

  /** state = state * FACTOR + step. */
  private advance(): void {
    const { state, step } = this;
    // from the highest limb down, so that what is still needed is not overwritten; carries go up afterwards
    for (let place = LIMBS - 1; place >= 0; place--) {
      let sum = step[place];
      for (let index = 0; index <= place; index++) sum += state[index] * FACTOR[place - index];
      state[place] = sum;
    }
    for (let place = 0, carry = 0; place < LIMBS; place++) {
      const sum = state[place] + carry;
      carry = Math.floor(sum / BASE);
      state[place] = sum - carry * BASE;
    }
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    if (this.kept >= 0) {
      const found = this.kept;
      this.kept = -1;
      return found;
    }
    this.advance();
    const { state } = this;
    const half = (at: number): number =>
      (state[at] ^ state[at + 4]) + ((state[at + 1] ^ state[at + 5]) & (BASE - 1)) * BASE;
    const turn = state[7] >> 10;
    const [low, high] = turn & 32 ? [half(2), half(0)] : [half(0), half(2)];
    const by = turn & 31;
    this.kept = (by ? (high >>> by) | (low << (32 - by)) : high) >>> 0;
    return (by ? (low >>> by) | (high << (32 - by)) : low) >>> 0;
  }

  /** A fraction from 0 to less than 1, in single precision. */
  fraction(): number {
    return (this.word() >>> 8) / 2 ** 24;
  }

  /** A whole number from 0 to `most`: as many bits as it has, until they are not too many. */
  upTo(most: number): number {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const found = (this.word() & mask) >>> 0;
      if (found <= most) return found;
    }
  }

  /** Put numbers into a random order. */
  shuffle(numbers: Int32Array): void {
    for (let place = numbers.length - 1; place > 0; place--) {
      const [other, number] = [this.upTo(place), numbers[place]];
      numbers[place] = numbers[other];
      numbers[other] = number;
    }
  }

  /** A number of the normal distribution, by Box and Muller; NumPy's own are others. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }
}
