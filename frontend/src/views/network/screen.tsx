/** The whole way from the picture to the answer on one screen: a column per layer, every map in it. */
import { rich } from "../../language/rich";
import { msg, t } from "../../language/catalogue";
import { Toolbar } from "../parts/toolbar";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { answerOf, indexOfLargest } from "../../network";
import { columnsOf, foldedColumns, gridAcross, gridsFor, layersOf, type Column } from "../../numbers/columns";
import { numberText, shapeText } from "../../numbers/digits";
import { hasMaps, pictureShape } from "../../numbers/graph";
import type { Screen } from "../../screen";
import { useStore, type Range, type Store } from "../../store";
import { useArrows } from "../parts/keys";
import { Choice, Legend, rangeOptions } from "../parts/parts";
import { PictureBar, PictureView } from "../parts/pictures";
import { Answer } from "./answer";
import { Inspector } from "./inspector";
import { Links } from "./links";
import { ColumnView, LEAST, LEAST_BRIEF } from "./tiles";
import "./network.css";

export const screen: Screen = {
  title: msg("Network"),
  tab: 30,
  keys: [
    ["← → ↑ ↓", msg("map")],
    ["Enter", msg("open")],
    [".", msg("hold")],
  ],
  View: NetworkScreen,
};

const NARROW = 700; // of the page, in screen pixels
const [INPUT, ANSWER, BETWEEN] = [128, 228, 22];
const CAPTIONS = 7; // columns, up to which there is room for all that can be said of each

function NetworkScreen() {
  const store = useStore();
  const { exhibit } = store;
  const layer = store.layer.value;
  const [frame, room] = useRoom();
  const before = store.remember("before", "");
  return (
    <>
      <Toolbar frame={frame}>
        <PictureBar />
        <div class="how">
          <Choice
            label={t("Activation")}
            value={before.value ? "before" : "after"}
            options={[
              ["before", t("before")],
              ["after", t("after")],
            ]}
            onChange={(value) => (before.value = value === "before" ? "1" : "")}
          />
          <Choice<Range>
            label={t("Colours by")}
            value={store.place.range.value as Range}
            options={rangeOptions()}
            onChange={(value) => (store.place.range.value = value)}
          />
          <Legend look={{ palette: "signed", limit: store.limit(layer.name, store.map) || 1 }} />
        </div>
      </Toolbar>
      {store.pass.value.stopped && <p class="note">{store.pass.value.stopped}.</p>}
      <p class="lead">
        {exhibit.imageShape
          ? t(
              "Read it from left to right: the picture goes in, each layer makes new maps of it, and the bars are the answer.",
            )
          : t(
              "Read it from left to right: numbers go in, each layer makes new numbers of them, and the last ones are the answer.",
            )}
      </p>
      {room > 0 && <Columns room={room} />}
      {room >= NARROW && <Inspector />}
    </>
  );
}

/** The width that the page has, as it changes. */
function useRoom(): [preact.RefObject<HTMLDivElement | null>, number] {
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    if (!frame.current) return;
    const measure = (): void => setRoom(Math.floor(frame.current!.getBoundingClientRect().width) - 48);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return [frame, room];
}

function Columns({ room }: { room: number }) {
  const store = useStore();
  const { exhibit } = store;
  const answer = answerOf(exhibit, store.pass.value);
  const opened = store.remember("open", "").value;
  const before = store.remember("before", "").value !== "";
  const narrow = room < NARROW;
  const columns = useMemo(() => foldedColumns(columnsOf(exhibit), opened), [exhibit, opened]);
  const last = answer || store.pass.value.waiting ? columns[columns.length - 1] : null;
  const middle = columns.filter((column) => column !== last);
  const brief = middle.length > CAPTIONS;
  const asked = middle.map(({ last: { name } }) => ({
    shape: pictureShape(exhibit, name),
    maps: hasMaps(exhibit, name),
  }));
  const width = room - INPUT - (last ? ANSWER + BETWEEN : 0);
  const grids = narrow
    ? asked.map((one, index) => gridAcross(one, room, middle[index].layers.includes(store.layer.value)))
    : gridsFor(asked, width, brief ? LEAST_BRIEF : LEAST);
  const at = (): number => columns.findIndex((column) => layersOf(column).includes(store.layer.value));
  useArrows(
    (down, right) => {
      const index = Math.max(0, at());
      const column = columns[index];
      const [channels, across] = [pictureShape(exhibit, column.last.name)[2], grids[index]?.across ?? 1];
      const map = store.map + down * across + right;
      const inRow = across === 1 || right === 0 || Math.floor(map / across) === Math.floor(store.map / across);
      if (inRow && across > 1 && map >= 0 && map < channels) return store.goToStrongest(column.last.name, map);
      if (down && map >= 0 && map < channels) return store.goToStrongest(column.last.name, map);
      if (right) focusColumn(store, columns[index + right]);
    },
    () => store.go({ screen: hasMaps(exhibit, store.layer.value.name) ? "channel" : "pixel" }),
  );
  return (
    <div class={`columns ${narrow ? "narrow" : ""}`} tabIndex={-1} role="region" aria-label={t("Network")}>
      <div class="strip">
        {!narrow && <Links columns={columns} tile={grids[0]?.tile ?? 0} />}
        <Input />
        {middle.map((column, index) => (
          <ColumnView
            key={column.last.name}
            column={column}
            grid={grids[index]}
            before={before}
            narrow={narrow}
            brief={brief && !column.layers.includes(store.layer.value)}
          />
        ))}
        {last && <Answer column={last} answer={answer} narrow={narrow} />}
      </div>
    </div>
  );
}

/** Step over the border of a layer into the next one. */
function focusColumn(store: Store, column: Column | undefined): void {
  if (!column) return;
  store.goToStrongest(column.last.name, 0);
  document.querySelector<HTMLElement>(`[data-tiles="${CSS.escape(column.last.name)}"]`)?.focus();
}

function Input() {
  const store = useStore();
  const { exhibit, picture } = { exhibit: store.exhibit, picture: store.picture.value };
  const answer = answerOf(exhibit, store.pass.value);
  return (
    <div class="column input" data-layer={exhibit.input.name}>
      <div class="layer-caption">
        <h3>{t("input")}</h3>
        <p
          class="caption"
          title={
            exhibit.pixelScale === 1
              ? undefined
              : t("the table's numbers ÷ {pixelScale}", { pixelScale: numberText(exhibit.pixelScale, 0) })
          }
        >
          {shapeText(exhibit.imageShape ?? exhibit.input.shape)}
          <br />
          {exhibit.pixelScale === 1 ? t("as in the table") : t("brightness 0 to 1")}
        </p>
      </div>
      <div class="tiles" data-tiles={exhibit.input.name}>
        <PictureView picture={picture} size={112} />
      </div>
      <p class="caption">
        {picture.name}
        {picture.label != null && <>{rich("{br}label {b}", { br: <br />, b: <b>{picture.label}</b> })}</>}
        {answer && (
          <>{rich("{br}predicted {b}", { br: <br />, b: <b>{exhibit.classNames[indexOfLargest(answer)]}</b> })}</>
        )}
      </p>
    </div>
  );
}
