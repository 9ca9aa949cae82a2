/** Where in the network we look: the bar that chooses it, the player over its places, and its numbers. */
import { t } from "../../language/catalogue";
import type { ComponentChildren } from "preact";
import type { Tensor } from "../../graph/tensor";
import { isTheImage, layerOf, pictureShape, weightOf } from "../../numbers/graph";
import { partOf, partsOf, partTensors, type Part } from "../../numbers/parts";
import type { Group } from "../../numbers/step";
import { isUnit } from "../../numbers/words";
import { largestOf, type Look } from "../../paint/maps";
import { useStore, type Store } from "../../store";
import { Choice, Select, type Box } from "./parts";
import { PictureThumbs } from "./pictures";
import { usePlayer, type Player } from "./player";
import { Toolbar } from "./toolbar";

/** Choices that every view of one value has: the picture, the layer, the map. */
export function PlaceBar(props: { children?: ComponentChildren }) {
  const store = useStore();
  const layer = store.layer.value;
  const part = store.part.value;
  const parts = partsOf(layer);
  const channels = pictureShape(store.exhibit, part.key)[2];
  return (
    <Toolbar>
      <PictureThumbs most={4} />
      <Select
        class="place"
        label={t("Layer")}
        value={layer.name}
        options={store.columns.map((one) => [one.name, one.name] as const)}
        onChange={(name) => store.goToStrongest(name)}
      />
      <Select
        class="place"
        label={isUnit(part) ? t("Unit") : t("Map")}
        title={
          isUnit(part)
            ? t("Units are counted from 0, as in Python")
            : t("Feature maps are counted from 0, as in Python")
        }
        value={store.map}
        options={Array.from(
          { length: channels },
          (_, map) =>
            [
              map,
              unitName(store, part, map) ||
                (isUnit(part)
                  ? t("unit {n} of {all}", { n: map, all: channels })
                  : t("map {n} of {all}", { n: map, all: channels })),
            ] as const,
        )}
        onChange={(map) => store.go({ map: Number(map), input: null })}
      />
      {props.children}
      {parts.length > 1 && (
        <div class="parts">
          <Choice
            label={t("Part")}
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
  return answers && shape.length === 1 && classNames[map] !== String(map)
    ? t("unit {n}, class “{name}”", { n: map, name: classNames[map] })
    : "";
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

/** What stands where numbers are on their way. */
export const coming = (): string => t("Computing …");

export function NoValues() {
  const store = useStore();
  return (
    <>
      <PlaceBar />
      <p class="note">
        {store.pass.value.stopped || (store.pass.value.waiting ? coming() : t("There are no values here."))}
      </p>
    </>
  );
}

export function windowBox(group: Group): Box {
  const [first, last] = [group.terms[0], group.terms[group.terms.length - 1]];
  return {
    row: first.row,
    column: first.column,
    height: last.row - first.row + 1,
    width: last.column - first.column + 1,
  };
}
