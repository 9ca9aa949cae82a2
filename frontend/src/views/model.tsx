/** What is loaded: the layers, the data, the accuracy, and how the page's numbers compare with Python's. */
import { msg, t, tn } from "../language/catalogue";
import { count, numberText, shapeText } from "../numbers/digits";
import { originText } from "../numbers/words";
import type { Screen } from "../screen";
import { useStore } from "../store";
import { Card } from "./parts/parts";

/** A shared layer is used several times and counted once; a second output of a layer has no parameters of its own. */
const countsOnce = (name: string): boolean => !name.includes("#") && !name.includes("[");

/** In which order the network gets the pixels. */
const ORDERS: Readonly<Record<string, string>> = { original: msg("original"), shuffled: msg("shuffled") };

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
    [t("Data"), facts.data ?? null],
    [t("Images"), exhibit.imageShape ? shapeText(exhibit.imageShape) : null],
    [t("Pixel order"), exhibit.imageShape ? t(ORDERS[exhibit.pixelOrder] ?? exhibit.pixelOrder) : null],
    [
      t("Numbers enter"),
      exhibit.pixelScale === 1 ? t("as in the table") : t("divided by {number}", { number: count(exhibit.pixelScale) }),
    ],
    [t("Classes"), exhibit.classNames.length ? exhibit.classNames.join(", ") : null],
    [t("Rows for training"), facts.n_train != null ? count(facts.n_train) : null],
    [t("Rows for testing"), facts.n_test != null ? count(facts.n_test) : null],
    [
      t("Test accuracy"),
      facts.accuracy != null
        ? facts.interval
          ? t("{accuracy} (95 %: {low} to {high})", {
              accuracy: numberText(facts.accuracy),
              low: numberText(facts.interval[0]),
              high: numberText(facts.interval[1]),
            })
          : numberText(facts.accuracy)
        : null,
    ],
    [t("Epochs"), facts.epochs != null ? count(facts.epochs) : null],
    [t("Seed"), facts.seed != null ? String(facts.seed) : null],
    [t("Parameters"), count(exhibit.nParameters)],
    [
      t("Computed by"),
      exhibit.isOwn
        ? t("this page, which also trained it")
        : t("Keras on {backend}, convscope {version}", {
            backend: exhibit.madeBy.backend,
            version: exhibit.madeBy.convscope,
          }),
    ],
  ];
  const sum = exhibit.layers
    .filter((layer) => countsOnce(layer.name))
    .reduce((total, layer) => total + layer.n_parameters, 0);
  const unknown = comparison?.layers.filter((layer) => !layer.compared).length ?? 0;
  return (
    <div class="model">
      <p class="lead">
        {t(
          "A network is a chain of layers: each makes new numbers from those of the layer before it, until the last one gives the answer.",
        )}
      </p>
      <Card title={t("What is loaded")} class="facts-card">
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
        {!exhibit.isOwn && (
          <p class={!comparison ? "" : comparison.equal ? "positive-verdict" : "negative-verdict"}>
            {!comparison
              ? t("comparing with Python …")
              : comparison.equal
                ? t(
                    "✓ The page computed {n} layers itself; all equal Python's. Largest relative difference: {largest}.",
                    { n: count(comparison.layers.length - unknown), largest: comparison.largest.toExponential(1) },
                  )
                : t("✗ {layer} differs from Python; largest relative difference: {largest}, allowed 1e-5.", {
                    layer: comparison.where,
                    largest: comparison.largest.toExponential(1),
                  })}
            {unknown
              ? ` ${tn("{n} more comes from Python, with all values.", "{n} more come from Python, with all values.", unknown)}`
              : ""}
          </p>
        )}
      </Card>
      <Card
        title={t("Layers")}
        caption={t("Parameters with the sum behind each; a click opens the layer.")}
        class="layers-card"
      >
        <div class="scroll" tabIndex={0} role="region" aria-label={t("Layers")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("layer")}</th>
                <th scope="col">{t("kind")}</th>
                <th scope="col">{t("output shape")}</th>
                <th scope="col">{t("parameters")}</th>
                <th scope="col">{t("difference")}</th>
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
                      {branch && (
                        <span class="caption"> {t("from {layers}", { layers: layer.inputs.join(", ") })}</span>
                      )}
                    </td>
                    <td>{shapeText(layer.shape)}</td>
                    <td>
                      {originText(layer.arithmetic)}
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
                          : t("from Python")}
                    </td>
                  </tr>
                );
              })}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">{t("total")}</th>
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
