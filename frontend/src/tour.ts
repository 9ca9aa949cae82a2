/** The tour: six places of the network that is loaded, what to see there, and where the box with the words fits. */
import { msg, t, type Message } from "./language/catalogue";
import type { Layer } from "./bundle";
import { answerOf, indexOfLargest } from "./network";
import { count, numberText } from "./numbers/digits";
import { hasKernels, hasMaps, isTheImage } from "./numbers/graph";
import { nameOfMap, sentenceOf, whatItDoes } from "./numbers/words";
import type { ScreenName } from "./screens";
import type { Store } from "./store";

export interface Stop {
  readonly key: string;
  readonly screen: ScreenName;
  /** The first of these that is in view is pointed at. */
  readonly targets: readonly string[];
  readonly title: Message;
  readonly text: (store: Store) => string;
  readonly tryIt: Message;
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
  title: msg("A picture is numbers"),
  text: ({ exhibit }) => {
    const [height, width, channels] = exhibit.imageShape!;
    return channels === 1
      ? t(
          "This picture has {height} × {width} pixels. For the network it is {height2} numbers, one brightness each, and nothing else.",
          { height, width, height2: count(height * width) },
        )
      : t(
          "This picture has {height} × {width} pixels with {channels} numbers each: {height2} numbers. The network is given nothing else.",
          { height, width, channels, height2: count(height * width * channels) },
        );
  },
  tryIt: msg("choose another picture in the row above."),
};

const ANSWER: Stop = {
  key: "answer",
  screen: "network",
  targets: [".column.answer"],
  title: msg("The answer"),
  text: (store) => {
    const { exhibit } = store;
    const answer = answerOf(exhibit, store.pass.value) ?? [0];
    const best = indexOfLargest(answer);
    return t(
      "At the far end stands one bar for each of {answer} classes; together they make 1. The longest is the answer: “{classNames}”, with {answer2}.",
      { answer: answer.length, classNames: exhibit.classNames[best], answer2: numberText(answer[best]) },
    );
  },
  tryIt: msg("choose another picture, and see which bar is longest then."),
};

const MAP: Stop = {
  key: "map",
  screen: "network",
  targets: [".tiles .outline.marked"],
  title: msg("A feature map"),
  text: (store) => {
    const { layer, map } = { layer: store.layer.value, map: store.map };
    const value = store.step.value?.value;
    const which = t("This one is {layer} of the layer {name}.", { layer: nameOfMap(layer, map), name: layer.name });
    const most = value === undefined ? "" : t(" At the marked place its number is {x}.", { x: numberText(value) });
    return t(
      "Each small picture shows where one pattern was found. Dark blue: strongly. Pale: not at all. {which}{most}",
      { which, most },
    );
  },
  tryIt: msg("point at another map. Its sum appears below."),
  prepare: toFirstSight,
};

const UNIT: Stop = {
  ...MAP,
  key: "unit",
  title: msg("A unit"),
  text: (store) => {
    const layer = store.layer.value;
    const which = t("This one is {layer} of the layer {name}.", {
      layer: nameOfMap(layer, store.map),
      name: layer.name,
    });
    return t("Each small square is one unit, and its colour is its number. {which} {exhibit}", {
      which,
      exhibit: whatItDoes(store.exhibit, layer),
    });
  },
  tryIt: msg("point at another unit. Its sum appears below."),
};

const SLIDE: Stop = {
  key: "slide",
  screen: "channel",
  targets: ['[data-tour="slide"]', "main .map.active"],
  title: msg("The kernel slides"),
  text: (store) => {
    const { height, width } = store.step.value?.groups[0] ?? { height: 0, width: 0 };
    const window = height ? t("A window of {height} × {width}", { height, width }) : t("A window");
    return t(
      "{window} moves over the maps before this one. At each place the numbers in it are multiplied by the kernel's weights and added up. The sum becomes one number of the new map; here it stands at row {row}, column {column}.",
      { window, row: store.row, column: store.column },
    );
  },
  tryIt: msg("move over the map with the pointer, and watch the window move along."),
  prepare: toFirstSight,
};

const NUMBER: Stop = {
  key: "number",
  screen: "pixel",
  targets: [".whole .result", ".whole", ".arithmetic", ".result"],
  title: msg("One number, all of it"),
  text: ({ step: { value: step } }) =>
    step
      ? t("{step} There is nothing more behind it.", { step: sentenceOf(step) })
      : t("Python computed this number for the page."),
  tryIt: msg("take a pocket calculator, and check one of the products."),
  prepare: (store) => {
    if (isTheImage(store.exhibit, store.layer.value)) toFirstSight(store);
  },
};

const OWN_PICTURE: Stop = {
  key: "turn",
  screen: "network",
  targets: [".toolbar .thumbs", ".toolbar"],
  title: msg("Your turn"),
  text: () =>
    t(
      "You have seen the whole way: a picture, maps, sums, an answer. Press Draw and make a picture of your own. Is the network right about it, and how sure is it?",
    ),
  tryIt: msg("draw something that is none of its classes."),
};

const OTHER_ROW: Stop = {
  ...OWN_PICTURE,
  text: () => t("You have seen the whole way: numbers, units, sums, an answer. Choose another row, and follow it."),
  tryIt: msg("find a row for which the answer is wrong."),
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
