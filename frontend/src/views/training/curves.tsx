/** Loss and accuracy over all steps, with the moment in view. */
import { t, wholeText } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Look } from "../../bundle";
import type { Showing } from "../../film";

const HEIGHT = 150;
const MARGIN = { left: 40, right: 84, top: 10, bottom: 30 };

export function FilmCurves({ showing }: { showing: Showing }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(280, entry.contentRect.width)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const looks = showing.film.value!.looks;
  return (
    <div class="film-curves" ref={box}>
      <Curve
        showing={showing}
        looks={looks}
        width={width}
        title={t("loss")}
        of={(look) => look.loss}
        domain={null}
        dash=""
      />
      <Curve
        showing={showing}
        looks={looks}
        width={width}
        title={t("accuracy")}
        of={(look) => look.accuracy}
        domain={[0, 1]}
        dash="5 3"
      />
    </div>
  );
}

function Curve(props: {
  showing: Showing;
  looks: Look[];
  width: number;
  title: string;
  of: (look: Look) => number | null;
  domain: [number, number] | null;
  dash: string;
}) {
  const { showing, looks, width, of } = props;
  const values = looks.flatMap((look) => of(look) ?? []);
  if (!values.length) return null;
  const far = Math.max(1, looks[looks.length - 1].step);
  const across = scaleLinear()
    .domain([0, far])
    .range([MARGIN.left, width - MARGIN.right]);
  const up = scaleLinear()
    .domain(props.domain ?? [0, largest(values) * 1.05])
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const draw = line<Look>()
    .defined((look) => of(look) !== null)
    .x((look) => across(look.step))
    .y((look) => up(of(look)!));
  const now = showing.look.value!;
  const epochs = looks.filter((look, index) => index && look.epoch !== looks[index - 1].epoch);
  const choose = (event: PointerEvent): void => {
    if (event.type === "pointermove" && !event.buttons) return;
    const bounds = (event.currentTarget as SVGElement).getBoundingClientRect();
    const step = across.invert(((event.clientX - bounds.left) / bounds.width) * width);
    showing.go(
      looks.reduce(
        (best, look, index) => (Math.abs(look.step - step) < Math.abs(looks[best].step - step) ? index : best),
        0,
      ),
    );
  };
  const last = looks.findLast((look) => of(look) !== null)!;
  return (
    <svg
      class="chart film"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={t("{measure} by steps", { measure: props.title })}
      onPointerDown={choose}
      onPointerMove={choose}
    >
      {up.ticks(4).map((tick) => (
        <g key={tick}>
          <line x1={MARGIN.left} x2={width - MARGIN.right} y1={up(tick)} y2={up(tick)} class="grid" />
          <text x={MARGIN.left - 5} y={up(tick) + 3.5} text-anchor="end">
            {up.tickFormat(4)(tick)}
          </text>
        </g>
      ))}
      {across
        .ticks(Math.max(2, Math.floor(width / 140)))
        .filter(Number.isInteger)
        .map((tick) => (
          <text key={tick} x={across(tick)} y={HEIGHT - 16} text-anchor="middle">
            {wholeText(tick)}
          </text>
        ))}
      <text x={width - MARGIN.right} y={HEIGHT - 3} text-anchor="end">
        {t("steps")}
      </text>
      {epochs.map((look) => (
        <line
          key={look.step}
          class="epoch"
          x1={across(look.step)}
          x2={across(look.step)}
          y1={MARGIN.top}
          y2={HEIGHT - MARGIN.bottom}
        />
      ))}
      <path d={draw(looks) ?? ""} stroke="var(--ink)" stroke-dasharray={props.dash} />
      {looks.map(
        (look) => of(look) !== null && <circle key={look.step} cx={across(look.step)} cy={up(of(look)!)} r="1.8" />,
      )}
      <text class="end" x={across(last.step) + 6} y={up(of(last)!) + 3.5}>
        {props.title}
      </text>
      <line class="pointer" x1={across(now.step)} x2={across(now.step)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
      {of(now) !== null && <circle class="now" cx={across(now.step)} cy={up(of(now)!)} r="4" />}
    </svg>
  );
}
