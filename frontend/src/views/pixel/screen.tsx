/** One value: what it looks at, the window times the kernel, the whole sum, and the result. */
import { rich } from "../../language/rich";
import { msg, t } from "../../language/catalogue";
import { useEffect, useMemo } from "preact/hooks";
import { numberText } from "../../numbers/digits";
import { hasMaps, pictureShape } from "../../numbers/graph";
import { partTensors } from "../../numbers/parts";
import { fullName, type Group, type Step } from "../../numbers/step";
import { isUnit, nameOfMap, sentenceOf } from "../../numbers/words";
import type { Screen } from "../../screen";
import { useStore, type Store } from "../../store";
import { useKeys } from "../parts/keys";
import { ARROWS, Card, NumberTable } from "../parts/parts";
import { NoValues, PlaceBar, shownTensor, useValuePlayer } from "../parts/place";
import { PlayerBar } from "../parts/player";
import { Arithmetic } from "./arithmetic";
import { LooksAt } from "./looks";
import "./pixel.css";
import { Whole } from "./whole";

export const screen: Screen = {
  title: msg("Pixel"),
  up: "channel",
  keys: [
    ["← → ↑ ↓", msg("place")],
    ["[ ]", msg("input map")],
    ["Space", msg("play")],
    [".", msg("hold")],
  ],
  crumbs: ({ part, row, column }) =>
    isUnit(part.value) ? [] : [[t("row {row}, column {column}", { row, column }), "pixel"]],
  View: PixelScreen,
};

function PixelScreen() {
  const store = useStore();
  const step = store.step.value;
  const tap = store.remember("tap", "");
  const player = useValuePlayer();
  const index = step ? focusedGroup(store, step) : 0;
  const group = step?.groups[index];
  useEffect(() => {
    if (step) store.said.value = sentenceOf(step);
  }, [store, step]);
  const moveInput = (by: number): void =>
    step ? store.go({ input: (index + by + step.groups.length) % step.groups.length }) : undefined;
  useKeys((event) => {
    const move = ARROWS[event.key];
    if (!step || !group) return false;
    if (move && isUnit(step.part)) store.go({ map: step.map + move[0] + move[1] });
    else if (move) store.go({ row: step.row + move[0], column: step.column + move[1] });
    else if (event.key === "[" || event.key === "]") moveInput(event.key === "]" ? 1 : -1);
    else return player.key(event);
    return true;
  });
  if (!step || !group) return <Unexplained />;
  return (
    <>
      <ValueBar />
      <div class="pixel">
        <LooksAt step={step} group={group} tap={tap.value} filled={player.filled} />
        <Arithmetic step={step} group={group} move={moveInput} />
        <Whole step={step} index={index} />
      </div>
      <PlayerBar player={player} />
      <MoreNumbers step={step} group={group} />
    </>
  );
}

/** The part of the sum in focus: the one that was chosen, or the largest. */
export function focusedGroup(store: Store, step: Step): number {
  const chosen = store.place.input.value;
  if (chosen !== "" && Number(chosen) < step.groups.length) return Number(chosen);
  let best = 0;
  step.groups.forEach((group, index) => {
    if (Math.abs(group.subtotal) > Math.abs(step.groups[best].subtotal)) best = index;
  });
  return best;
}

/** The same element as long as nothing in it changed, so that a moving pointer does not pay for its lists. */
function ValueBar() {
  const store = useStore();
  const pinned = store.place.pinned.value !== "";
  return useMemo(
    () => (
      <PlaceBar>
        <div class="how">
          <button
            type="button"
            aria-pressed={pinned}
            title={t("Keep this value while the pointer moves (.)")}
            onClick={() => (store.place.pinned.value = pinned ? "" : "1")}
          >
            {rich("Hold <kbd>.</kbd>", { kbd: <kbd /> })}
          </button>
        </div>
      </PlaceBar>
    ),
    [store, pinned],
  );
}

function Unexplained() {
  const store = useStore();
  const layer = store.layer.value;
  const values = store.pass.value.layers.get(layer.name);
  if (!values) return <NoValues />;
  const shape = pictureShape(store.exhibit, layer.name);
  return (
    <>
      <PlaceBar />
      <Card title={`${layer.name}, ${nameOfMap(layer, store.map)}`} caption={layer.note}>
        <p>
          {t("The value is {data}, computed by Python.", {
            data: numberText(values.activation.data[(store.row * shape[1] + store.column) * shape[2] + store.map], 6),
          })}
        </p>
        <NumberTable tensor={{ shape, data: values.activation.data }} map={store.map} name={layer.name} />
      </Card>
    </>
  );
}

/** The maps as tables, for who wants to read them. */
function MoreNumbers({ step, group }: { step: Step; group: Group }) {
  const store = useStore();
  const source = shownTensor(store, group.source);
  const shape = pictureShape(store.exhibit, step.part.key);
  const landing = partTensors(store.pass.value, step.part)!.out.data;
  return (
    <div class="more-of-it">
      {source && hasMaps(store.exhibit, group.source) && (
        <NumberTable tensor={source.tensor} map={group.map} name={fullName(group)} />
      )}
      {hasMaps(store.exhibit, step.part.key) && (
        <NumberTable
          tensor={{ shape, data: landing }}
          map={step.map}
          name={`${step.part.key}, ${nameOfMap(step.part, step.map)}`}
        />
      )}
    </div>
  );
}
