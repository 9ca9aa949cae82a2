/** The whole sum, and what the activation makes of it. */
import { t } from "../../language/catalogue";
import { useEffect, useRef } from "preact/hooks";
import { answerOf } from "../../network";
import { count, exactSumLines, formatNumber, numberText } from "../../numbers/digits";
import type { Step } from "../../numbers/step";
import { howItBends } from "../../numbers/words";
import { useStore } from "../../store";
import { Card, SumTable } from "../parts/parts";
import { unitName } from "../parts/place";

export function Whole({ step, index }: { step: Step; index: number }) {
  const store = useStore();
  const { groups } = step;
  const terms = groups.map((group): [string, number] => [group.name, group.subtotal]);
  const always: [string, number][] = step.bias === null ? [] : [[step.scaling ? "shift" : "bias", step.bias]];
  const lines = exactSumLines(terms, step.sum, 3, 9, always);
  const n = count(groups.length);
  const title =
    groups.length < 2 || step.rule === "product"
      ? t("One number")
      : groups[0].name.startsWith("unit")
        ? t("All {n} units, one number", { n })
        : t("All {n} maps, one number", { n });
  const word = unitName(store, step.part, step.map);
  return (
    <Card title={title} caption={word} class="whole">
      {step.rule === "sum" ? (
        <SumTable
          lines={lines}
          label={t("Parts of the sum")}
          marked={index}
          onMark={(part) => store.place.pinned.value === "" && (store.place.input.value = String(part))}
          onDive={(part) => (store.place.input.value = String(part))}
        />
      ) : null}
      <Activated step={step} />
      {step.line && <Exponentials step={step} />}
    </Card>
  );
}

function Activated({ step }: { step: Step }) {
  const equal = Math.abs(step.value - step.shown) <= 1e-5 * Math.max(1, Math.abs(step.shown));
  return (
    <>
      <p class="caption">{howItBends(step)}</p>
      <p class="result">{formatNumber(step.value)}</p>
      <p class={equal ? "positive-verdict" : "negative-verdict"}>
        {t("{x} on the map {shown}", { x: equal ? "✓" : "✗", shown: numberText(step.shown, 6) })}
      </p>
    </>
  );
}

const SHOWN_AT_ONCE = 1000;

/** Every exponential of a softmax, and the share of each. */
function Exponentials({ step }: { step: Step }) {
  const store = useStore();
  const { sums, exponentials, index } = step.line!;
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  const answer = answerOf(store.exhibit, store.pass.value);
  const names = answer && store.exhibit.classNames.length === sums.length ? store.exhibit.classNames : null;
  const lines = exactSumLines(
    exponentials.map((value, unit): [string, number] => [String(unit), value]),
    total,
    6,
  );
  const rest = lines.find((line) => line.name === "rounding");
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const marked = frame.current?.querySelector<HTMLElement>(".marked");
    if (marked) frame.current!.scrollTop = marked.offsetTop - frame.current!.clientHeight / 2;
  }, [index]);
  return (
    <div
      ref={frame}
      class="scroll exponentials"
      tabIndex={0}
      role="region"
      aria-label={t("Softmax, every exponential")}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{names ? t("class") : t("unit")}</th>
            <th scope="col">{t("sum")}</th>
            <th scope="col" title={t("e to the power of the sum, less the largest sum")}>
              {t("e^(sum − max)")}
            </th>
            <th scope="col">{t("share")}</th>
          </tr>
        </thead>
        <tbody>
          {sums.slice(0, SHOWN_AT_ONCE).map((sum, unit) => (
            <tr key={unit} class={unit === index ? "marked" : ""}>
              <th scope="row">{names ? names[unit] : unit}</th>
              <td>{formatNumber(sum)}</td>
              <td>{formatNumber(exponentials[unit], 6)}</td>
              <td>{formatNumber(exponentials[unit] / total, 6)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          {rest && (
            <tr>
              <th scope="row">{t("rounding")}</th>
              <td />
              <td>{rest.text}</td>
              <td />
            </tr>
          )}
          <tr>
            <th scope="row">{t("total")}</th>
            <td />
            <td>{formatNumber(total, 6)}</td>
            <td>1.000000</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
