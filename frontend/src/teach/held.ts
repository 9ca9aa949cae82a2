/**
 * Which pictures are kept back for the test: about a fifth of each class, never learned from.
 *
 * Frames of one recording look alike, and so do copies of one picture: what belongs together is kept back together, or a
 * network would be tested on what it has learned. The choice follows from the pictures alone, so that adding one moves few.
 */
import type { Class, Shot } from "./project";

const SHARE = 5;

/** FNV-1a, 32 bits, as Fowler, Noll and Vo published it; it only has to spread. */
export function spread(bytes: Iterable<number>): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

const keys = new WeakMap<Uint8Array, string>();

/** What a picture belongs to: its recording, or all pictures with the same pixels. */
function keyOf({ recording, pixels }: Shot): string {
  if (recording !== null) return recording;
  const known = keys.get(pixels) ?? String(spread(pixels));
  keys.set(pixels, known);
  return known;
}

/** The groups of a class that belong together, in an order that only depends on what is in them. */
function groupsOf(shots: readonly Shot[]): Shot[][] {
  const groups = new Map<string, Shot[]>();
  for (const shot of shots) groups.set(keyOf(shot), [...(groups.get(keyOf(shot)) ?? []), shot]);
  const order = (key: string): number => spread(new TextEncoder().encode(key));
  return [...groups].sort(([one], [other]) => order(one) - order(other)).map(([, group]) => group);
}

/** The ids of the pictures kept back. A class of a single recording keeps nothing back: all of it would be gone. */
export function heldOut(classes: readonly Class[]): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const { shots } of classes) {
    const groups = groupsOf(shots);
    const wanted = Math.max(1, Math.round(shots.length / SHARE));
    let [count, left] = [0, shots.length];
    for (const group of groups) {
      if (count + group.length > wanted) continue;
      for (const { id } of group) kept.add(id);
      [count, left] = [count + group.length, left - group.length];
    }
    // recordings longer than a fifth: the shortest one, as long as more than half of the pictures is left
    const shortest = groups.reduce((best, group) => (group.length < best.length ? group : best), groups[0] ?? []);
    if (!count && groups.length > 1 && shortest.length * 2 <= left) for (const { id } of shortest) kept.add(id);
  }
  return kept;
}
