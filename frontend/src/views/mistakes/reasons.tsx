/** Reasons for one answer: slopes, contributions that add up, maps that speak for a class, and a patch to drag. */
import { t } from "../../language/catalogue";
import { Toolbar } from "../parts/toolbar";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Question } from "../../calculator/line";
import { answerOf, forward, indexOfLargest, probabilitiesOf, type Pass } from "../../network";
import { numberText } from "../../numbers/digits";
import { hasKernels } from "../../numbers/graph";
import {
  covered,
  gradCam,
  integratedGradients,
  perPixel,
  saliencyOf,
  whyNot,
  type Contributions,
} from "../../numbers/reasons";
import { asImage, type Tensor } from "../../graph/tensor";
import type { Picture } from "../../bundle";
import { largestOf } from "../../paint/maps";
import type { Store } from "../../store";
import { Card, Legend, MapPicture, NumberField, NumberTable, Select } from "../parts/parts";
import { pictureLimit } from "../../paint/pictures";
import { coming } from "../parts/place";
import { PictureThumbs, PictureView } from "../parts/pictures";

const SIZE = 196;
const BREATH = 12; // milliseconds of work between two frames

export function Reasons({ store }: { store: Store }) {
  const picture = store.picture.value;
  const pass = store.pass.value;
  const answer = answerOf(store.exhibit, pass);
  const reason = whyNot(store.exhibit) || (pass.waiting && coming());
  const asked = store.remember("for", "");
  const best = answer ? indexOfLargest(answer) : 0;
  const names = store.exhibit.classNames;
  const label = asked.value !== "" && Number(asked.value) < names.length ? Number(asked.value) : best;
  if (reason || !answer) return <p class="note">{reason || t("This network gives no probabilities.")}</p>;
  return (
    <section aria-label={t("Reasons")}>
      <Toolbar>
        <PictureThumbs most={5} />
        <Select
          label={t("Which pixels push up")}
          value={asked.value}
          options={[
            ["", t("the answer, {name}", { name: names[best] })],
            ...names.map((name, index): [string, string] => [String(index), name]),
          ]}
          onChange={(value) => (asked.value = value)}
        />
        <span class="caption">
          {picture.label == null
            ? t("{picture}: {answer} with {share}", {
                picture: picture.name,
                answer: names[best],
                share: numberText(answer[best]),
              })
            : t("{picture}, label {label}: {answer} with {share}", {
                picture: picture.name,
                label: picture.label,
                answer: names[best],
                share: numberText(answer[best]),
              })}
        </span>
        <button type="button" onClick={() => store.go({ screen: "network" })}>
          {t("Open in the explorer")}
        </button>
      </Toolbar>
      <div class="reasons">
        <SaliencyCard store={store} label={label} />
        <ContributionsCard store={store} label={label} />
        <GradCamCard store={store} label={label} />
        <PatchCard store={store} label={label} pass={pass} />
      </div>
    </section>
  );
}

/** What can be worked out from the pass in view: at once, or from the calculator; null until it is there. */
function useWorked(store: Store, question: Question, now: (pass: Pass) => Tensor | null): Tensor | null {
  const pass = store.pass.value;
  const [later, setLater] = useState<Tensor | null>(null);
  const key = JSON.stringify(question);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the question says all that the answer depends on
  const found = useMemo(() => (store.calculator ? null : now(pass)), [store, pass, key]);
  useEffect(() => {
    setLater(null);
    return store.calculator?.ask(pass.picture, question, setLater);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
  }, [store, pass, key]);
  return found ?? later;
}

/** The answer for a picture that was changed; the one before until a new one is there. */
function useAnswer(store: Store, picture: Picture, pass: Pass): number[] | null {
  const { exhibit, calculator } = store;
  const isOwn = picture === pass.picture;
  const [later, setLater] = useState<number[] | null>(null);
  useEffect(() => {
    if (isOwn) return setLater(null);
    const layer = exhibit.layers[exhibit.layers.length - 1].name;
    return calculator?.ask<Tensor | null>(
      picture,
      { do: "values", layer },
      (values) => values && setLater(probabilitiesOf(exhibit, values)),
    );
  }, [calculator, exhibit, picture, isOwn]);
  if (isOwn) return null;
  return calculator ? later : answerOf(exhibit, forward(exhibit, picture));
}

function SaliencyCard({ store, label }: { store: Store; label: number }) {
  const slopes = useWorked(store, { do: "saliency", label }, (pass) => saliencyOf(store.exhibit, pass, label));
  if (!slopes) return <Card title={t("Saliency")} caption={coming()} />;
  const shown = perPixel(slopes, "sum");
  const limit = largestOf(shown) || 1;
  return (
    <Card
      title={t("Saliency")}
      caption={t("how the score of {name} changes with each pixel, per unit of intensity", {
        name: store.exhibit.classNames[label],
      })}
    >
      <MapPicture
        tensor={shown}
        map={0}
        look={{ palette: "signed", limit }}
        size={SIZE}
        label={t("slopes, largest size {limit}", { limit: numberText(limit, 4) })}
      />
      <Legend look={{ palette: "signed", limit }} />
      <NumberTable tensor={shown} map={0} name={t("the slopes")} digits={4} />
    </Card>
  );
}

function ContributionsCard({ store, label }: { store: Store; label: number }) {
  const picture = store.picture.value;
  const [found, setFound] = useState<Contributions | null>(null);
  useEffect(() => {
    let wanted = true;
    let began = performance.now();
    setFound(null);
    if (store.calculator) return store.calculator.ask(picture, { do: "contributions", label }, setFound);
    const rest = async (): Promise<boolean> => {
      if (performance.now() - began > BREATH) {
        await new Promise((resolve) => setTimeout(resolve));
        began = performance.now();
      }
      return wanted;
    };
    void integratedGradients(store.exhibit, picture, label, rest).then((result) => wanted && setFound(result));
    return () => void (wanted = false);
  }, [picture, label, store]);
  const shown = found && perPixel(found.pixels, "sum");
  const limit = shown ? largestOf(shown) || 1 : 1;
  return (
    <Card
      title={t("Integrated gradients")}
      caption={t("what each pixel contributes to the score, on the way from a black picture")}
    >
      {shown && found ? (
        <>
          <MapPicture
            tensor={shown}
            map={0}
            look={{ palette: "signed", limit }}
            size={SIZE}
            label={t("contributions, largest size {limit}", { limit: numberText(limit) })}
          />
          <Legend look={{ palette: "signed", limit }} />
          <p class="caption completeness">
            {t(
              "Score {score}, of black {baseline}; the contributions add up to {sum}, {error} % off, in {steps} steps.",
              {
                score: numberText(found.score),
                baseline: numberText(found.baseline),
                sum: numberText(
                  found.pixels.data.reduce((sum, value) => sum + value, 0),
                  3,
                  true,
                ),
                error: numberText(100 * found.error, 2),
                steps: found.steps,
              },
            )}
          </p>
          <NumberTable tensor={shown} map={0} name={t("the contributions")} digits={4} />
        </>
      ) : (
        <p class="caption" style={{ minHeight: `${SIZE}px` }}>
          {t("Adding up …")}
        </p>
      )}
    </Card>
  );
}

function GradCamCard({ store, label }: { store: Store; label: number }) {
  const names = store.exhibit.layers
    .filter((layer) => layer.shape.length === 3 && layer !== store.exhibit.layers[0])
    .map((layer) => layer.name);
  const last = [...store.exhibit.layers].reverse().find((layer) => layer.shape.length === 3 && hasKernels(layer))?.name;
  const chosen = store.remember("cam", "");
  const name = names.includes(chosen.value) ? chosen.value : (last ?? names[0]);
  const maps = useWorked(store, { do: "maps", label, layer: name }, (pass) =>
    name ? gradCam(store.exhibit, pass, label, name) : null,
  );
  if (name && !maps) return <Card title="Grad-CAM" caption={coming()} />;
  if (!maps)
    return <Card title="Grad-CAM" caption={t("This network has no maps: every unit sees the whole picture.")} />;
  const limit = largestOf(maps) || 1;
  return (
    <Card
      title="Grad-CAM"
      caption={t("the maps of {layer}, weighed by how much they speak for {name}", {
        layer: name,
        name: store.exhibit.classNames[label],
      })}
    >
      <MapPicture
        tensor={maps}
        map={0}
        look={{ palette: "signed", limit }}
        size={SIZE}
        label={t("Grad-CAM of {layer}, largest {limit}", { layer: name, limit: numberText(limit) })}
      />
      <Legend look={{ palette: "signed", limit }} />
      <Select
        label={t("Layer")}
        value={name}
        options={names.map((one) => [one, one])}
        onChange={(value) => (chosen.value = value)}
      />
      <NumberTable tensor={maps} map={0} name={t("the weighed maps")} />
    </Card>
  );
}

function PatchCard({ store, label, pass }: { store: Store; label: number; pass: Store["pass"]["value"] }) {
  const picture = store.picture.value;
  const [height, width] = asImage(picture.pixels.shape);
  const side = store.remember("patch", String(Math.max(1, Math.round(Math.min(height, width) / 4))));
  const bright = store.remember("bright", "");
  const [place, setPlace] = useState<[number, number] | null>(null);
  const length = Math.min(Math.max(1, Number(side.value) || 1), Math.max(height, width));
  const corner = useMemo(
    () => place && [place[0] - Math.floor(length / 2), place[1] - Math.floor(length / 2)],
    [place, length],
  );
  const shown = useMemo(
    () => (corner ? covered(picture, corner[0], corner[1], length, bright.value ? pictureLimit(picture) : 0) : picture),
    [picture, corner, length, bright.value],
  );
  const before = answerOf(store.exhibit, pass)!;
  const answer = useAnswer(store, shown, pass) ?? before;
  const names = store.exhibit.classNames;
  const now = indexOfLargest(answer);
  return (
    <Card
      title={t("Occlusion")}
      caption={t(
        "drag the patch over the picture (or use the arrow keys): what does the network predict without these pixels?",
      )}
    >
      <PictureView
        picture={shown}
        size={SIZE}
        label={t("picture with a patch of {side} by {side} pixels", { side: length })}
        marked={place && { row: place[0], column: place[1], height: 1, width: 1 }}
        boxes={corner ? [{ row: corner[0], column: corner[1], height: length, width: length }] : []}
        onPlace={(row, column) => setPlace([row, column])}
        onLeave={() => setPlace(null)}
      />
      <p class="sentence" role="status">
        {names[label]}: {numberText(answer[label])} ({numberText(answer[label] - before[label], 3, true)}).{" "}
        {now === indexOfLargest(before)
          ? t("The answer stays {name}, {share}.", { name: names[now], share: numberText(answer[now]) })
          : t("The answer becomes {name}, {share}.", { name: names[now], share: numberText(answer[now]) })}
      </p>
      <div class="row wrap">
        <NumberField
          label={t("Patch")}
          value={length}
          min={1}
          max={Math.max(height, width)}
          onChange={(value) => (side.value = String(value))}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={Boolean(bright.value)}
            onChange={(event) => (bright.value = event.currentTarget.checked ? "1" : "")}
          />
          {t("bright")}
        </label>
      </div>
    </Card>
  );
}
