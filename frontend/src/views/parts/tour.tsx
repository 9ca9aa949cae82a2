/** The box of the tour beside what it speaks of, with a line to it; at the foot of a narrow page. */
import { rich } from "../../language/rich";
import { t } from "../../language/catalogue";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../store";
import { GAP, goToStop, placeBox, stopAt, stopsOf, type Rectangle } from "../../tour";
import "./tour.css";

const NARROW = 700; // of the page, in screen pixels
const MARGIN = 12;

interface Placed {
  thing: Rectangle | null;
  box: { left: number; top: number; side: string } | null;
  page: { width: number; height: number };
  narrow: boolean;
}

export function Tour() {
  const store = useStore();
  const stops = stopsOf(store);
  const index = stopAt(store.place.tour.value, stops.length);
  return index < 0 ? null : <TourBox key="tour" index={index} />;
}

function TourBox({ index }: { index: number }) {
  const store = useStore();
  const stops = stopsOf(store);
  const stop = stops[index];
  const here = store.screen.value === stop.screen;
  const box = useRef<HTMLDivElement>(null);
  const placed = usePlace(box, here ? stop.targets : [], `${stop.key} ${store.screen.value}`);
  useLayoutEffect(() => {
    box.current?.focus({ preventScroll: true });
  }, [stop.key, store.screen.value]);
  const go = (to: number): void => goToStop(store, stops, to);
  const onKeyDown = (event: KeyboardEvent): void => {
    const isButton = (event.target as HTMLElement).closest("button") !== null;
    if (event.key === "ArrowRight" || (event.key === "Enter" && !event.shiftKey && !isButton)) go(index + 1);
    else if (event.key === "ArrowLeft" || (event.key === "Enter" && event.shiftKey && !isButton))
      go(Math.max(0, index - 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const free = !placed?.box && !placed?.narrow;
  return (
    <>
      {placed && !placed.narrow && placed.thing && <Pointer placed={placed} box={box.current} />}
      <div
        ref={box}
        class={`tour ${placed?.narrow ? "foot" : ""} ${free ? "corner" : ""}`}
        role="dialog"
        aria-labelledby="convscope-tour-title"
        aria-describedby="convscope-tour-text"
        tabIndex={-1}
        style={placed?.box ? { left: `${placed.box.left}px`, top: `${placed.box.top}px` } : {}}
        onKeyDown={onKeyDown}
      >
        <div class="tour-head">
          <b>{rich("{index} of {stops}", { index: index + 1, stops: stops.length })}</b>
          <button type="button" class="plain" onClick={() => go(-1)}>
            {rich("Skip the tour <kbd>Esc</kbd>", { kbd: <kbd /> })}
          </button>
        </div>
        <h2 id="convscope-tour-title">{t(stop.title)}</h2>
        <p id="convscope-tour-text">{stop.text(store)}</p>
        <p class="try">
          <b>{t("Try it:")}</b> {t(stop.tryIt)}
        </p>
        <div class="tour-foot">
          <span class="dots" aria-hidden="true">
            {stops.map(({ key }, at) => (
              <i key={key} class={at === index ? "here" : at < index ? "past" : ""} />
            ))}
          </span>
          <button type="button" disabled={index === 0} onClick={() => go(index - 1)}>
            {t("‹ Back")}
          </button>
          {here ? (
            <button type="button" class="primary" onClick={() => go(index + 1)}>
              {index + 1 < stops.length ? t("Next ›") : t("Done")}
            </button>
          ) : (
            <button type="button" class="primary" onClick={() => go(index)}>
              {t("Go on here")}
            </button>
          )}
        </div>
      </div>
    </>
  );
}

/** Where the thing and the box are within the page, followed as the screen changes. */
function usePlace(
  box: preact.RefObject<HTMLDivElement | null>,
  targets: readonly string[],
  step: string,
): Placed | null {
  const [placed, setPlaced] = useState<Placed | null>(null);
  const wanted = targets.join("\n");
  useLayoutEffect(() => {
    const page = box.current!.closest<HTMLElement>(".page")!;
    const main = page.querySelector("main")!;
    let [frame, shown, led] = [0, "", false];
    const block = page.clientWidth < NARROW ? "start" : "nearest"; // above the box at the foot
    /** The thing may come into being after the box does: it is brought into view once, when it is there. */
    const lead = (): void => {
      const thing = led ? null : thingIn(page, wanted ? wanted.split("\n") : []);
      thing?.scrollIntoView({ block, inline: "nearest" });
      led ||= thing !== null;
    };
    const measure = (): void => {
      lead();
      const next = measured(page, box.current!, wanted ? wanted.split("\n") : []);
      const text = JSON.stringify(next);
      if (text !== shown) setPlaced(next);
      shown = text;
    };
    const later = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    };
    measure();
    const [sizes, changes] = [new ResizeObserver(later), new MutationObserver(later)];
    for (const one of [page, main, box.current!]) sizes.observe(one);
    changes.observe(main, { subtree: true, childList: true, attributeFilter: ["style", "class"] });
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      changes.disconnect();
    };
  }, [box, wanted, step]);
  return placed;
}

const thingIn = (page: HTMLElement, targets: readonly string[]): HTMLElement | null =>
  targets.map((target) => page.querySelector<HTMLElement>(target)).find((one) => one !== null) ?? null;

function measured(page: HTMLElement, box: HTMLElement, targets: readonly string[]): Placed {
  const whole = page.getBoundingClientRect();
  const inPage = (one: DOMRect): Rectangle => ({
    left: Math.round(one.left - whole.left),
    top: Math.round(one.top - whole.top),
    width: Math.round(one.width),
    height: Math.round(one.height),
  });
  const found = thingIn(page, targets);
  const thing = found && inPage(found.getBoundingClientRect());
  const narrow = whole.width < NARROW;
  const top = Math.max(0, -whole.top);
  const seen = { left: MARGIN, top: top + MARGIN, width: whole.width - 2 * MARGIN, height: 0 };
  seen.height = Math.min(whole.height, window.innerHeight - whole.top) - top - 2 * MARGIN;
  const size = { width: box.offsetWidth, height: box.offsetHeight };
  return {
    thing,
    box: narrow || !thing ? null : placeBox(thing, size, seen),
    page: { width: Math.round(whole.width), height: Math.round(whole.height) },
    narrow,
  };
}

/** Everything but the thing a little paler, and a line from the box to it. */
function Pointer({ placed: { thing, box, page }, box: element }: { placed: Placed; box: HTMLElement | null }) {
  const { left, top, width, height } = thing!;
  const hole = `M${left - 6} ${top - 6}h${width + 12}v${height + 12}h${-width - 12}z`;
  return (
    <svg class="tour-veil" width={page.width} height={page.height} aria-hidden="true">
      <path class="veil" fill-rule="evenodd" d={`M0 0h${page.width}v${page.height}h${-page.width}z${hole}`} />
      <rect x={left - 6} y={top - 6} width={width + 12} height={height + 12} rx="4" />
      {box && element && <path class="line" d={lineTo(thing!, box, element)} />}
    </svg>
  );
}

function lineTo(thing: Rectangle, box: NonNullable<Placed["box"]>, element: HTMLElement): string {
  const [wide, high] = [element.offsetWidth, element.offsetHeight];
  const between = (value: number, low: number, length: number): number =>
    Math.max(low + 16, Math.min(value, low + length - 16));
  const y = between(thing.top + thing.height / 2, box.top, high);
  const x = between(thing.left + thing.width / 2, box.left, wide);
  const long = GAP - 8;
  if (box.side === "right") return `M${box.left} ${y}h${-long}m7 -6l-7 6l7 6`;
  if (box.side === "left") return `M${box.left + wide} ${y}h${long}m-7 -6l7 6l-7 6`;
  if (box.side === "below") return `M${x} ${box.top}v${-long}m-6 7l6 -7l6 7`;
  return `M${x} ${box.top + high}v${long}m-6 -7l6 7l6 -7`;
}
