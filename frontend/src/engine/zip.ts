/** Zip archives without compression (PKWARE's APPNOTE 6.3.10), and SHA-256 (FIPS 180-4), which a page without https lacks. */

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function crc32(content: Uint8Array): number {
  let sum = -1;
  for (const byte of content) sum = CRC[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

const [VERSION, DATE] = [20, 33]; // 1 January 1980, so that the same files make the same archive

/** Put files into an archive, in their order. */
export function stored(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  const listed: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of files) {
    const letters = new TextEncoder().encode(name);
    // what both headers say of a file: version, flags, method, time, date, sum, sizes, lengths of its name and more
    const facts = fields([VERSION, 2], [0, 2], [0, 2], [0, 2], [DATE, 2], [crc32(content), 4], [content.length, 4], [content.length, 4], [letters.length, 2], [0, 2]); // prettier-ignore
    listed.push(fields([0x02014b50, 4], [VERSION, 2]), facts, fields([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), letters);
    const file = [fields([0x04034b50, 4]), facts, letters, content];
    parts.push(...file);
    at += file.reduce((sum, one) => sum + one.length, 0);
  }
  const size = listed.reduce((sum, one) => sum + one.length, 0);
  const end = fields([0x06054b50, 4], [0, 2], [0, 2], [files.size, 2], [files.size, 2], [size, 4], [at, 4], [0, 2]);
  return joined([...parts, ...listed, end]);
}

/** Whole numbers, each in so many bytes, the lowest first. */
const fields = (...pairs: [number, number][]): Uint8Array =>
  Uint8Array.from(
    pairs.flatMap(([value, size]) => Array.from({ length: size }, (_, byte) => (value >>> (8 * byte)) & 255)),
  );

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  parts.reduce((at, one) => (result.set(one, at), at + one.length), 0);
  return result;
}

/** The first 32 bits behind the point of the roots of the first primes. */
const roots = (power: number, count: number): number[] => {
  const primes: number[] = [];
  for (let one = 2; primes.length < count; one++) if (primes.every((prime) => one % prime)) primes.push(one);
  return primes.map((prime) => ((prime ** power % 1) * 2 ** 32) | 0);
};

/** SHA-256 in hexadecimal digits. */
export function digest(content: Uint8Array): string {
  const [state, rounds] = [roots(1 / 2, 8), roots(1 / 3, 64)];
  const padded = new Uint8Array(Math.ceil((content.length + 9) / 64) * 64);
  padded.set(content);
  padded[content.length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(content.length / 2 ** 29));
  view.setUint32(padded.length - 4, content.length << 3);
  const words = new Int32Array(64);
  const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 64; at++) {
      if (at < 16) words[at] = view.getInt32(block + 4 * at);
      else {
        const [near, far] = [words[at - 2], words[at - 15]];
        const one = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10);
        const other = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3);
        words[at] = words[at - 16] + other + words[at - 7] + one;
      }
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let at = 0; at < 64; at++) {
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + rounds[at] + words[at];
      const other = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + other) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = (state[index] + word) | 0));
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
