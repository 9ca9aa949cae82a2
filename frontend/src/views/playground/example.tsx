/** One example: every product on the way forward, every slope on the way back, and the weights that follow. */
import { DECIMALS, exactSumLines, formatNumber, shownProduct, withSign } from "../../numbers/digits";
import type { Example, UnitStep } from "../../playground/example";
import type { Session } from "../../playground/session";
import { WORDS } from "../../playground/words";
import { Card, NumberField } from "../parts/parts";

export function ExampleCard({ session }: { session: Session }) {
  const example = session.example.value;
  const points = session.data.value.train.points;
  if (!points.length) return null;
  const row = Math.min(example?.row ?? 0, points.length - 1);
  return (
    <Card
      title="One example as a step"
      caption="Every product on the way forward, and every slope on the way back, for one training point and the weights of this moment."
      class="example"
    >
      <div class="row wrap">
        <NumberField
          label="Training point"
          value={row}
          min={0}
          max={points.length - 1}
          onChange={(value) => void session.look(value)}
        />
        {example ? (
          <button type="button" class="primary" onClick={() => void session.learn(row)}>
            Take this step
          </button>
        ) : (
          <button type="button" onClick={() => void session.look(row)}>
            Take it apart
          </button>
        )}
        {example && (
          <button type="button" onClick={() => void session.look((row + 1) % points.length)}>
            Next point
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
  const nameOf = (layer: number) => (layer < example.layers.length - 1 ? `Layer ${layer + 1}` : "Output");
  return (
    <>
      <p class="sentence">
        Point {example.row} is {example.label}. The network answers{" "}
        {last.map(({ output }) => formatNumber(output)).join(", ")}; the target is{" "}
        {formatNumber(example.target, Number.isInteger(example.target) ? 0 : 3)}, so the loss ({example.lossName}) is{" "}
        {formatNumber(example.loss)}.
        {optimizer === "sgd"
          ? ` A step adds −${learningRate} times its slope to each weight.`
          : ` ${WORDS[optimizer]} makes its step of these slopes and the ones before.`}
      </p>
      {example.layers.map((units, layer) => (
        <section key={layer}>
          <h3>{nameOf(layer)}</h3>
          <div class="steps" tabIndex={0} role="region" aria-label={`${nameOf(layer)}, term by term`}>
            {units.map((unit) => (
              <UnitTable
                key={unit.name}
                unit={unit}
                isLast={layer === example.layers.length - 1}
                rate={optimizer === "sgd" ? learningRate : NaN}
                lossName={example.lossName}
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
  isLast,
  rate,
  lossName,
}: {
  unit: UnitStep;
  isLast: boolean;
  rate: number;
  lossName: string;
}) {
  // What is shown is what a calculator gives for what is shown; the rest has a line of its own.
  const terms = unit.terms.map((term): [string, number] => [term.from, shownProduct([term.input, term.weight])]);
  const rest = exactSumLines(terms, unit.sum, DECIMALS, Infinity, [["bias", unit.bias]]).find(
    ({ name }) => name === "rounding",
  );
  const shown = (value: number): number => shownProduct([value, 1]);
  const stepOf = (slope: number): number => shownProduct([-rate, shown(slope)], DECIMALS, OF_RATE);
  const steps = Number.isFinite(rate);
  return (
    <table class="unit-step" aria-label={unit.name}>
      <caption>{unit.name}</caption>
      <thead>
        <tr>
          <th scope="col">from</th>
          <th scope="col">input</th>
          <th scope="col">weight</th>
          <th scope="col">product</th>
          <th scope="col">slope</th>
          {steps && <th scope="col">step</th>}
        </tr>
      </thead>
      <tbody>
        {unit.terms.map((term, index) => (
          <tr key={term.from}>
            <th scope="row">{term.from}</th>
            <td>{formatNumber(term.input, DECIMALS)}</td>
            <td>{formatNumber(term.weight, DECIMALS)}</td>
            <td>{withSign(terms[index][1], DECIMALS)}</td>
            <td>{withSign(term.slope, DECIMALS)}</td>
            {steps && <td>{withSign(stepOf(term.slope), DECIMALS)}</td>}
          </tr>
        ))}
        <tr>
          <th scope="row">bias</th>
          <td />
          <td />
          <td>{withSign(unit.bias, DECIMALS)}</td>
          <td>{withSign(unit.slope, DECIMALS)}</td>
          {steps && <td>{withSign(stepOf(unit.slope), DECIMALS)}</td>}
        </tr>
        {rest && (
          <tr>
            <th scope="row">rounding</th>
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
            sum
          </th>
          <td>{formatNumber(unit.sum, DECIMALS)}</td>
          <td colSpan={steps ? 2 : 1}>
            {WORDS[unit.activation]} → <b>{formatNumber(unit.output, DECIMALS)}</b>
          </td>
        </tr>
        <tr>
          <td colSpan={steps ? 6 : 5} class="caption">
            {isLast
              ? `slope of the sum, of ${lossName}: `
              : `slope of the sum: what comes back × ${WORDS[unit.activation]}′ ${formatNumber(unit.ofActivation)} = `}
            {withSign(unit.slope, DECIMALS)}; of a weight: that × its input
          </td>
        </tr>
      </tfoot>
    </table>
  );
}
