import type { Operation } from "../graph/graph";
import { flatOf, placeOf, sizeOf, zeros, type Shape } from "../graph/tensor";
import type { Settings } from "./types";

type Move =
  | readonly ["reshape", Shape]
  | readonly ["order", readonly number[]]
  | readonly ["cut", number, number | null, number | null, number | null]
  | readonly ["repeat", number, number]
  | readonly ["zeros", number, number, number, number];

/** The places along an axis that a slice takes, as Python counts them. */
function cut(length: number, start: number | null, stop: number | null, step: number | null): number[] {
  const by = step ?? 1;
  const bound = (at: number | null, whole: number): number =>
    at === null ? whole : Math.min(Math.max(at < 0 ? at + length : at, by > 0 ? 0 : -1), by > 0 ? length : length - 1);
  const [first, last] = [bound(start, by > 0 ? 0 : length - 1), bound(stop, by > 0 ? length : -1)];
  return Array.from({ length: Math.max(0, Math.ceil((last - first) / by)) }, (_, index) => first + index * by);
}

/** Which places along an axis are taken; −1 for a zero. */
function taken(move: Move, length: number): number[] {
  const all = Array.from({ length }, (_, index) => index);
  if (move[0] === "cut") return cut(length, move[2], move[3], move[4]);
  if (move[0] === "repeat") return all.flatMap((index) => Array<number>(move[2]).fill(index));
  const [, , before, between, after] = move as Move & { 0: "zeros" };
  const none = (times: number): number[] => Array<number>(times).fill(-1);
  return [...none(before), ...all.flatMap((index) => (index ? [...none(between), index] : [index])), ...none(after)];
}

/** After one move: the shape, and for each number the one that it was. */
function moved(move: Move, shape: Shape): { shape: Shape; from: ((flat: number) => number) | null } {
  if (move[0] === "reshape") return { shape: move[1], from: null };
  if (move[0] === "order") {
    const after = move[1].map((axis) => shape[axis]);
    return {
      shape: after,
      from(flat) {
        const [place, own] = [placeOf(after, flat), new Array<number>(shape.length)];
        move[1].forEach((axis, index) => (own[axis] = place[index]));
        return flatOf(shape, own);
      },
    };
  }
  const axis = move[1];
  const places = taken(move, shape[axis]);
  const after = shape.with(axis, places.length);
  return {
    shape: after,
    from(flat) {
      const place = placeOf(after, flat);
      place[axis] = places[place[axis]];
      return place[axis] < 0 ? -1 : flatOf(shape, place);
    },
  };
}

const maps = new WeakMap<object, Int32Array | false>();

/** For each number that comes out, the one that it was, −1 for a zero; nothing where only the shape is another. */
function sources(settings: Settings["pick"], shape: Shape): Int32Array | false {
  const known = maps.get(settings);
  if (known !== undefined) return known;
  let map: Int32Array | false = false;
  for (const move of settings.moves as readonly Move[]) {
    const { shape: after, from } = moved(move, shape);
    if (from) {
      const before: Int32Array | false = map;
      map = Int32Array.from({ length: sizeOf(after) }, (_, flat) => {
        const one = from(flat);
        return one < 0 || !before ? one : before[one];
      });
    }
    shape = after;
  }
  maps.set(settings, map);
  return map;
}

/** Does it leave every number where it is, in row-major order? */
export const onlyReshapes = (settings: Settings["pick"]): boolean =>
  settings.moves.every((move) => move[0] === "reshape");

/** Numbers are moved, repeated or left out, and none is changed. */
export const pick = {
  forward([input], settings, shape) {
    const map = sources(settings, input.shape);
    return { shape, data: map ? Float32Array.from(map, (from) => (from < 0 ? 0 : input.data[from])) : input.data };
  },
  back(slope, [input], settings) {
    const map = sources(settings, input.shape);
    if (!map) return [{ shape: input.shape, data: slope.data }];
    const result = zeros(input.shape);
    map.forEach((from, to) => from >= 0 && (result.data[from] += slope.data[to]));
    return [result];
  },
  apart([input], settings, place) {
    const map = sources(settings, input.shape);
    const shape = (settings.moves as readonly Move[]).reduce((before, move) => moved(move, before).shape, input.shape);
    const flat = flatOf(shape, place);
    const from = map ? map[flat] : flat;
    return {
      rule: "copy",
      terms: from < 0 ? [] : [{ input: 0, place: placeOf(input.shape, from), weight: null }],
      constant: null,
    };
  },
} satisfies Operation<"pick">;
