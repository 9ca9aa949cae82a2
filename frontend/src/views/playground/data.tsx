/** Which points: generated ones, a table, or drawn by hand; and how they are divided. */
import { t, wholeText } from "../../language/catalogue";
import { useEffect, useRef, useState } from "preact/hooks";
import { css, type Colours } from "../../paint/colours";
import { sized } from "../../paint/maps";
import { POINT_SETS } from "../../playground/points";
import { newSeed, seededRandom } from "../../playground/random";
import type { Session } from "../../playground/session";
import { LONGEST_SEED, MOST_NOISE } from "../../playground/settings";
import {
  guess,
  labelColumns,
  numberColumns,
  readSheet,
  takeColumns,
  drawnPoints,
  type Sheet,
} from "../../playground/tables";
import { useStore } from "../../store";
import { Card, Select } from "../parts/parts";
import { RecipeButton } from "./recipe";

const THUMB = 52;
const LAB_TABLES = ["simple", "complex", "circle", "center", "periodic"];

export function DataCard({ session }: { session: Session }) {
  const settings = session.settings.value;
  const hides = (name: string): boolean => session.hidden.value.has(name);
  const { train, test, title } = session.data.value;
  return (
    <Card title={t("Points")} class="points">
      {!hides("dataset") && <Sets session={session} />}
      {!hides("ownData") && <OwnTable session={session} />}
      {!session.isOwn && !hides("noise") && (
        <Slider
          label={t("Noise")}
          value={settings.noise}
          min={0}
          max={MOST_NOISE}
          step={5}
          onChange={(value) => session.set("noise", value)}
        />
      )}
      {session.isOwn && session.own.value && (
        <label class="check">
          <input
            type="checkbox"
            checked={settings.scaled}
            onChange={(event) => session.set("scaled", event.currentTarget.checked)}
          />
          {t("scaled to −5 to 5")}
        </label>
      )}
      {!hides("percTrainData") && !session.own.value?.isTest && (
        <Slider
          label={t("Training points")}
          unit=" %"
          value={settings.percTrainData}
          min={10}
          max={90}
          step={10}
          onChange={(value) => session.set("percTrainData", value)}
        />
      )}
      {!hides("batchSize") && (
        <Slider
          label={t("Batch size")}
          value={settings.batchSize}
          min={1}
          max={30}
          step={1}
          onChange={(value) => session.set("batchSize", value)}
        />
      )}
      {!hides("seed") && (
        <div class="field seed">
          <label class="field">
            <span class="caption">{t("Seed")}</span>
            <input
              type="text"
              aria-label={t("Seed")}
              maxLength={LONGEST_SEED}
              value={settings.seed}
              onChange={(event) => session.set("seed", event.currentTarget.value)}
            />
          </label>
          <button type="button" onClick={() => session.set("seed", newSeed())}>
            {t("Draw new points")}
          </button>
          <label class="check">
            <input
              type="checkbox"
              checked={settings.initZero}
              onChange={(event) => session.set("initZero", event.currentTarget.checked)}
            />
            {t("weights begin at 0")}
          </label>
        </div>
      )}
      <p class="caption">
        {t("{data}: {train} points to train on, {test} to test with.", {
          data: t(title),
          train: wholeText(train.points.length),
          test: wholeText(test.points.length),
        })}
        {settings.batchSize > train.points.length && ` ${t("A batch holds them all: each pass is one step.")}`}
      </p>
      {!hides("recipe") && <RecipeButton session={session} />}
    </Card>
  );
}

/** A value from a link may lie beyond the ends or between the steps; the next move is to a step. */
export function Slider(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  unit?: string;
  onChange: (value: number) => void;
}) {
  const { min, max, step, value } = props;
  return (
    <label class="slide">
      <span class="caption">
        {props.label}{" "}
        <b>
          {props.value}
          {props.unit ?? ""}
        </b>
      </span>
      <input
        type="range"
        aria-label={props.label}
        min={Math.min(min, value)}
        max={Math.max(max, value)}
        step={value % step ? "any" : step}
        value={value}
        onInput={(event) => props.onChange(Math.max(min, Math.round(event.currentTarget.valueAsNumber / step) * step))}
      />
    </label>
  );
}

function Sets({ session }: { session: Session }) {
  const settings = session.settings.value;
  const chosen = session.isRegression ? settings.regDataset : settings.dataset;
  const names = Object.keys(POINT_SETS).filter((name) => POINT_SETS[name].values === session.isRegression);
  return (
    <div class="sets" role="group" aria-label={t("Data sets")}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="thumb"
          aria-pressed={name === chosen}
          title={`${t(POINT_SETS[name].title)}: ${t(POINT_SETS[name].says)}`}
          aria-label={t(POINT_SETS[name].title)}
          onClick={() => session.set(session.isRegression ? "regDataset" : "dataset", name)}
        >
          <Thumb name={name} />
        </button>
      ))}
    </div>
  );
}

function Thumb({ name }: { name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useStore().colours.value;
  useEffect(() => {
    if (canvas.current) sketch(sized(canvas.current, THUMB, THUMB), colours, name);
  }, [name, colours]);
  return <canvas ref={canvas} style={{ width: `${THUMB}px`, height: `${THUMB}px` }} aria-hidden="true" />;
}

function sketch(context: CanvasRenderingContext2D, colours: Colours, name: string): void {
  const set = POINT_SETS[name];
  for (const { x, y, label } of set.draw(seededRandom("0"), set.values ? 600 : 200, 0)) {
    const value = set.values ? label : 2 * label - 1;
    context.fillStyle = css(colours.signed[Math.round((value * 0.75 + 1) * 127.5)]);
    context.fillRect((THUMB * (x + 6)) / 12 - 1, (THUMB * (6 - y)) / 12 - 1, 2.4, 2.4);
  }
}

function OwnTable({ session }: { session: Session }) {
  const store = useStore();
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [chosen, setChosen] = useState({ x: "", y: "", label: "" });
  const [problem, setProblem] = useState("");
  const take = (found: Sheet, columns: { x: string; y: string; label: string }, name: string): void => {
    try {
      setSheet(found);
      setChosen(columns);
      setProblem("");
      session.useOwn(takeColumns(found, columns.x, columns.y, columns.label), name);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const read = async (source: Promise<string>, title: string, name: string): Promise<void> => {
    try {
      const found = readSheet(await source, title);
      take(found, guess(found), name);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const lab = async (name: string): Promise<void> => {
    if (name === "draw") return session.useOwn(drawnPoints([]), "drawn", true);
    const asked = store.host.ask!({ ask: "points", name }).then((bytes) => new TextDecoder().decode(bytes));
    await read(asked, name, `lab-${name}`);
  };
  const named = session.settings.value.dataset;
  useEffect(() => {
    const wanted = named.startsWith("lab-") && !session.own.value && store.host.ask ? named.slice(4) : "";
    if (LAB_TABLES.includes(wanted)) void lab(wanted);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asked for once, when the name changes
  }, [named]);
  const columns = sheet ? numberColumns(sheet).map((name): [string, string] => [name, name]) : [];
  const labels = sheet ? labelColumns(sheet).map((name): [string, string] => [name, name]) : [];
  return (
    <details class="own" open={session.isOwn}>
      <summary>{t("Own points")}</summary>
      {store.host.ask && (
        <Select
          label={t("The lab's")}
          value={named.startsWith("lab-") ? named.slice(4) : ""}
          options={[["", t("choose a table")], ...LAB_TABLES.map((name): [string, string] => [name, name])]}
          onChange={(name) => void (name && lab(name))}
        />
      )}
      <label class="field">
        <span class="caption">{t("A CSV file; it does not leave this page")}</span>
        <input
          type="file"
          aria-label={t("A CSV file")}
          accept=".csv,.tsv,.txt,text/csv"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void read(file.text(), file.name, OWN_FILE);
          }}
        />
      </label>
      <button type="button" aria-pressed={named === "drawn"} onClick={() => void lab("draw")}>
        {t("Draw points")}
      </button>
      {sheet && session.isOwn && named !== "drawn" && (
        <div class="columns-of">
          {(["x", "y"] as const).map((axis) => (
            <Select
              key={axis}
              label={axis === "x" ? "x₁" : "x₂"}
              value={chosen[axis]}
              options={columns}
              onChange={(name) => take(sheet, { ...chosen, [axis]: name }, named)}
            />
          ))}
          <Select
            label={t("label")}
            value={chosen.label}
            options={labels}
            onChange={(name) => take(sheet, { ...chosen, label: name }, named)}
          />
        </div>
      )}
      {session.isOwn && !session.own.value && named !== "drawn" && (
        <p class="note">{t("This link names the table {name}. Open it here to go on.", { name: named })}</p>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </details>
  );
}

const OWN_FILE = "own";
