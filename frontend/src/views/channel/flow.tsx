/** What each row of inputs gives, flowing into the sum; beads run along while the window slides. */
import { t } from "../../language/catalogue";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatNumber } from "../../numbers/digits";
import { largest } from "../../numbers/extent";
import type { Rule, Step } from "../../numbers/step";
import { stepTime, type Player } from "../parts/player";

const WIDTH = 122;
const CENTRE = 54;
const RADIUS = 21;
const SIGNS: Readonly<Partial<Record<Rule, string>>> = { sum: "+", largest: "max", mean: "mean", product: "×" };

export function Flow({ step, flows, player }: { step: Step; flows: readonly number[]; player: Player }) {
  const frame = useRef<SVGSVGElement>(null);
  const [heights, setHeights] = useState<number[]>([]);
  useLayoutEffect(() => {
    const svg = frame.current!;
    const measure = (): void => {
      const { top } = svg.getBoundingClientRect();
      const sources = svg.parentElement!.querySelectorAll("[data-flow]");
      setHeights(Array.from(sources, (one) => middleOf(one.getBoundingClientRect()) - top));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(svg);
    return () => observer.disconnect();
  }, [flows.length, step.part]);
  const most = largest(flows.map(Math.abs).filter(Number.isFinite), 1e-12);
  const centre = heights.length ? (heights[0] + heights[heights.length - 1]) / 2 : 0;
  const paths = heights.map((from) => `M0,${from} C${CENTRE / 2},${from} 8,${centre} ${CENTRE - RADIUS},${centre}`);
  const isMoving = player.filled < player.rows * player.columns;
  const time = { animationDuration: `${stepTime(player.speed)}ms` };
  return (
    <svg ref={frame} class="flow" width={WIDTH} aria-hidden="true">
      {heights.length > 0 && (
        <>
          {paths.map((path, index) => (
            <path key={index} d={path} class={classOf(flows[index])} stroke-width={widthOf(flows[index] / most)} />
          ))}
          {isMoving &&
            paths.map(
              (path, index) =>
                flows[index] !== 0 && (
                  <circle
                    key={`${index} at ${player.place}`}
                    r={2 + Math.min(2, Math.abs(flows[index]) / most)}
                    class={`bead ${classOf(flows[index])}`}
                    style={{ offsetPath: `path("${path}")`, ...time }}
                  />
                ),
            )}
          {step.bias !== null && (
            <line x1={CENTRE} x2={CENTRE} y1={centre} y2={centre + 70} class={classOf(step.bias)} />
          )}
          <path d={`M${CENTRE},${centre} H${WIDTH - 12}`} class={`result ${classOf(step.sum)}`} />
          <path d={`M${WIDTH - 14},${centre - 6} l8,6 l-8,6`} class={`tip ${classOf(step.sum)}`} />
          <circle cx={CENTRE} cy={centre} r={RADIUS} class="node" />
          <text x={CENTRE} y={centre} class={step.rule === "sum" || step.rule === "product" ? "sign" : "word"}>
            {SIGNS[step.rule] ?? "→"}
          </text>
          {step.bias !== null && (
            <>
              <text x={CENTRE} y={centre + 82} class="name">
                {step.scaling ? t("shift") : t("bias")}
              </text>
              <text x={CENTRE} y={centre + 100} class={`value ${classOf(step.bias)}`}>
                {formatNumber(step.bias, 3, true)}
              </text>
            </>
          )}
        </>
      )}
    </svg>
  );
}

const middleOf = (box: DOMRect): number => (box.top + box.bottom) / 2;
const classOf = (value: number): string => (value < 0 ? "takes" : value > 0 ? "adds" : "nothing");
const widthOf = (share: number): number => 0.8 + 4.2 * Math.abs(Number.isFinite(share) ? share : 0);
