/** One example: every product on the way forward, every slope on the way back, and the weights that follow. */
import { t } from "../../language/catalogue";
import { DECIMALS, exactSumLines, formatNumber, shownProduct, withSign } from "../../numbers/digits";
import { nameOfUnit, type Example, type UnitStep } from "../../playground/example";
import { FEATURES } from "../../playground/features";
import type { Session } from "../../playground/session";
import { wordsOf } from "../../playground/words";
import { Card, NumberField } from "../parts/parts";

export function ExampleCard({ session }: { session: Session }) {
  const example = session.example.value;
  const points = session.data.value.train.points;
  if (!points.length) return null;
  const row = Math.min(example?.row ?? 0, points.length - 1);
  return (
    <Card
      title={t("One example as a step")}
      caption={t(
        "Every product on the way forward, and every slope on the way back, for one training point and the weights of this moment.",
      )}
      class="example"
    >
      <div class="row wrap">
        <NumberField
          label={t("Training point")}
          value={row}
          min={0}
          max={points.length - 1}
          onChange={(value) => void session.look(value)}
        />
        {example ? (
          <button type="button" class="primary" onClick={() => void session.learn(row)}>
            {t("Take this step")}
          </button>
        ) : (
          <button type="button" onClick={() => void session.look(row)}>
            {t("Take it apart")}
          </button>
        )}
        {example && (
          <button type="button" onClick={() => void session.look((row + 1) % points.length)}>
            {t("Next point")}
          </button>
        )}
      </div>
      {example && <Apart session={session} example={example} />}
    </Card>
  );
}

function Apart({ session, example }: { session: Session; example: Example }) {
  const { learningRate, optimizer } = session.settings.value;
  const last = example.layers[example.layers.length - 1];
  const { classNames } = session.data.value;
  const nameOf = (layer: number) =>
    layer < example.layers.length - 1 ? t("Layer {n}", { n: layer + 1 }) : t("Output");
  const unitName = (layer: number, unit: number) => nameOfUnit(example.layers.length, layer, unit, classNames);
  const sourceName = (layer: number, from: number) =>
    layer ? unitName(layer - 1, from) : t(FEATURES[session.settings.value.features[from]].label);
  return (
    <>
      <p class="sentence">
        {t(
          "Point {row} is {label}. The network answers {output}; the target is {target}, so the loss ({name}) is {loss}.",
          {
            row: example.row,
            label: t(example.label),
            output: last.map(({ output }) => formatNumber(output)).join(", "),
            target: formatNumber(example.target, Number.isInteger(example.target) ? 0 : 3),
            name: t(example.lossName),
            loss: formatNumber(example.loss),
          },
        )}{" "}
        {optimizer === "sgd"
          ? t("A step adds −{rate} times its slope to each weight.", { rate: learningRate })
          : t("{optimizer} makes its step of these slopes and the ones before.", { optimizer: wordsOf(optimizer) })}
      </p>
      {example.layers.map((units, layer) => (
        <section key={layer}>
          <h3>{nameOf(layer)}</h3>
          <div
            class="steps"
            tabIndex={0}
            role="region"
            aria-label={t("{layer}, term by term", { layer: nameOf(layer) })}
          >
            {units.map((unit, index) => (
              <UnitTable
                key={index}
                unit={unit}
                name={unitName(layer, index)}
                sources={unit.terms.map((_, from) => sourceName(layer, from))}
                isLast={layer === example.layers.length - 1}
                rate={optimizer === "sgd" ? learningRate : NaN}
                lossName={t(example.lossName)}
              />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

const OF_RATE = 10; // decimals that the smallest learning rate has

function UnitTable({
  unit,
  name,
  sources,
  isLast,
  rate,
  lossName,
}: {
  unit: UnitStep;
  name: string;
  sources: readonly string[];
  isLast: boolean;
  rate: number;
  lossName: string;
}) {
  // What is shown is what a calculator gives for what is shown; the rest has a line of its own.
  const terms = unit.terms.map((term, index): [string, number] => [
    sources[index],
    shownProduct([term.input, term.weight]),
  ]);
  const rest = exactSumLines(terms, unit.sum, DECIMALS, Infinity, [["bias", unit.bias]]).find(
    ({ name }) => name === "rounding",
  );
  const shown = (value: number): number => shownProduct([value, 1]);
  const stepOf = (slope: number): number => shownProduct([-rate, shown(slope)], DECIMALS, OF_RATE);
  const steps = Number.isFinite(rate);
  return (
    <table class="unit-step" aria-label={name}>
      <caption>{name}</caption>
      <thead>
        <tr>
          <th scope="col">{t("from")}</th>
          <th scope="col">{t("input")}</th>
          <th scope="col">{t("weight")}</th>
          <th scope="col">{t("product")}</th>
          <th scope="col">{t("slope")}</th>
          {steps && <th scope="col">{t("step")}</th>}
        </tr>
      </thead>
      <tbody>
        {unit.terms.map((term, index) => (
          <tr key={index}>
            <th scope="row">{sources[index]}</th>
            <td>{formatNumber(term.input, DECIMALS)}</td>
            <td>{formatNumber(term.weight, DECIMALS)}</td>
            <td>{withSign(terms[index][1], DECIMALS)}</td>
            <td>{withSign(term.slope, DECIMALS)}</td>
            {steps && <td>{withSign(stepOf(term.slope), DECIMALS)}</td>}
          </tr>
        ))}
        <tr>
          <th scope="row">{t("bias")}</th>
          <td />
          <td />
          <td>{withSign(unit.bias, DECIMALS)}</td>
          <td>{withSign(unit.slope, DECIMALS)}</td>
          {steps && <td>{withSign(stepOf(unit.slope), DECIMALS)}</td>}
        </tr>
        {rest && (
          <tr>
            <th scope="row">{t("rounding")}</th>
            <td />
            <td />
            <td>{rest.text}</td>
            <td />
            {steps && <td />}
          </tr>
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={3}>
            {t("sum")}
          </th>
          <td>{formatNumber(unit.sum, DECIMALS)}</td>
          <td colSpan={steps ? 2 : 1}>
            {wordsOf(unit.activation)} → <b>{formatNumber(unit.output, DECIMALS)}</b>
          </td>
        </tr>
        <tr>
          <td colSpan={steps ? 6 : 5} class="caption">
            {isLast
              ? t("slope of the sum, of {loss}: {slope}; of a weight: that × its input", {
                  loss: lossName,
                  slope: withSign(unit.slope, DECIMALS),
                })
              : t("slope of the sum: what comes back × {factor} = {slope}; of a weight: that × its input", {
                  factor: `${wordsOf(unit.activation)}′ ${formatNumber(unit.ofActivation)}`,
                  slope: withSign(unit.slope, DECIMALS),
                })}
          </td>
        </tr>
      </tfoot>
    </table>
  );
}
