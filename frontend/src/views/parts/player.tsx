/** The one player of all screens: it moves a place over a whole map, row by row, when it is asked to. */
import { rich } from "../../language/rich";
import { t } from "../../language/catalogue";
import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../../numbers/digits";

const STEP = 160; // milliseconds at 1×
const LARGE = 400; // places; of more, the pace doubles after each row
const ROW = 400; // milliseconds that a row takes at least
const FRAME = 16;
const STILL = 1000; // milliseconds between frames where nothing may move
const MARKS = 16; // at most

const SPEEDS = { "½×": 0.5, "1×": 1, "4×": 4, row: 1 } as const;
type Speed = keyof typeof SPEEDS;

export interface Player {
  rows: number;
  columns: number;
  place: number;
  isPlaying: boolean;
  /** How many places have their number; all, unless it plays or was stepped. */
  filled: number;
  speed: Speed;
  setSpeed: (speed: Speed) => void;
  toggle: () => void;
  /** Go to a place, and show the map as far as it has come. */
  show: (place: number) => void;
  /** Space plays and pauses; says whether it did. */
  key: (event: KeyboardEvent) => boolean;
}

/** Milliseconds from one place to the next, where a map is small. */
export const stepTime = (speed: Speed): number => STEP / SPEEDS[speed];

const isStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** How long one step lasts, and how many places it goes on. */
function pace(speed: Speed, columns: number, n: number, rowsDone: number): [delay: number, places: number] {
  if (isStill()) return [STILL, speed === "row" ? columns : 1];
  if (speed === "row") return [STEP, columns];
  const own = stepTime(speed);
  const delay = n > LARGE ? Math.max(Math.min(own, ROW / columns), own / 2 ** rowsDone) : own;
  return delay < FRAME ? [FRAME, Math.round(FRAME / delay)] : [delay, 1];
}

/** Play a place over `rows` × `columns` positions. Whatever else moves the place pauses it, and shows the whole map. */
export function usePlayer(
  rows: number,
  columns: number,
  place: number,
  go: (row: number, column: number) => void,
): Player {
  const n = rows * columns;
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>("1×");
  const [shown, setShown] = useState<number | null>(null);
  const rowsDone = useRef(0);
  const last = Math.max(0, n - 1);
  const show = (next: number): void => {
    const to = Math.min(last, Math.max(0, next));
    setShown(to);
    go(Math.floor(to / columns), to % columns);
  };
  const isOwn = shown === place;
  useEffect(() => {
    if (!isPlaying) return;
    if (!isOwn || place >= last) {
      setPlaying(false);
      return;
    }
    const [delay, places] = pace(speed, columns, n, rowsDone.current);
    const timer = setTimeout(() => {
      if (Math.floor((place + places) / columns) > Math.floor(place / columns)) rowsDone.current++;
      show(place + places);
    }, delay);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- where to go is read when it is due
  }, [isPlaying, isOwn, place, speed, columns, n]);
  const toggle = (): void => {
    if (isPlaying) return setPlaying(false);
    rowsDone.current = 0;
    show(place >= last ? 0 : place);
    setPlaying(n > 1);
  };
  const key = (event: KeyboardEvent): boolean => {
    if (event.key !== " " || (event.target as HTMLElement).closest("button, summary, a")) return false;
    toggle();
    return true;
  };
  return { rows, columns, place, isPlaying, filled: isOwn ? place + 1 : n, speed, setSpeed, toggle, show, key };
}

export function PlayerBar({ player }: { player: Player }) {
  const { rows, columns, place, isPlaying, speed } = player;
  const n = rows * columns;
  if (n < 2) return null; // there is nowhere to go
  const [row, column] = [Math.floor(place / columns), place % columns];
  const every = Math.ceil(rows / MARKS);
  return (
    <div class="player" role="group" aria-label={t("Play over all places")}>
      <div class="row">
        <button type="button" title={t("Back to the first place")} onClick={() => player.show(0)}>
          {t("First")}
        </button>
        <button type="button" title={t("One place back")} onClick={() => player.show(place - 1)}>
          {t("‹ Step")}
        </button>
        <button type="button" class={isPlaying ? "primary" : ""} title={t("Space")} onClick={player.toggle}>
          {isPlaying ? t("❚❚ Pause") : t("▶ Play")}
        </button>
        <button type="button" title={t("One place on")} onClick={() => player.show(place + 1)}>
          {t("Step ›")}
        </button>
      </div>
      <div class="segments" role="group" aria-label={t("Speed")}>
        {(Object.keys(SPEEDS) as Speed[]).map((name) => (
          <button key={name} type="button" aria-pressed={name === speed} onClick={() => player.setSpeed(name)}>
            {t(name)}
          </button>
        ))}
      </div>
      <div class="places">
        <input
          type="range"
          aria-label={t("Place")}
          min={0}
          max={Math.max(0, n - 1)}
          value={place}
          aria-valuetext={t("row {row}, column {column}", { row, column })}
          onInput={(event) => player.show(Number(event.currentTarget.value))}
        />
        <div class="marks" aria-hidden="true">
          {Array.from({ length: Math.ceil(rows / every) }, (_, index) => (
            <span key={index} style={{ flexGrow: Math.min(every, rows - index * every) }}>
              {index ? index * every : t("row 0")}
            </span>
          ))}
        </div>
      </div>
      <p class="where">
        {rich("{b} of {n}{br}{span}", {
          b: <b>{count(place + 1)}</b>,
          n: count(n),
          br: <br />,
          span: <span class="caption">{t("row {row}, column {column}", { row, column })}</span>,
        })}
      </p>
    </div>
  );
}
