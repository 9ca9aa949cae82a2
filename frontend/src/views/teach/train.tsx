/** Training: the one large button, how it goes, and what the first kernels look for. */
import { t, tn } from "../../language/catalogue";
import { count } from "../../numbers/digits";
import { parametersOf } from "../../teach/design";
import { Legend, MapPicture } from "../parts/parts";
import { Builder, layerText } from "./builder";
import { Curve } from "./curve";
import { teaching, trainOrWait } from "./state";
import type { Tensor } from "../../graph/tensor";
import type { FilmLook } from "../../engine/looks";

export function Training() {
  const { lesson, project, hindrance, isOld, layers, wishes } = teaching;
  const { doing, progress, trained, past, problem, epochs, isSlow } = lesson;
  const now = progress.value;
  const isBusy = doing.value !== "nothing";
  const large = doing.value === "training" ? t("❚❚ Pause") : doing.value === "waiting" ? t("▶ Go on") : trained.value ? t("▶ Train again") : t("▶ Train"); // prettier-ignore
  const whyNot = isBusy ? "" : hindrance.value;
  const further = (): void => lesson.begin(project, trained.value!.choices, wishes.value, trained.value);
  return (
    <section class="card teach-train" aria-label={t("Train")}>
      <div class="teach-buttons">
        <button type="button" class="primary" disabled={Boolean(whyNot)} onClick={trainOrWait}>
          {large}
        </button>
        {isBusy ? (
          <button type="button" onClick={() => lesson.stop()}>
            {t("Stop")}
          </button>
        ) : (
          <button type="button" disabled={!past.value.length} onClick={() => lesson.undo()}>
            {t("Undo")}
          </button>
        )}
      </div>
      {whyNot && <p class="note">{whyNot}</p>}
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {isSlow.value && (
        <p class="note">{t("This browser runs no WebAssembly here: training takes about twenty times as long.")}</p>
      )}
      {isOld.value && !isBusy && <p class="note">{t("Pictures or classes have changed since it was trained.")}</p>}
      {now && isBusy && (
        <>
          <progress max={now.steps} value={now.step} aria-label={t("Training")} />
          <p class="teach-pass">
            <span>{t("pass {n} of {all}", { n: Math.min(now.epoch + 1, now.epochs), all: count(now.epochs) })}</span>
            <span class="caption">{toGo(now)}</span>
          </p>
        </>
      )}
      {!isBusy && trained.value && (
        <p class="teach-pass">
          <span>
            {tn("{n} pass in {seconds} s", "{n} passes in {seconds} s", trained.value.epochs.length, {
              seconds: trained.value.seconds.toFixed(1),
            })}
          </span>
          {!isOld.value && (
            <button type="button" class="plain" onClick={further}>
              {t("Train it further")}
            </button>
          )}
        </p>
      )}
      {epochs.value.length > 0 && (
        <>
          <Curve
            title={t("Accuracy")}
            text={t("share of right answers")}
            epochs={epochs.value}
            learned="accuracy"
            kept="val_accuracy"
          />
          <Curve
            title={t("Loss")}
            text={t("how wrong it is; smaller is better")}
            epochs={epochs.value}
            learned="loss"
            kept="val_loss"
          />
        </>
      )}
      <Kernels />
      <details class="teach-network">
        <summary>
          {layers.value.map(layerText).join(", ")}.{" "}
          <b>{tn("{n} parameter", "{n} parameters", parametersOf(teaching.lines.value))}</b>. <u>{t("Change")}</u>
        </summary>
        <Builder isBusy={isBusy} />
      </details>
    </section>
  );
}

/** Seconds that are left, from those that have gone. */
function toGo({ step, steps, seconds }: { step: number; steps: number; seconds: number }): string {
  if (!step || doingNothing()) return "";
  return t("{n} s to go", { n: Math.ceil((seconds / step) * (steps - step)) });
}
const doingNothing = (): boolean => teaching.lesson.doing.value !== "training";

const MOST_KERNELS = 8;

/** The kernels of the first layer as maps; those of colours are added up over red, green and blue. */
function kernelsOf(look: FilmLook): Tensor | null {
  const { layers } = teaching.lesson.trained.value?.built.network ?? { layers: null };
  const first = (layers ?? [])[0];
  const filters = first?.kind === "Conv2D" ? first.shape[2] : teaching.layers.value[0]?.kind === "Conv2D" ? teaching.layers.value[0].filters : 0; // prettier-ignore
  if (!filters) return null;
  const [weights, channels] = [look.weights[0], teaching.project.shape[2]];
  const side = Math.sqrt(weights.length / filters / channels);
  if (!Number.isInteger(side) || side < 2) return null;
  const data = new Float32Array(side * side * filters);
  weights.forEach((value, at) => {
    const [place, filter] = [Math.floor(at / filters / channels), at % filters];
    data[place * filters + filter] += value;
  });
  return { shape: [side, side, filters], data };
}

function Kernels() {
  const looks = teaching.lesson.looks.value;
  const [first, now] = [looks[0], looks[looks.length - 1]].map((look) => look && kernelsOf(look));
  if (!first || !now) return null;
  const limit = now.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const shown = Math.min(MOST_KERNELS, now.shape[2]);
  const row = (title: string, tensor: Tensor) => (
    <div class="teach-kernels">
      <span class="caption">{title}</span>
      {Array.from({ length: shown }, (_, map) => (
        <MapPicture
          key={map}
          tensor={tensor}
          map={map}
          look={{ palette: "signed", limit }}
          size={28}
          label={t("kernel {n}", { n: map })}
        />
      ))}
    </div>
  );
  return (
    <>
      <h3>
        {t("What it looks for")}{" "}
        <span class="caption">{tn("its first {n} kernel", "its first {n} kernels", shown)}</span>
      </h3>
      {row(t("start"), first)}
      {row(t("now"), now)}
      <Legend look={{ palette: "signed", limit }} />
    </>
  );
}
