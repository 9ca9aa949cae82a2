/** One measure over the passes: of what was learned from, and of what was kept back. */
import { t } from "../../language/catalogue";
import { numberText } from "../../numbers/digits";
import { largest } from "../../numbers/extent";
import type { EpochMetrics } from "../../engine/session";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [304, 104, 34, 112, 8, 14];
const LEAST_GAP = 12;

export function Curve(props: {
  title: string;
  text: string;
  epochs: readonly EpochMetrics[];
  learned: keyof EpochMetrics;
  kept: keyof EpochMetrics;
}) {
  const lines = [
    { name: t("learned"), values: props.epochs.map((one) => one[props.learned] ?? 0), class: "learned" },
    { name: t("kept back"), values: props.epochs.flatMap((one) => one[props.kept] ?? []), class: "kept" },
  ].filter(({ values }) => values.length);
  const top = props.title === t("Accuracy") ? 1 : Math.max(0.1, largest(lines.flatMap(({ values }) => values)));
  const last = Math.max(1, props.epochs.length - 1);
  const across = (pass: number): number => LEFT + (pass / last) * (WIDTH - LEFT - RIGHT);
  const up = (value: number): number => TOP + (1 - Math.min(1, value / top)) * (HEIGHT - TOP - BOTTOM);
  const ends = lines.map(({ values }) => up(values[values.length - 1]) + 4);
  if (ends.length > 1 && Math.abs(ends[0] - ends[1]) < LEAST_GAP) {
    const upper = ends[0] <= ends[1] ? 0 : 1;
    const middle = Math.max(1.5 * LEAST_GAP, (ends[0] + ends[1]) / 2);
    [ends[upper], ends[1 - upper]] = [middle - LEAST_GAP / 2, middle + LEAST_GAP / 2];
  }
  return (
    <figure class="teach-curve">
      <figcaption>
        <b>{props.title}</b> {props.text}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={lines
          .map(({ name, values }) =>
            t("{measure}, {name}: {value}", {
              measure: props.title,
              name,
              value: numberText(values[values.length - 1]),
            }),
          )
          .join("; ")}
      >
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={up(value)} y2={up(value)} class="grid" />
            <text x={LEFT - 5} y={up(value) + 4} text-anchor="end">
              {numberText(value, 2)}
            </text>
          </g>
        ))}
        {lines.map(({ name, values, class: kind }, index) => (
          <g key={kind} class={kind}>
            <polyline points={values.map((value, pass) => `${across(pass)},${up(value)}`).join(" ")} />
            <text x={WIDTH - RIGHT + 5} y={ends[index]}>
              {name} {numberText(values[values.length - 1])}
            </text>
          </g>
        ))}
        <text x={LEFT} y={HEIGHT - 1}>
          1
        </text>
        <text x={WIDTH - RIGHT} y={HEIGHT - 1} text-anchor="end">
          {t("pass {n}", { n: props.epochs.length })}
        </text>
      </svg>
    </figure>
  );
}
