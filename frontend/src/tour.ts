/** The tour: six places of the network that is loaded, what to see there, and where the box with the words fits. */
import type { Layer } from "./bundle";
import { answerOf, indexOfLargest } from "./network";
import { count, formatNumber } from "./numbers/digits";
import { hasKernels, hasMaps, isTheImage } from "./numbers/graph";
import { nameOfMap, sentenceOf, whatItDoes } from "./numbers/words";
import type { ScreenName } from "./screens";
import type { Store } from "./store";

export interface Stop {
  readonly key: string;
  readonly screen: ScreenName;
  /** The first of these that is in view is pointed at. */
  readonly targets: readonly string[];
  readonly title: string;
  readonly text: (store: Store) => string;
  readonly tryIt: string;
  /** Put the reader where the words are true. */
  readonly prepare?: (store: Store) => void;
}

/** The last convolution whose maps are pictures, or whatever is in view first. */
function shownLayer(store: Store): Layer {
  const { exhibit } = store;
  return (
    [...store.columns].reverse().find((layer) => hasKernels(layer) && hasMaps(exhibit, layer.name)) ??
    store.firstLayer()
  );
}

const toFirstSight = (store: Store): void => store.goToStrongest(shownLayer(store).name);

/** The stops that this network has something to show for. */
export function stopsOf(store: Store): Stop[] {
  const { exhibit } = store;
  const first = shownLayer(store);
  const maps = hasMaps(exhibit, first.name);
  const stops: (Stop | false)[] = [
    exhibit.imageShape !== null && PICTURE,
    answerOf(exhibit, store.pass.peek()) !== null && ANSWER,
    maps ? MAP : UNIT,
    maps && hasKernels(first) && SLIDE,
    NUMBER,
    exhibit.imageShape !== null ? OWN_PICTURE : OTHER_ROW,
  ];
  return stops.filter((stop) => stop !== false);
}

const PICTURE: Stop = {
  key: "picture",
  screen: "network",
  targets: [".column.input"],
  title: "A picture is numbers",
  text: ({ exhibit }) => {
    const [height, width, channels] = exhibit.imageShape!;
    return channels === 1
      ? `This picture has ${height} × ${width} pixels. For the network it is ${count(height * width)} numbers, one brightness each, and nothing else.`
      : `This picture has ${height} × ${width} pixels with ${channels} numbers each: ${count(height * width * channels)} numbers. The network is given nothing else.`;
  },
  tryIt: "choose another picture in the row above.",
};

const ANSWER: Stop = {
  key: "answer",
  screen: "network",
  targets: [".column.answer"],
  title: "The answer",
  text: (store) => {
    const { exhibit } = store;
    const answer = answerOf(exhibit, store.pass.value) ?? [0];
    const best = indexOfLargest(answer);
    return `At the far end stands one bar for each of ${answer.length} classes; together they make 1. The longest is the answer: “${exhibit.classNames[best]}”, with ${formatNumber(answer[best])}.`;
  },
  tryIt: "choose another picture, and see which bar is longest then.",
};

const MAP: Stop = {
  key: "map",
  screen: "network",
  targets: [".tiles .outline.marked"],
  title: "A feature map",
  text: (store) => {
    const { layer, map } = { layer: store.layer.value, map: store.map };
    const value = store.step.value?.value;
    const which = `This one is ${nameOfMap(layer, map)} of the layer ${layer.name}.`;
    const most = value === undefined ? "" : ` At the marked place its number is ${formatNumber(value)}.`;
    return `Each small picture shows where one pattern was found. Dark blue: strongly. Pale: not at all. ${which}${most}`;
  },
  tryIt: "point at another map. Its sum appears below.",
  prepare: toFirstSight,
};

const UNIT: Stop = {
  ...MAP,
  key: "unit",
  title: "A unit",
  text: (store) => {
    const layer = store.layer.value;
    const which = `This one is ${nameOfMap(layer, store.map)} of the layer ${layer.name}.`;
    return `Each small square is one unit, and its colour is its number. ${which} ${whatItDoes(store.exhibit, layer)}`;
  },
  tryIt: "point at another unit. Its sum appears below.",
};

const SLIDE: Stop = {
  key: "slide",
  screen: "channel",
  targets: ['[data-tour="slide"]', "main .map.active"],
  title: "The kernel slides",
  text: (store) => {
    const { height, width } = store.step.value?.groups[0] ?? { height: 0, width: 0 };
    const window = height ? `A window of ${height} × ${width}` : "A window";
    return `${window} moves over the maps before this one. At each place the numbers in it are multiplied by the kernel's weights and added up. The sum becomes one number of the new map; here it stands at row ${store.row}, column ${store.column}.`;
  },
  tryIt: "move over the map with the pointer, and watch the window move along.",
  prepare: toFirstSight,
};

const NUMBER: Stop = {
  key: "number",
  screen: "pixel",
  targets: [".whole .result", ".whole", ".arithmetic", ".result"],
  title: "One number, all of it",
  text: ({ step: { value: step } }) =>
    step ? `${sentenceOf(step)} There is nothing more behind it.` : "Python computed this number for the page.",
  tryIt: "take a pocket calculator, and check one of the products.",
  prepare: (store) => {
    if (isTheImage(store.exhibit, store.layer.value)) toFirstSight(store);
  },
};

const OWN_PICTURE: Stop = {
  key: "turn",
  screen: "network",
  targets: [".toolbar .thumbs", ".toolbar"],
  title: "Your turn",
  text: () =>
    "You have seen the whole way: a picture, maps, sums, an answer. Press Draw and make a picture of your own. Is the network right about it, and how sure is it?",
  tryIt: "draw something that is none of its classes.",
};

const OTHER_ROW: Stop = {
  ...OWN_PICTURE,
  text: () => "You have seen the whole way: numbers, units, sums, an answer. Choose another row, and follow it.",
  tryIt: "find a row for which the answer is wrong.",
};

/** Which stop the link names, from 0; -1 without a tour. */
export const stopAt = (word: string, n: number): number => {
  const number = Number(word);
  return Number.isInteger(number) && number >= 1 ? Math.min(number, n) - 1 : -1;
};

/** Go to a stop, or end the tour with -1. */
export function goToStop(store: Store, stops: readonly Stop[], index: number): void {
  const stop = stops[index];
  store.place.tour.value = stop ? String(index + 1) : "";
  if (!stop) return;
  stop.prepare?.(store);
  store.screen.value = stop.screen;
}

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const GAP = 36; // between the box and what it points at, with room for the line

/** Where a box fits beside a thing within a frame and not over it; null where there is no such place. */
export function placeBox(
  thing: Rectangle,
  box: { width: number; height: number },
  frame: Rectangle,
): { left: number; top: number; side: "right" | "left" | "below" | "above" } | null {
  const within = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, high));
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  const top = within(thing.top + thing.height / 2 - box.height / 2, frame.top, bottom - box.height);
  const left = within(thing.left + thing.width / 2 - box.width / 2, frame.left, right - box.width);
  const tall = box.height <= frame.height;
  if (tall && thing.left + thing.width + GAP + box.width <= right)
    return { left: thing.left + thing.width + GAP, top, side: "right" };
  if (tall && thing.left - GAP - box.width >= frame.left)
    return { left: thing.left - GAP - box.width, top, side: "left" };
  if (thing.top + thing.height + GAP + box.height <= bottom)
    return { left, top: thing.top + thing.height + GAP, side: "below" };
  if (thing.top - GAP - box.height >= frame.top) return { left, top: thing.top - GAP - box.height, side: "above" };
  return null;
}
