/** What can I do here? Three ways in, and whatever else this page has to show. */
import { msg, t } from "../../language/catalogue";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { answerOf, indexOfLargest } from "../../network";
import { count, formatNumber } from "../../numbers/digits";
import { hasMaps, pictureShape } from "../../numbers/graph";
import type { Picture } from "../../bundle";
import { css } from "../../paint/colours";
import { sized } from "../../paint/maps";
import { planeOf } from "../../paint/plane";
import { drawnExample, KERNEL, slid, type Drawn } from "../../playground/show";
import { SIDE } from "../../playground/surface";
import type { Screen } from "../../screen";
import type { ScreenName } from "../../screens";
import { useStore, type Store } from "../../store";
import { goToStop, stopsOf } from "../../tour";
import { greyOf } from "../kernel";
import { MapPicture } from "../parts/parts";
import { PictureView } from "../parts/pictures";
import { pictureLimit } from "../../paint/pictures";
import "./start.css";

export const screen: Screen = {
  title: msg("Start"),
  tab: 5,
  keys: [
    ["Tab", msg("next")],
    ["Enter", msg("open")],
  ],
  View: StartScreen,
};

function StartScreen() {
  const store = useStore();
  const { exhibit } = store;
  const begin = (): void => goToStop(store, stopsOf(store), 0);
  return (
    <div class="start">
      <div class="start-head">
        <div>
          <h1>{t("See what a neural network sees")}</h1>
          <p>{t("Pick one. No account is needed, and no picture leaves this page.")}</p>
        </div>
        <button type="button" onClick={begin}>
          {t("▶ Tour in {n} steps", { n: stopsOf(store).length })}
        </button>
      </div>
      <ul class="ways">
        <Way
          store={store}
          to="network"
          title={exhibit.imageShape ? t("Follow a picture") : t("Open the trained network")}
          text={
            exhibit.imageShape
              ? t("Go with one picture through every layer, down to the arithmetic of a single pixel.")
              : t("Go with one row of numbers through every layer, down to the arithmetic of a single unit.")
          }
          action={t("Start here →")}
          first
        >
          <NetworkThumb store={store} />
        </Way>
        {store.host.teach && (
          <Way
            store={store}
            to="teach"
            title={t("Teach it: your own pictures")}
            text={t("Draw or collect pictures of two or three things, and watch a network learn to tell them apart.")}
            action={t("Teach →")}
          >
            <TeachThumb store={store} />
          </Way>
        )}
        {exhibit.imageShape && (
          <Way
            store={store}
            to="kernel"
            title={t("Slide a kernel")}
            text={t("Choose nine numbers, slide them over a picture, and see which pattern they find.")}
            action={t("Try →")}
          >
            <KernelThumb store={store} />
          </Way>
        )}
        <Way
          store={store}
          to="playground"
          title={t("Play with points")}
          text={t("Train the smallest network there is: bend a border between two colours, one neuron at a time.")}
          action={t("Play →")}
        >
          <PointsThumb store={store} />
        </Way>
      </ul>
      <h2>{t("There is more")}</h2>
      <ul class="more-places">
        {morePlaces(store).map(({ to, title, text }) => (
          <li key={to}>
            <button type="button" onClick={() => (store.screen.value = to)}>
              <b>{title}</b>
              <span class="caption">{text}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Way(props: {
  store: Store;
  to: ScreenName;
  title: string;
  text: string;
  action: string;
  first?: boolean;
  children: ComponentChildren;
}) {
  return (
    <li class={props.first ? "first" : ""}>
      <div class="thumbnail" aria-hidden="true">
        {props.children}
      </div>
      <div class="way">
        <h2>{props.title}</h2>
        <p>{props.text}</p>
        <button
          type="button"
          class={props.first ? "primary" : ""}
          data-focus={props.first || undefined}
          aria-label={`${props.action.replace(" →", "")}: ${props.title}`}
          onClick={() => (props.store.screen.value = props.to)}
        >
          {props.action}
        </button>
      </div>
    </li>
  );
}

interface Place {
  to: ScreenName;
  title: string;
  text: string;
}

/** Further screens that have something to show here. */
function morePlaces(store: Store): Place[] {
  const { exhibit } = store;
  const wrong = exhibit.answers && countMistakes(exhibit.answers);
  const places: Place[] = [
    { to: "article", title: t("How a CNN sees"), text: t("An article to read, each claim with a link to try it") },
    {
      to: "mistakes",
      title: t("Where it is wrong"),
      text: wrong
        ? t("It takes {wrong} of {all} for something else", { wrong: count(wrong.wrong), all: count(wrong.all) })
        : t("What it is taken for, and why"),
    },
    { to: "training", title: t("How it learned"), text: t("The film of its training, with the kernels as they form") },
    { to: "sizes", title: t("How large is a map?"), text: t("Window, stride and padding, place by place") },
    { to: "table", title: t("A picture as a table"), text: t("The row of numbers that a picture is") },
    {
      to: "model",
      title: t("All layers"),
      text: t("{layers} layers, {nParameters} numbers learned", {
        layers: count(exhibit.layers.length),
        nParameters: count(exhibit.nParameters),
      }),
    },
    {
      to: "four",
      title: t("What if pixels are shuffled?"),
      text: t("Two kinds of network on pictures in order and in disorder"),
    },
  ];
  return places.filter(({ to }) => store.screens[to].isShown?.(store) ?? true);
}

function countMistakes({ label, prediction }: { label: Int32Array; prediction: Int32Array }): {
  wrong: number;
  all: number;
} {
  return { wrong: label.filter((one, row) => one !== prediction[row]).length, all: label.length };
}

/** The picture, some maps of the layer in focus, and the answer, as they are computed. */
function NetworkThumb({ store }: { store: Store }) {
  const { exhibit } = store;
  const layer = store.firstLayer();
  const values = store.pass.value.layers.get(layer.name)?.activation;
  const shape = pictureShape(exhibit, layer.name);
  const answer = answerOf(exhibit, store.pass.value);
  const maps = values && hasMaps(exhibit, layer.name) ? strongestMaps(values.data, shape[2], 4) : [];
  const best = answer ? indexOfLargest(answer) : 0;
  const bars = answer?.map((value, index) => ({ value, index })).sort((one, other) => other.value - one.value) ?? [];
  return (
    <>
      {exhibit.imageShape && <PictureView picture={store.picture.value} size={72} />}
      {maps.length > 0 && (
        <span class="four-maps">
          {maps.map((map) => (
            <MapPicture
              key={map}
              tensor={{ shape, data: values!.data }}
              map={map}
              look={{ palette: "signed", limit: store.limit(layer.name, map) || 1 }}
              size={44}
              label=""
            />
          ))}
        </span>
      )}
      <span class="shares">
        {bars.slice(0, 4).map(({ value, index }) => (
          <span key={index} class={index === best ? "best" : ""}>
            <span class="name">{exhibit.classNames[index]}</span>
            <span class="number">{formatNumber(value)}</span>
          </span>
        ))}
      </span>
    </>
  );
}

/** Classes with some pictures each. */
function TeachThumb({ store: { exhibit, pictures } }: { store: Store }) {
  const names = exhibit.imageShape ? exhibit.classNames.slice(0, 3) : [];
  const of = (name: string): Picture[] => pictures.value.filter(({ label }) => label === name).slice(0, 2);
  return (
    <>
      {names.map((name) => (
        <span key={name} class="teach-thumb">
          <b>{name}</b>
          {of(name).map((picture) => (
            <PictureView key={picture.name} picture={picture} size={44} />
          ))}
        </span>
      ))}
      {!names.length && <span class="operator">+ + +</span>}
    </>
  );
}

/** The maps with the largest values in them. */
function strongestMaps(data: Float32Array, channels: number, most: number): number[] {
  const peaks = new Float32Array(channels).fill(-Infinity);
  data.forEach((value, place) => (peaks[place % channels] = Math.max(peaks[place % channels], value)));
  return [...peaks.keys()].sort((one, other) => peaks[other] - peaks[one]).slice(0, most);
}

/** A picture, a kernel that finds upright edges, and what it finds. */
function KernelThumb({ store }: { store: Store }) {
  const picture = store.picture.value;
  const [grey, found, limit] = useMemo(() => {
    const grey = greyOf(picture.pixels, pictureLimit(picture));
    const found = slid(grey, KERNEL);
    return [grey, found, found.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)] as const;
  }, [picture]);
  return (
    <>
      <MapPicture tensor={grey} map={0} look={{ palette: "intensity", limit: 1 }} size={80} label="" />
      <span class="operator">×</span>
      <MapPicture
        tensor={{ shape: [3, 3, 1], data: Float32Array.from(KERNEL.flat()) }}
        map={0}
        look={{ palette: "signed", limit: 1 }}
        size={54}
        label=""
      />
      <span class="operator">=</span>
      <MapPicture tensor={found} map={0} look={{ palette: "signed", limit }} size={80} label="" />
    </>
  );
}

/** Points, and what a small network answers between them after it was trained here and now. */
function PointsThumb({ store }: { store: Store }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = store.colours.value;
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setDrawn(drawnExample())); // the rest of the screen is painted first
    return () => clearTimeout(timer);
  }, []);
  useLayoutEffect(() => {
    if (!drawn || !canvas.current) return;
    const [width, height] = [canvas.current.clientWidth, canvas.current.clientHeight];
    const context = sized(canvas.current, width, height);
    const image = planeOf(colours, { grids: drawn.grid, side: SIDE }, 0, [0, 1], false, 1);
    const stage = new OffscreenCanvas(SIDE, SIDE);
    stage.getContext("2d")!.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(stage, 0, 0, width, height);
    for (const { x, y, label } of drawn.points) {
      const [left, top] = [(x / drawn.extent[1] + 1) / 2, (1 - y / drawn.extent[1]) / 2];
      context.beginPath();
      context.arc(left * width, top * height, 3, 0, 2 * Math.PI);
      context.fillStyle = css(colours.signed[label ? 218 : 37]);
      context.fill();
      context.strokeStyle = css(colours.paper);
      context.stroke();
    }
  }, [drawn, colours]);
  return <canvas class="plane" ref={canvas} />;
}
