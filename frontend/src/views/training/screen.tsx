/** A training, moment by moment: curves with a scrubber, and the kernels and maps of the moment below. */
import { msg, t, tn } from "../../language/catalogue";
import { rich } from "../../language/rich";
import { largest } from "../../numbers/extent";
import { useEffect, useState } from "preact/hooks";
import { answerOf } from "../../network";
import { count, formatNumber, numberText } from "../../numbers/digits";
import { leastLoss } from "../../numbers/smoothing";
import { asImage, type Tensor } from "../../graph/tensor";
import { largestOf } from "../../paint/maps";
import { showingOf, type Showing } from "../../film";
import type { Screen } from "../../screen";
import { useStore, type Store } from "../../store";
import { Card, Legend, MapPicture, Select } from "../parts/parts";
import { PictureThumbs, PictureView } from "../parts/pictures";
import { useKeys } from "../parts/keys";
import { FilmCurves } from "./curves";
import "./training.css";

const FILMING = "fit(..., watch=True)";
const A_SECOND = 1000;
const MOST_MAPS = 32;

export const screen: Screen = {
  title: msg("Training"),
  tab: 70,
  keys: [
    ["← →", msg("moment")],
    ["Space", msg("play")],
  ],
  isShown: ({ exhibit }) => exhibit.hasFilm,
  View: TrainingScreen,
};

function TrainingScreen() {
  const store = useStore();
  const showing = showingOf(store);
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    const close = showing.open();
    return () => close();
  }, [showing]);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const next = showing.index.value + 1;
      if (next >= (showing.film.value?.looks.length ?? 0)) setPlaying(false);
      else showing.go(next);
    }, A_SECOND / 5);
    return () => clearInterval(timer);
  }, [playing, showing]);
  useKeys((event) => pressed(showing, event, () => setPlaying(!playing)));
  const film = showing.film.value;
  const look = showing.look.value;
  if (!store.exhibit.hasFilm)
    return (
      <p class="note">
        {rich("This training was not filmed. With {call} it is, and this screen shows it.", {
          call: <code>{FILMING}</code>,
        })}
      </p>
    );
  if (!film || !look)
    return <p class="lead">{showing.problem.value || t("Waiting for the first look at the training …")}</p>;
  return (
    <div class="training">
      <h1 class="spoken">{t("Training")}</h1>
      <p class="lead">{said(showing)}</p>
      <Smoothed smoothing={store.exhibit.labelSmoothing} classes={store.exhibit.classNames.length} />
      {showing.problem.value && (
        <p class="problem" role="alert">
          {showing.problem.value}
        </p>
      )}
      <section class="card scrubbed">
        <FilmCurves showing={showing} />
        <div class="scrubber">
          <button
            type="button"
            aria-pressed={playing}
            onClick={() => {
              if (showing.index.value >= film.looks.length - 1) showing.go(0);
              setPlaying(!playing);
            }}
          >
            {playing ? t("Pause") : t("Play")}
          </button>
          <input
            type="range"
            aria-label={t("Moment")}
            aria-valuetext={t("step {step}, epoch {epoch}", { step: count(look.step), epoch: look.epoch })}
            min={0}
            max={film.looks.length - 1}
            value={showing.index.value}
            onInput={(event) => {
              setPlaying(false);
              showing.go(event.currentTarget.valueAsNumber);
            }}
          />
          <span
            class="passes"
            title={t("An epoch goes once through all training pictures; a step goes through one batch of them")}
          >
            {rich("step {step}", { step: <b>{count(look.step)}</b> })}{" "}
            <span class="caption">
              {t("epoch {epoch}, {seconds} s", { epoch: look.epoch, seconds: numberText(look.seconds, 1) })}
            </span>
          </span>
          <Orders showing={showing} />
        </div>
      </section>
      <div class="moment">
        <Kernels showing={showing} />
        <Answers showing={showing} />
        <Classes showing={showing} />
        <Gradients showing={showing} />
      </div>
    </div>
  );
}

/** Why the loss stays above 0 where every answer is right. */
function Smoothed({ smoothing, classes }: { smoothing: number; classes: number }) {
  if (!(smoothing > 0) || classes < 2) return null;
  const other = smoothing / classes;
  return (
    <p class="caption smoothed">
      {rich(
        "The loss of this training cannot reach 0: its labels are smoothed, so that the network does not become too sure of itself. The right class is to get {right} and each other class {other}, not 1 and 0. A network that answers exactly so has a loss of {loss}, and less is not possible.",
        {
          right: numberText(1 - smoothing + other),
          other: numberText(other),
          loss: <b>{numberText(leastLoss(smoothing, classes))}</b>,
        },
      )}
    </p>
  );
}

function pressed(showing: Showing, event: KeyboardEvent, play: () => void): boolean {
  const typing = (event.target as HTMLElement).closest("button, input, a, summary");
  if (event.key === "ArrowLeft") showing.go(showing.index.value - 1);
  else if (event.key === "ArrowRight") showing.go(showing.index.value + 1);
  else if (event.key === " " && !typing) play();
  else return false;
  return true;
}

/** What a look is measured on. */
function rowsSeen({ store: { exhibit } }: Showing): string {
  if (!exhibit.isOwn) return t("128 training rows");
  return exhibit.facts.n_test ? t("the pictures kept back") : t("the pictures that it learned from");
}

/** One sentence about the moment in view, and one about the training. */
function said(showing: Showing): string {
  const [film, look] = [showing.film.value!, showing.look.value!];
  const now = look.step ? tn("After {n} step:", "After {n} steps:", look.step) : t("Before the first step:");
  const right =
    look.accuracy !== null &&
    t("{share} % of {rows} are right.", { share: numberText(100 * look.accuracy, 1), rows: rowsSeen(showing) });
  const loss = look.loss !== null && t("The loss is {loss}.", { loss: numberText(look.loss) });
  const state = film.paused
    ? t("Training is paused.")
    : film.ended === "stopped"
      ? t("Training was stopped; the network keeps what it has learned.")
      : film.ended || !film.live
        ? t("Training is finished.")
        : t("Training is running.");
  return [now, right, loss, state].filter(Boolean).join(" ");
}

function Orders({ showing }: { showing: Showing }) {
  const film = showing.film.value!;
  if (!film.live || film.ended)
    return !film.live && showing.wasLive.value ? (
      <button type="button" class="primary" onClick={() => location.reload()}>
        {t("Open the trained network")}
      </button>
    ) : null;
  if (!showing.store.host.canOrder)
    return <span class="caption">{t("The notebook's own interrupt (■) ends the training.")}</span>;
  return (
    <>
      <button type="button" onClick={() => void showing.order(film.paused ? "go_on" : "pause")}>
        {film.paused ? t("Go on") : t("Let it wait")}
      </button>
      <button type="button" onClick={() => void showing.order("stop")}>
        {t("Stop")}
      </button>
    </>
  );
}

/** Layers with maps, or with units whose weights are pictures of the input. */
const layersToShow = (store: Store): string[] =>
  store.columns.filter((layer) => layer.shape.length === 3 || layer.weights.kernel).map((layer) => layer.name);

function Kernels({ showing }: { showing: Showing }) {
  const { store } = showing;
  const names = layersToShow(store);
  const chosen = store.remember("watched", names[0] ?? "");
  const name = names.includes(chosen.value) ? chosen.value : names[0];
  const layer = showing.exhibit.value.layers.find((one) => one.name === name);
  if (!layer) return null;
  const values = showing.pass.value.layers.get(name)?.activation;
  const kernel = layer.weights.kernel;
  const maps = asImage(layer.shape)[2];
  const shown = Math.min(maps, MOST_MAPS);
  const limit = values ? largestOf(values) || 1 : 1;
  const pictures = kernel && kernelPictures(store, kernel, shown);
  return (
    <Card
      title={t("Kernels and maps at this step")}
      class="kernels-card"
      caption={
        shown < maps
          ? t("the first {shown} of {maps} of {layer}; the kernel above, what it makes of the picture below", {
              shown,
              maps,
              layer: name,
            })
          : t("all {maps} of {layer}; the kernel above, what it makes of the picture below", { maps, layer: name })
      }
    >
      <div class="row wrap">
        <Select
          label={t("Layer")}
          value={name}
          options={names.map((one) => [one, one])}
          onChange={(value) => (chosen.value = value)}
        />
        <PictureThumbs most={5} />
        <PictureView picture={store.picture.value} size={40} />
        <Legend look={{ palette: "signed", limit }} />
      </div>
      <ul class="map-grid">
        {Array.from({ length: shown }, (_, map) => (
          <li key={map}>
            {pictures && (
              <MapPicture
                tensor={pictures[map]}
                map={0}
                look={{ palette: "signed", limit: largestOf(pictures[map]) || 1 }}
                size={36}
                label={t("kernel {n}", { n: map })}
              />
            )}
            {values && layer.shape.length === 3 && (
              <MapPicture
                tensor={values}
                map={map}
                look={{ palette: "signed", limit }}
                size={64}
                label={t("map {n}, largest {limit}", { n: map, limit: numberText(largestOf(values, map)) })}
              />
            )}
            <span class="caption">
              {map}
              {values && layer.shape.length < 3 ? `: ${formatNumber(values.data[map], 2)}` : ""}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Kernels that can be looked at: of one or three input channels, or a dense layer's weights in the picture's shape. */
function kernelPictures(store: Store, kernel: Tensor, shown: number): Tensor[] | null {
  const shape = kernel.shape.length === 2 ? [...(store.exhibit.imageShape ?? []), kernel.shape[1]] : kernel.shape;
  if (shape.length !== 4) return null;
  const [height, width, inputs, units] = shape;
  if (height * width * inputs * units !== kernel.data.length) return null;
  return Array.from({ length: shown }, (_, unit) => {
    const data = new Float32Array(height * width);
    for (let place = 0; place < data.length; place++)
      for (let input = 0; input < inputs; input++)
        data[place] += kernel.data[(place * inputs + input) * units + unit] / inputs;
    return { shape: [height, width, 1], data };
  });
}

function Answers({ showing }: { showing: Showing }) {
  const store = showing.store;
  const answer = answerOf(store.exhibit, showing.pass.value);
  if (!answer) return null;
  const best = answer.indexOf(largest(answer));
  const label = store.picture.value.label;
  return (
    <Card
      title={t("What it predicts")}
      caption={
        label == null
          ? store.picture.value.name
          : t("{picture}, label {label}", { picture: store.picture.value.name, label })
      }
    >
      <Bars names={store.exhibit.classNames} values={answer} best={best} most={1} digits={3} />
    </Card>
  );
}

function Classes({ showing }: { showing: Showing }) {
  const look = showing.look.value!;
  if (look.per_class.every((one) => one === null)) return null;
  return (
    <Card title={t("Accuracy of each class")} caption={t("over {rows}", { rows: rowsSeen(showing) })}>
      <Bars names={showing.store.exhibit.classNames} values={look.per_class} best={-1} most={1} digits={2} />
    </Card>
  );
}

function Gradients({ showing }: { showing: Showing }) {
  const sizes = Object.entries(showing.look.value!.gradients);
  if (!sizes.length) return null;
  const all = (showing.film.value?.looks ?? []).flatMap((look) => Object.values(look.gradients));
  const most = all.reduce((largest, size) => Math.max(largest, size), 1e-12);
  return (
    <Card
      title={t("Size of the gradients")}
      caption={t("root mean square for each weight of a layer; the bars end at the largest of the whole training")}
    >
      <Bars
        names={sizes.map(([name]) => name.split("/").slice(-2).join(" "))}
        values={sizes.map(([, size]) => size)}
        best={-1}
        most={most}
        digits={4}
      />
    </Card>
  );
}

function Bars(props: {
  names: readonly string[];
  values: readonly (number | null)[];
  best: number;
  most: number;
  digits: number;
}) {
  return (
    <table class="rates">
      <tbody>
        {props.values.map((value, index) => (
          <tr key={index} class={index === props.best ? "best" : ""}>
            <th scope="row">{props.names[index] ?? index}</th>
            <td class="track" aria-hidden="true">
              <span style={{ width: `${(100 * Math.min(1, Math.max(0, value ?? 0) / props.most)).toFixed(1)}%` }} />
            </td>
            <td class="number">{value === null ? "–" : formatNumber(value, props.digits)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
