/** One output map: every input map times its kernel, all of it flowing into one sum, and the map that fills in. */
import { rich } from "../../language/rich";
import { msg, t } from "../../language/catalogue";
import type { Layer } from "../../bundle";
import { exactSumLines, formatNumber, shapeText, shownSum } from "../../numbers/digits";
import { hasMaps, pictureShape } from "../../numbers/graph";
import { curveOf, partTensors } from "../../numbers/parts";
import type { Step } from "../../numbers/step";
import { activationName, howItBends, isUnit, nameOfMap, sentenceOf } from "../../numbers/words";
import { largestOf } from "../../paint/maps";
import type { Screen } from "../../screen";
import { useStore, type Range } from "../../store";
import { useArrows } from "../parts/keys";
import { Card, Choice, Legend, MapPicture, NumberTable, SumTable, rangeOptions } from "../parts/parts";
import { NoValues, PlaceBar, useValuePlayer } from "../parts/place";
import { PlayerBar, type Player } from "../parts/player";
import { StrongestCard } from "../parts/strongest";
import "./channel.css";
import { Flow } from "./flow";
import { Inputs, isFew, OrderChoice, useRows, type Rows } from "./inputs";

export const screen: Screen = {
  title: msg("Channel"),
  up: "network",
  keys: [
    ["← → ↑ ↓", msg("place")],
    ["Space", msg("play")],
    ["Enter", msg("open")],
    [".", msg("hold")],
  ],
  crumbs: ({ layer, part, map }) => [
    [layer.value.name, "network"],
    [nameOfMap(part.value, map), "channel"],
  ],
  Legend: Colours,
  View: ChannelScreen,
};

function ChannelScreen() {
  const store = useStore();
  const part = store.part.value;
  const step = store.step.value;
  const player = useValuePlayer();
  const rows = useRows(step);
  useArrows(
    (down, right) => {
      if (isUnit(part)) store.go({ map: store.map + down + right });
      else store.go({ row: store.row + down, column: store.column + right });
    },
    () => store.go({ screen: "pixel" }),
    player.key,
  );
  if (!partTensors(store.pass.value, part)) return <NoValues />;
  return (
    <>
      <PlaceBar>
        <div class="how">{step && rows && <OrderChoice step={step} rows={rows} />}</div>
      </PlaceBar>
      {step && <p class="lead">{leadOf(step)}</p>}
      <div class="channel">
        {step && rows && <Inputs step={step} rows={rows} filled={player.filled} />}
        {step && rows && <Flow step={step} flows={rows.flows} player={player} />}
        <Outcome step={step} rows={rows} player={player} />
      </div>
      <PlayerBar player={player} />
      <More layer={store.layer.value} />
    </>
  );
}

/** What is to be seen here, in one sentence. */
function leadOf({ part, rule, use, groups }: Step): string {
  if (isUnit(part)) return t("Everything on the left flows into one number: the number of this unit.");
  if (rule === "sum" && use?.do === "convolve")
    return groups.length > 1
      ? t(
          "A window moves over all input maps at once; at each place, all products together make one number of the new map.",
        )
      : t("A window moves over the input; at each place, all its products together make one number of the new map.");
  return t("At each place, the numbers on the left make one number of the new map.");
}

/** The map before and after its activation, as far as it has come, and the value in focus. */
function Outcome({ step, rows, player }: { step: Step | null; rows: Rows | null; player: Player }) {
  const store = useStore();
  const layer = store.layer.value;
  const part = store.part.value;
  const values = partTensors(store.pass.value, part)!;
  const shape = pictureShape(store.exhibit, part.key);
  const [sums, out] = [values.sums, values.out].map((tensor) => ({ shape, data: tensor.data }));
  const curve = curveOf(part);
  const word = `${part.key}, ${nameOfMap(part, store.map)}`;
  const common = {
    size: 136,
    map: store.map,
    filled: player.filled,
    marked: { row: store.row, column: store.column, height: 1, width: 1 },
    onPlace: (row: number, column: number, how: "hover" | "press"): void => {
      if (how === "press") store.go({ row, column, screen: "pixel" });
      else if (store.place.pinned.value === "") store.go({ row, column });
    },
    onDive: (): void => store.go({ screen: "pixel" }),
  };
  if (!hasMaps(store.exhibit, part.key))
    return (
      <Card title={t("The sum and the output")} caption={`${word}, ${shapeText(part.shape)}`} class="outcome">
        {step ? (
          <Total step={step} rows={rows!} />
        ) : (
          <p class="note">{layer.note || t("Python computes these values.")}</p>
        )}
      </Card>
    );
  return (
    <Card
      title={t("The feature map fills in")}
      caption={t("{word}: {shape}, a number for each place", { word, shape: shapeText(shape.slice(0, 2)) })}
      class="outcome"
    >
      <div class="before-after" data-tour="slide">
        <figure>
          <MapPicture
            tensor={sums}
            look={{ palette: "signed", limit: Math.max(largestOf(sums, store.map), 1e-9) }}
            label={t("{word}, before the activation", { word })}
            {...common}
          />
          <figcaption>
            {t("{x} (orange: below 0)", {
              x: step?.rule === "sum" ? t("sum") : curve === "linear" ? t("the numbers") : t("before the activation"),
            })}
          </figcaption>
        </figure>
        {curve !== "linear" && (
          <>
            <span aria-hidden="true">→</span>
            <figure>
              <MapPicture
                tensor={out}
                look={{ palette: "signed", limit: store.limit(part.key, store.map) || 1 }}
                label={t("{word}, after {curve}", { word, curve: activationName(curve) })}
                {...common}
              />
              <figcaption>{rich("after {curve}", { curve: activationName(curve) || t("the activation") })}</figcaption>
            </figure>
          </>
        )}
      </div>
      {step ? (
        <Total step={step} rows={rows!} />
      ) : (
        <p class="note">{layer.note || t("Python computes these values.")}</p>
      )}
    </Card>
  );
}

/** What flows into the sum, adding up digit for digit, and what the activation makes of it. */
function Total({ step, rows }: { step: Step; rows: Rows }) {
  const store = useStore();
  const few = isFew(step);
  const signed = (sign: number): number => shownSum(rows.flows.filter((flow) => flow * sign > 0));
  const terms: [string, number][] = few
    ? step.groups.map((group) => [group.name, group.subtotal])
    : [
        [t("sums above 0"), signed(1)],
        [t("sums below 0"), signed(-1)],
      ];
  const lines = exactSumLines(terms, step.sum, 3, 5, step.bias === null ? [] : [["bias", step.bias]]);
  const place = isUnit(step.part)
    ? nameOfMap(step.part, step.map)
    : t("row {row}, column {column}", { row: step.row, column: step.column });
  return (
    <>
      <p class="caption">{t("at {place}", { place })}</p>
      {step.rule === "sum" && (
        <SumTable
          lines={lines}
          label={t("Parts of the sum")}
          marked={few && store.place.input.value !== "" ? Number(store.place.input.value) : undefined}
          onMark={(index) => few && (store.place.input.value = String(index))}
          onDive={few ? (index) => store.go({ input: index, screen: "pixel" }) : undefined}
        />
      )}
      <p class="caption">{howItBends(step)}</p>
      <div class="result-line">
        <p class="result">{formatNumber(step.value)}</p>
        <button type="button" onClick={() => store.go({ screen: "pixel" })}>
          {t("Open {place}", { place })}
        </button>
      </div>
      <p class="sentence">{sentenceOf(step)}</p>
    </>
  );
}

/** What is looked at when somebody asks for it. Every picture has to go through the network for the strongest ones. */
function More({ layer }: { layer: Layer }) {
  const store = useStore();
  const opened = store.remember("strongest", "");
  const part = store.part.value;
  const values = partTensors(store.pass.value, part)!;
  const shape = pictureShape(store.exhibit, part.key);
  const word = `${part.key}, ${nameOfMap(part, store.map)}`;
  return (
    <div class="more-of-it">
      {curveOf(part) !== "linear" && (
        <NumberTable
          tensor={{ shape, data: values.sums.data }}
          map={store.map}
          name={t("{word}, before the activation", { word })}
        />
      )}
      <NumberTable tensor={{ shape, data: values.out.data }} map={store.map} name={word} />
      {part.key === layer.name && (
        <details
          class="more"
          open={opened.value !== ""}
          onToggle={(event) => (opened.value = event.currentTarget.open ? "1" : "")}
        >
          <summary>{t("Pictures in which it finds its pattern most strongly")}</summary>
          {opened.value !== "" && <StrongestCard layer={layer} />}
        </details>
      )}
    </div>
  );
}

/** Whose largest number ends the colour scale. */
function Colours() {
  const store = useStore();
  return (
    <>
      <Choice<Range>
        label={t("Colours by")}
        value={store.place.range.value as Range}
        options={rangeOptions()}
        onChange={(value) => (store.place.range.value = value)}
      />
      <Legend look={{ palette: "signed", limit: store.limit(store.part.value.key, store.map) || 1 }} />
    </>
  );
}
