/** One output map: every input map times its kernel, the maps in between, plus bias, then the activation. */
import { Toolbar } from "./parts/toolbar";
import { largest } from "../numbers/extent";
import { useMemo, useState } from "preact/hooks";
import type { Layer } from "../bundle";
import type { Use } from "../graph/graph";
import { asImage, type Tensor } from "../graph/tensor";
import { slide } from "../primitives/convolve";
import { count, exactSumLines, formatNumber, shapeText } from "../numbers/digits";
import { hasMaps, isTheImage, layerOf, pictureShape, weightOf } from "../numbers/graph";
import { curveOf, partOf, type Part, partTensors, partsOf } from "../numbers/parts";
import { fullName, type Group, type Step } from "../numbers/step";
import { activationName, isUnit, nameOfMap, sentenceOf, whatItDoes } from "../numbers/words";
import { largestOf, type Look } from "../paint/maps";
import type { Screen } from "../screen";
import { useStore, type Range, type Store } from "../store";
import { Card, Choice, Legend, MapPicture, NumberTable, Select, SumTable } from "./parts/parts";
import { useArrows } from "./parts/keys";
import { PlayerBar, usePlayer, type Player } from "./parts/player";
import { PictureThumbs } from "./parts/pictures";
import { StrongestCard } from "./parts/strongest";

const AT_ONCE = 64;

/** Choices that every view of one value has: the picture, the layer, the map. */
export function PlaceBar(props: { children?: preact.ComponentChildren }) {
  const store = useStore();
  const layer = store.layer.value;
  const part = store.part.value;
  const parts = partsOf(layer);
  const channels = pictureShape(store.exhibit, part.key)[2];
  const word = isUnit(part) ? "unit" : "map";
  return (
    <Toolbar>
      <PictureThumbs most={4} />
      <Select
        class="place"
        label="Layer"
        value={layer.name}
        options={store.columns.map((one) => [one.name, one.name] as const)}
        onChange={(name) => store.goToStrongest(name)}
      />
      <Select
        class="place"
        label={isUnit(part) ? "Unit" : "Map"}
        value={store.map}
        options={Array.from(
          { length: channels },
          (_, map) => [map, unitName(store, part, map) || `${word} ${map} of ${channels}`] as const,
        )}
        onChange={(map) => store.go({ map: Number(map), input: null })}
      />
      {props.children}
      {parts.length > 1 && (
        <div class="parts">
          <Choice
            label="Part"
            value={part.name}
            options={parts.map(({ name }) => name)}
            onChange={(name) => store.goToStrongest(parts.find((one) => one.name === name)!.key)}
          />
        </div>
      )}
    </Toolbar>
  );
}

/** The class that a unit of the last layer stands for. */
export function unitName(store: Store, { layer, key, shape }: Part, map: number): string {
  const { layers, classNames } = store.exhibit;
  const answers = layer === layers[layers.length - 1] && key === layer.name && classNames.length === shape[0];
  return answers && shape.length === 1 && classNames[map] !== String(map) ? `unit ${map} · ${classNames[map]}` : "";
}

/** The numbers that a name stands for, in the shape in which they are shown. */
export function shownTensor(store: Store, name: string): { tensor: Tensor; look: (map: number) => Look } | null {
  const pass = store.pass.value;
  const layer = layerOf(store.exhibit, name);
  const part = partOf(store.exhibit, name);
  const data =
    name === store.exhibit.input.name
      ? pass.input.data
      : part
        ? partTensors(pass, part)?.out.data
        : weightOf(store.exhibit, name)?.data;
  if (!data) return null;
  const tensor = { shape: pictureShape(store.exhibit, name), data };
  const picture = name === store.exhibit.input.name || (layer !== undefined && isTheImage(store.exhibit, layer));
  const most = picture ? largestOf(tensor) || 1 : 1;
  const negative = picture && data.some((value) => value < 0);
  return {
    tensor,
    look: (map) =>
      picture && !negative
        ? { palette: "intensity", limit: most }
        : { palette: "signed", limit: (picture ? most : store.limit(name, map)) || 1 },
  };
}

export const screen: Screen = {
  title: "Channel",
  up: "network",
  keys: [
    ["← → ↑ ↓", "pixel"],
    ["Space", "play"],
    ["Enter", "open"],
    [".", "hold"],
  ],
  crumbs: ({ layer, part, map }) => [
    [layer.value.name, "network"],
    [nameOfMap(part.value, map), "channel"],
  ],
  View: ChannelScreen,
};

function ChannelScreen() {
  const store = useStore();
  const layer = store.layer.value;
  const part = store.part.value;
  const step = store.step.value;
  const values = partTensors(store.pass.value, part);
  const player = useValuePlayer();
  useArrows(
    (down, right) => {
      if (isUnit(part)) store.go({ map: store.map + down + right });
      else store.go({ row: store.row + down, column: store.column + right });
    },
    () => store.go({ screen: "pixel" }),
    player.key,
  );
  if (!values) return <NoValues />;
  const maps = hasMaps(store.exhibit, part.key);
  const shape = pictureShape(store.exhibit, part.key);
  const [sums, out] = [values.sums, values.out].map((tensor) => ({ shape, data: tensor.data }));
  const curve = curveOf(part);
  const marked = { row: store.row, column: store.column, height: 1, width: 1 };
  const move = (row: number, column: number, how: "hover" | "press"): void => {
    if (how === "press") store.go({ row, column, screen: "pixel" });
    else if (store.place.pinned.value === "") store.go({ row, column });
  };
  const dive = (): void => store.go({ screen: "pixel" });
  const limit = Math.max(largestOf(sums, store.map), 1e-9);
  const common = {
    size: curve === "linear" ? 180 : 150,
    marked,
    onPlace: move,
    onDive: dive,
    map: store.map,
    filled: player.filled,
  };
  const word = `${part.key}, ${nameOfMap(part, store.map)}`;
  return (
    <>
      <PlaceBar>
        <div class="how">
          <Choice<Range>
            label="Colours by"
            value={store.place.range.value as Range}
            options={["map", "layer", "network"]}
            onChange={(value) => (store.place.range.value = value)}
          />
          <Legend look={{ palette: "signed", limit: store.limit(part.key, store.map) || 1 }} />
        </div>
      </PlaceBar>
      <PlayerBar player={player} />
      <div class="channel">
        {step && <Inputs step={step} filled={player.filled} />}
        <Card
          title={maps ? "Added up, then the activation" : "The sum and the output"}
          caption={`${word}, ${shapeText(part.shape)}`}
          class="outcome"
        >
          {maps && (
            <div class="row wrap">
              <figure>
                <MapPicture
                  tensor={sums}
                  look={{ palette: "signed", limit }}
                  label={`${word}, before the activation`}
                  {...common}
                />
                <figcaption>
                  {step?.bias != null && step.rule === "sum" ? "all of them, plus the bias" : "before the activation"}
                </figcaption>
              </figure>
              {curve !== "linear" && (
                <figure>
                  <MapPicture
                    tensor={out}
                    look={{ palette: "signed", limit: store.limit(part.key, store.map) || 1 }}
                    label={`${word}, after ${activationName(curve)}`}
                    {...common}
                  />
                  <figcaption>after {activationName(curve) || "the activation"}</figcaption>
                </figure>
              )}
            </div>
          )}
          {step && <Total step={step} />}
          {!step && <p class="note">{layer.note || "These values come from Python."}</p>}
          <NumberTable tensor={sums} map={store.map} name={`${word}, before the activation`} />
          <NumberTable tensor={out} map={store.map} name={word} />
        </Card>
      </div>
      {part.key === layer.name && <Strongest layer={layer} />}
    </>
  );
}

/** Plays the value in focus over its map; of units over all of them. */
export function useValuePlayer(): Player {
  const store = useStore();
  const [rows, columns, channels] = pictureShape(store.exhibit, store.part.value.key);
  const unit = isUnit(store.part.value);
  return usePlayer(
    unit ? 1 : rows,
    unit ? channels : columns,
    unit ? store.map : store.row * columns + store.column,
    (row, column) => store.go(unit ? { map: column } : { row, column }),
  );
}

/** Looked for when somebody wants to see it: every picture has to go through the network for it. */
function Strongest({ layer }: { layer: Layer }) {
  const store = useStore();
  const opened = store.remember("strongest", "");
  return (
    <details
      class="more"
      open={opened.value !== ""}
      onToggle={(event) => (opened.value = event.currentTarget.open ? "1" : "")}
    >
      <summary>Pictures in which it finds its pattern most strongly</summary>
      {opened.value !== "" && <StrongestCard layer={layer} />}
    </details>
  );
}

export function NoValues() {
  const store = useStore();
  return (
    <>
      <PlaceBar />
      <p class="note">{store.pass.value.stopped || "There are no values here."}</p>
    </>
  );
}

function Total({ step }: { step: Step }) {
  const store = useStore();
  const terms = step.groups.map((group): [string, number] => [group.name, group.subtotal]);
  const lines = exactSumLines(terms, step.sum, 3, 5, step.bias === null ? [] : [["bias", step.bias]]);
  return (
    <>
      <p class="caption">
        {isUnit(step.part) ? nameOfMap(step.part, step.map) : `at row ${step.row}, column ${step.column}`}
      </p>
      {step.rule === "sum" && (
        <SumTable
          lines={lines}
          label="Parts of the sum"
          marked={store.place.input.value === "" ? undefined : Number(store.place.input.value)}
          onMark={(index) => (store.place.input.value = String(index))}
          onDive={(index) => store.go({ input: index, screen: "pixel" })}
        />
      )}
      <p class="sentence">{sentenceOf(step)}</p>
      <button type="button" onClick={() => store.go({ screen: "pixel" })}>
        Open {isUnit(step.part) ? nameOfMap(step.part, step.map) : `row ${step.row}, column ${step.column}`}
      </button>
    </>
  );
}

/** The input maps, each with its kernel and with what becomes of it. */
function Inputs({ step, filled }: { step: Step; filled: number }) {
  const store = useStore();
  const [shown, setShown] = useState(AT_ONCE);
  const { groups } = step;
  const bySize = groups.map((_, index) => index);
  const [order, setOrder] = useState<"as they come" | "largest here">("as they come");
  if (order === "largest here")
    bySize.sort((one, other) => Math.abs(groups[other].subtotal) - Math.abs(groups[one].subtotal));
  const single = groups[0].name.startsWith("unit");
  const sums = step.rule === "sum" && (step.use?.do === "convolve" || step.use?.do === "contract");
  const title =
    groups.length > 1
      ? `${count(groups.length)} ${single ? "inputs" : "input maps"}${sums ? ", each times its own " + (step.use?.do === "contract" ? "weights" : "kernel") : ""}`
      : "What comes in";
  if (single) return null;
  return (
    <Card title={title} caption={whatItDoes(store.exhibit, step.layer)} class="inputs">
      {groups.length > 1 && (
        <Choice label="Order" value={order} options={["as they come", "largest here"]} onChange={setOrder} />
      )}
      <ul class={`products ${groups.length > 32 ? "crowd" : groups.length > 8 ? "many" : ""}`}>
        {bySize.slice(0, shown).map((index) => (
          <Product
            key={index}
            step={step}
            group={groups[index]}
            index={index}
            size={groups.length > 8 ? 46 : 64}
            filled={filled}
          />
        ))}
      </ul>
      {shown < groups.length && (
        <button type="button" onClick={() => setShown(shown + 4 * AT_ONCE)}>
          Show more ({count(groups.length - shown)} left)
        </button>
      )}
    </Card>
  );
}

function Product(props: { step: Step; group: Group; index: number; size: number; filled: number }) {
  const { step, group, index, size, filled } = props;
  const store = useStore();
  const { use } = step;
  const source = shownTensor(store, group.source);
  const pass = store.pass.value;
  const middle = useMemo(
    () => (size > 46 ? between(use, group, source?.tensor ?? null) : null),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a moving pointer makes new groups of the same map
    [use, group.map, group.source, step.map, pass, size],
  );
  if (!source) return null;
  const weights = group.terms.map((term) => term.weight ?? 0);
  const hasKernel = group.terms[0].weight !== null && group.terms.length > 1;
  const [height, width] = asImage(source.tensor.shape);
  const box = group.terms.length < height * width ? windowBox(group) : null;
  const input = (
    <MapPicture
      tensor={source.tensor}
      map={group.map}
      look={source.look(group.map)}
      size={size}
      label={fullName(group)}
      boxes={box ? [box] : []}
    />
  );
  const marked = store.place.input.value === String(index);
  return (
    <li class={marked ? "marked" : ""} onPointerEnter={() => (store.place.input.value = String(index))}>
      {input}
      {hasKernel && (
        <>
          <span aria-hidden="true">×</span>
          <MapPicture
            tensor={{ shape: [group.height, group.width, 1], data: Float32Array.from(weights) }}
            map={0}
            look={{ palette: "signed", limit: largest(weights.map(Math.abs), 1e-9) }}
            size={use?.do === "contract" ? size : Math.min(40, size / 2 + 5)}
            label={`weights for ${group.name}`}
          />
        </>
      )}
      {middle && size > 46 && (
        <>
          <span aria-hidden="true">=</span>
          <MapPicture
            tensor={middle}
            map={0}
            look={{ palette: "signed", limit: largestOf(middle) || 1 }}
            size={64}
            label={`what ${group.name} adds`}
            filled={use?.do === "contract" ? undefined : filled}
            marked={use?.do === "contract" ? null : { row: store.row, column: store.column, height: 1, width: 1 }}
          />
        </>
      )}
      <span class="caption">
        {group.name}
        <br />
        <b class={group.subtotal < 0 ? "negative" : "positive"}>
          {formatNumber(group.subtotal, 3, step.rule === "sum")}
        </b>
      </span>
    </li>
  );
}

/** What one input map alone makes of the whole output map; of a dense unit, the products in their places. */
function between(use: Use | null, group: Group, source: Tensor | null): Tensor | null {
  if (!source) return null;
  if (use?.do === "contract") {
    return group.terms.length > 1
      ? { shape: [group.height, group.width, 1], data: Float32Array.from(group.terms, (term) => term.product) }
      : null;
  }
  if (use?.do !== "convolve") return null;
  const [height, width, channels] = asImage(source.shape);
  const one = {
    shape: [height, width, 1],
    data: Float32Array.from({ length: height * width }, (_, place) => source.data[place * channels + group.map]),
  };
  const kernel = {
    shape: [group.height, group.width, 1, 1],
    data: Float32Array.from(group.terms, (term) => term.weight ?? 0),
  };
  return slide(one, kernel, null, { ...use.settings, groups: 1 });
}

export function windowBox(group: Group): { row: number; column: number; height: number; width: number } {
  const [first, last] = [group.terms[0], group.terms[group.terms.length - 1]];
  return {
    row: first.row,
    column: first.column,
    height: last.row - first.row + 1,
    width: last.column - first.column + 1,
  };
}
