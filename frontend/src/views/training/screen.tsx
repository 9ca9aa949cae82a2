/** A training, moment by moment: curves with a scrubber, and the kernels and maps of the moment below. */
import { msg, t } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { useEffect, useState } from "preact/hooks";
import { answerOf } from "../../network";
import { count, formatNumber } from "../../numbers/digits";
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
        This training was not filmed. With <code>fit(..., watch=True)</code> it is, and this screen shows it.
      </p>
    );
  if (!film || !look)
    return <p class="lead">{showing.problem.value || "Waiting for the first look at the training …"}</p>;
  return (
    <div class="training">
      <h1 class="spoken">Training</h1>
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
            {playing ? "Pause" : "Play"}
          </button>
          <input
            type="range"
            aria-label="Moment"
            aria-valuetext={`step ${look.step}, epoch ${look.epoch}`}
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
            title="An epoch goes once through all training pictures; a step goes through one batch of them"
          >
            step <b>{count(look.step)}</b>{" "}
            <span class="caption">
              epoch {look.epoch}, {formatNumber(look.seconds, 1)} s
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
      The loss of this training cannot reach 0: its labels are smoothed, so that the network does not become too sure of
      itself. The right class is to get {formatNumber(1 - smoothing + other)} and each other class {formatNumber(other)}
      , not 1 and 0. A network that answers exactly so has a loss of{" "}
      <b>{formatNumber(leastLoss(smoothing, classes))}</b>, and less is not possible.
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
  const right =
    look.accuracy === null ? "" : ` ${formatNumber(100 * look.accuracy, 1)} % of ${rowsSeen(showing)} are right`;
  const loss = look.loss === null ? "" : `${right ? ", and their" : " The"} loss is ${formatNumber(look.loss)}`;
  const now = look.step
    ? `After ${count(look.step)} ${look.step === 1 ? "step" : "steps"}${right}${loss}.`
    : `Before the first step${right}${loss}.`;
  const state = film.paused
    ? "Training is paused."
    : film.ended === "stopped"
      ? "Training was stopped; the network keeps what it has learned."
      : film.ended || !film.live
        ? "Training is finished."
        : "Training is running.";
  return `${now} ${state}`;
}

function Orders({ showing }: { showing: Showing }) {
  const film = showing.film.value!;
  if (!film.live || film.ended)
    return !film.live && showing.wasLive.value ? (
      <button type="button" class="primary" onClick={() => location.reload()}>
        Open the trained network
      </button>
    ) : null;
  if (!showing.store.host.canOrder)
    return <span class="caption">The notebook's own interrupt (■) ends the training.</span>;
  return (
    <>
      <button type="button" onClick={() => void showing.order(film.paused ? "go_on" : "pause")}>
        {film.paused ? "Go on" : "Let it wait"}
      </button>
      <button type="button" onClick={() => void showing.order("stop")}>
        Stop
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
      title="Kernels and maps at this step"
      class="kernels-card"
      caption={`${shown < maps ? `the first ${shown} of ${maps}` : `all ${maps}`} of ${name}; the kernel above, what it makes of the picture below`}
    >
      <div class="row wrap">
        <Select
          label="Layer"
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
                label={`kernel ${map}`}
              />
            )}
            {values && layer.shape.length === 3 && (
              <MapPicture
                tensor={values}
                map={map}
                look={{ palette: "signed", limit }}
                size={64}
                label={`map ${map}, largest ${formatNumber(largestOf(values, map))}`}
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
    <Card title="What it predicts" caption={`${store.picture.value.name}${label == null ? "" : `, label ${label}`}`}>
      <Bars names={store.exhibit.classNames} values={answer} best={best} most={1} digits={3} />
    </Card>
  );
}

function Classes({ showing }: { showing: Showing }) {
  const look = showing.look.value!;
  if (look.per_class.every((one) => one === null)) return null;
  return (
    <Card title="Accuracy of each class" caption={`over ${rowsSeen(showing)}`}>
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
      title="Size of the gradients"
      caption="root mean square for each weight of a layer; the bars end at the largest of the whole training"
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
