/** Loss and accuracy, pass by pass, with other runs behind them. */
import { t, wholeText } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { useState } from "preact/hooks";
import { numberText } from "../../numbers/digits";
import { MOST_KEPT, type Kept, type Session } from "../../playground/session";
import type { Moment, Score } from "../../playground/trainer";
import { Card } from "../parts/parts";

const [WIDTH, HEIGHT] = [300, 92];
const MARGIN = { left: 38, right: 56, top: 8, bottom: 22 };
const SERIES = ["--s3", "--s4", "--s5", "--s2", "--k3", "--k5", "--k6", "--k8"];
const APART = 12; // pixels between two labels

interface Curve {
  name: string;
  colour: string;
  dash: string;
  values: (moment: Moment) => number;
  moments: Moment[];
}

export function Curves({ session }: { session: Session }) {
  const moments = session.moments.value;
  const kept = session.kept.value;
  const [at, setAt] = useState<number | null>(null);
  const shown = kept.filter((one) => one.shown);
  const now = at === null ? moments[moments.length - 1] : nearest(moments, at);
  const accuracy = !session.isRegression;
  return (
    <Card title={t("Curves")} class="curves">
      <div>
        <h3>{t("Loss: how wrong it is; smaller is better")}</h3>
        <Chart
          title={t("loss")}
          session={session}
          kept={shown}
          of={(score) => score.loss}
          at={at}
          onPoint={setAt}
          domain={null}
        />
      </div>
      {accuracy && (
        <div>
          <h3>{t("Accuracy: how many are right")}</h3>
          <Chart
            title={t("accuracy")}
            session={session}
            kept={shown}
            of={(score) => score.accuracy}
            at={at}
            onPoint={setAt}
            domain={[0, 1]}
          />
        </div>
      )}
      {now && (
        <p class="caption reading-of">
          {accuracy
            ? t("Pass {pass}: loss {loss}; accuracy {accuracy}", {
                pass: wholeText(now.pass),
                loss: both(now, (score) => score.loss),
                accuracy: both(now, (score) => score.accuracy),
              })
            : t("Pass {pass}: loss {loss}", { pass: wholeText(now.pass), loss: both(now, (score) => score.loss) })}
        </p>
      )}
      <button type="button" disabled={moments.length < 2 || kept.length >= MOST_KEPT} onClick={() => session.keep()}>
        {t("Keep this run to compare")}
      </button>
      {kept.length > 0 && (
        <ul class="kept">
          {kept.map((one, index) => (
            <KeptLine key={one.name} session={session} one={one} index={index} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function KeptLine({ session, one, index }: { session: Session; one: Kept; index: number }) {
  const last = one.moments[one.moments.length - 1];
  const change = (after: Kept[]): void => void (session.kept.value = after);
  return (
    <li>
      <label class="check">
        <input
          type="checkbox"
          checked={one.shown}
          onChange={() =>
            change(session.kept.value.map((other) => (other === one ? { ...one, shown: !one.shown } : other)))
          }
        />
        <span class="swatch" style={{ background: `var(${SERIES[index % SERIES.length]})` }} /> {one.name}
      </label>
      <span class="caption">
        {t("pass {pass}: loss {loss}", { pass: wholeText(last.pass), loss: both(last, (score) => score.loss) })}
      </span>
      <button
        type="button"
        class="plain"
        aria-label={t("Forget {run}", { run: one.name })}
        onClick={() => change(session.kept.value.filter((other) => other !== one))}
      >
        {t("forget")}
      </button>
    </li>
  );
}

/** A network without test points has one number. */
const both = ({ train, test }: Moment, of: (score: Score) => number): string =>
  Number.isNaN(of(test)) && !Number.isNaN(of(train))
    ? t("{train} training", { train: numberText(of(train)) })
    : t("{train} training, {test} test", { train: numberText(of(train)), test: numberText(of(test)) });

const nearest = (moments: Moment[], pass: number): Moment =>
  moments.reduce((best, one) => (Math.abs(one.pass - pass) < Math.abs(best.pass - pass) ? one : best), moments[0]);

function Chart(props: {
  title: string;
  session: Session;
  kept: Kept[];
  of: (score: Moment["train"]) => number;
  at: number | null;
  onPoint: (pass: number | null) => void;
  domain: [number, number] | null;
}) {
  const { session, of } = props;
  const moments = session.moments.value;
  const curves: Curve[] = [
    ...props.kept.map((one): Curve => {
      const index = session.kept.value.indexOf(one);
      return {
        name: one.name.split(" ")[0],
        colour: `var(${SERIES[index % SERIES.length]})`,
        dash: "",
        values: ({ test }) => of(test),
        moments: one.moments,
      };
    }),
    { name: t("training"), colour: "var(--ink-3)", dash: "4 3", values: ({ train }) => of(train), moments },
    { name: t("test"), colour: "var(--ink)", dash: "", values: ({ test }) => of(test), moments },
  ];
  const far = largest(
    curves.map((curve) => curve.moments[curve.moments.length - 1]?.pass ?? 0),
    10,
  );
  const finite = (value: number): boolean => Number.isFinite(value);
  const most = largest(
    curves.flatMap((curve) => curve.moments.map(curve.values).filter(finite)),
    1e-6,
  );
  const across = scaleLinear()
    .domain([0, far])
    .range([MARGIN.left, WIDTH - MARGIN.right]);
  const up = scaleLinear()
    .domain(props.domain ?? [0, most * 1.05])
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const draw = line<[number, number]>()
    .defined(([, value]) => finite(value))
    .x(([pass]) => across(pass))
    .y(([, value]) => up(value));
  const ends = labelsOf(curves, up);
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    props.onPoint(Math.max(0, Math.round(across.invert(((event.clientX - box.left) / box.width) * WIDTH))));
  };
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      class="chart"
      role="img"
      aria-label={t("{measure} by passes", { measure: props.title })}
      onPointerMove={point}
      onPointerLeave={() => props.onPoint(null)}
    >
      {up.ticks(3).map((tick) => (
        <g key={tick}>
          <line x1={MARGIN.left} x2={WIDTH - MARGIN.right} y1={up(tick)} y2={up(tick)} class="grid" />
          <text x={MARGIN.left - 5} y={up(tick) + 3.5} text-anchor="end">
            {up.tickFormat(3)(tick)}
          </text>
        </g>
      ))}
      {across
        .ticks(4)
        .filter(Number.isInteger)
        .map((tick) => (
          <text key={tick} x={across(tick)} y={HEIGHT - 10} text-anchor="middle">
            {wholeText(tick)}
          </text>
        ))}
      <text x={WIDTH - MARGIN.right} y={HEIGHT - 1} text-anchor="end" class="title">
        {t("passes")}
      </text>
      {props.at !== null && (
        <line x1={across(props.at)} x2={across(props.at)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} class="pointer" />
      )}
      {curves.map((curve, index) => (
        <path
          key={index}
          d={draw(curve.moments.map((moment) => [moment.pass, curve.values(moment)])) ?? ""}
          stroke={curve.colour}
          stroke-dasharray={curve.dash}
        />
      ))}
      {ends.map(({ name, y, x, colour }, index) => (
        <text key={index} x={across(x) + 4} y={y + 3.5} fill={colour} class="end">
          {name}
        </text>
      ))}
    </svg>
  );
}

/** Names at the ends of the curves, pushed apart where they would cover each other. */
function labelsOf(
  curves: Curve[],
  up: (value: number) => number,
): { name: string; x: number; y: number; colour: string }[] {
  const ends = curves.flatMap(({ name, moments, values, colour }) => {
    const last = moments.findLast((moment) => Number.isFinite(values(moment)));
    return last ? [{ name, x: last.pass, y: up(values(last)), colour }] : [];
  });
  ends.sort((one, other) => one.y - other.y);
  for (let index = 1; index < ends.length; index++) ends[index].y = Math.max(ends[index].y, ends[index - 1].y + APART);
  const over = Math.max(0, (ends[ends.length - 1]?.y ?? 0) - (HEIGHT - MARGIN.bottom));
  return ends.map((end) => ({ ...end, y: end.y - over }));
}
