/** What is loaded: the layers, the data, the accuracy, and how the page's numbers compare with Python's. */
import { msg, t } from "../language/catalogue";
import { count, formatNumber, shapeText } from "../numbers/digits";
import type { Screen } from "../screen";
import { useStore } from "../store";
import { Card } from "./parts/parts";

/** A shared layer is used several times and counted once; a second output of a layer has no parameters of its own. */
const countsOnce = (name: string): boolean => !name.includes("#") && !name.includes("[");

export const screen: Screen = {
  title: msg("Model"),
  tab: 10,
  View: ModelScreen,
};

function ModelScreen() {
  const store = useStore();
  const { exhibit } = store;
  const comparison = store.comparison.value;
  const { facts } = exhibit;
  const known: [string, string | null][] = [
    ["Data", facts.data ?? null],
    ["Images", exhibit.imageShape ? shapeText(exhibit.imageShape) : null],
    ["Pixel order", exhibit.imageShape ? exhibit.pixelOrder : null],
    [
      "Numbers enter",
      exhibit.pixelScale === 1 ? "as in the table" : `divided by ${formatNumber(exhibit.pixelScale, 0)}`,
    ],
    ["Classes", exhibit.classNames.length ? exhibit.classNames.join(", ") : null],
    ["Rows for training", facts.n_train != null ? count(facts.n_train) : null],
    ["Rows for testing", facts.n_test != null ? count(facts.n_test) : null],
    [
      "Test accuracy",
      facts.accuracy != null
        ? formatNumber(facts.accuracy) +
          (facts.interval ? ` (95 %: ${formatNumber(facts.interval[0])} to ${formatNumber(facts.interval[1])})` : "")
        : null,
    ],
    ["Epochs", facts.epochs != null ? count(facts.epochs) : null],
    ["Seed", facts.seed != null ? String(facts.seed) : null],
    ["Parameters", count(exhibit.nParameters)],
    [
      "Computed by",
      exhibit.isOwn
        ? t("this page, which also trained it")
        : `Keras on ${exhibit.madeBy.backend}, convscope ${exhibit.madeBy.convscope}`,
    ],
  ];
  const sum = exhibit.layers
    .filter((layer) => countsOnce(layer.name))
    .reduce((total, layer) => total + layer.n_parameters, 0);
  const unknown = comparison?.layers.filter((layer) => !layer.compared).length ?? 0;
  return (
    <div class="model">
      <p class="lead">
        A network is a chain of layers: each makes new numbers from those of the layer before it, until the last one
        gives the answer.
      </p>
      <Card title="What is loaded" class="facts-card">
        <dl>
          {known
            .filter(([, value]) => value !== null)
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
        {exhibit.isOwn ? null : (
          <p class={!comparison ? "" : comparison.equal ? "positive-verdict" : "negative-verdict"}>
            {!comparison
              ? "comparing with Python …"
              : comparison.equal
                ? `✓ The page computed ${count(comparison.layers.length - unknown)} layers itself; all equal Python's. Largest relative difference: ${comparison.largest.toExponential(1)}.`
                : `✗ ${comparison.where} differs from Python; largest relative difference: ${comparison.largest.toExponential(1)}, allowed 1e-5.`}
            {unknown ? ` ${count(unknown)} more ${unknown > 1 ? "come" : "comes"} from Python, with all values.` : ""}
          </p>
        )}
      </Card>
      <Card title="Layers" caption="Parameters with the sum behind each; a click opens the layer." class="layers-card">
        <div class="scroll" tabIndex={0} role="region" aria-label="Layers">
          <table>
            <thead>
              <tr>
                <th scope="col">layer</th>
                <th scope="col">kind</th>
                <th scope="col">output shape</th>
                <th scope="col">parameters</th>
                <th scope="col">difference</th>
              </tr>
            </thead>
            <tbody>
              {exhibit.layers.map((layer, index) => {
                const check = comparison?.layers[index];
                const before = index ? exhibit.layers[index - 1].name : exhibit.input.name;
                const branch = layer.inputs.join() !== before;
                return (
                  <tr key={layer.name}>
                    <th scope="row">
                      <button
                        type="button"
                        class="plain"
                        onClick={() => {
                          store.goToStrongest(layer.name);
                          store.screen.value = "network";
                        }}
                      >
                        {layer.name}
                      </button>
                    </th>
                    <td>
                      {layer.kind}
                      {layer.function && layer.function !== "linear" ? `, ${layer.function}` : ""}
                      {branch && <span class="caption"> from {layer.inputs.join(", ")}</span>}
                    </td>
                    <td>{shapeText(layer.shape)}</td>
                    <td>
                      {layer.arithmetic}
                      {layer.n_parameters ? ` = ${count(layer.n_parameters)}` : ""}
                      {layer.note && <span class="caption"> {layer.note}</span>}
                    </td>
                    <td class={!check || check.difference <= check.allowed ? "" : "negative-verdict"}>
                      {!check
                        ? "…"
                        : check.compared
                          ? check.difference
                            ? check.difference.toExponential(0)
                            : "0"
                          : "from Python"}
                    </td>
                  </tr>
                );
              })}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">total</th>
                <td />
                <td />
                <td>{count(sum)}</td>
                <td />
              </tr>
            </tfoot>
          </table>
        </div>
      </Card>
    </div>
  );
}
