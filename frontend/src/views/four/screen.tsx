/** Four networks on the same budget: MLP and CNN, on pixels as they are and on shuffled ones. */
import { msg, t } from "../../language/catalogue";
import { largest, smallest } from "../../numbers/extent";
import type { Four, FourNetwork } from "../../bundle";
import { count, formatNumber, numberText } from "../../numbers/digits";
import { asImage, type Tensor } from "../../graph/tensor";
import { largestOf } from "../../paint/maps";
import { useState } from "preact/hooks";
import type { Screen } from "../../screen";
import { useStore, type Store } from "../../store";
import { Card, Legend, MapPicture, Select } from "../parts/parts";
import "./four.css";

const DASHES = ["none", "7 4", "2 3", "9 3 2 3"];
const SHOWN = 16;

/** How the pixels of a picture lie. */
const ORDERS: Readonly<Record<string, string>> = { original: msg("original"), shuffled: msg("shuffled") };

const nameOf = (network: FourNetwork): string =>
  `${network.model.toUpperCase()}, ${t(ORDERS[network.pixel_order] ?? network.pixel_order)}`;
const colourOf = (index: number): string => `var(--s${index + 1})`;

export const screen: Screen = {
  title: msg("Four networks"),
  tab: 90,
  isShown: ({ exhibit }) => exhibit.four !== null || (exhibit.canTrain && exhibit.imageShape !== null),
  View: FourScreen,
};

function FourScreen() {
  const store = useStore();
  const { four } = store.exhibit;
  if (!four) return <Begin store={store} />;
  const { settings } = four;
  const budget = t(
    "{data}: {rows} training rows, {epochs} epochs in batches of {size}, tested on {tests} rows; seeds 0 to {last}, the same for all four.",
    {
      data: settings.data,
      rows: count(settings.n_train),
      epochs: settings.epochs,
      size: settings.batch_size,
      tests: count(settings.n_test),
      last: settings.n_seeds - 1,
    },
  );
  return (
    <div class="four">
      <h1 class="spoken">{t("Four networks")}</h1>
      <Card title={t("What does a neural network see?")} caption={budget}>
        {four.sentences.map((text) => (
          <p key={text} class="sentence">
            {text}
          </p>
        ))}
        <div class="scroll" tabIndex={0} role="region" aria-label={t("Accuracies")}>
          <Accuracies four={four} />
        </div>
      </Card>
      <Card
        title={t("How they learned")}
        caption={t(
          "Accuracy on the training rows after each epoch: the mean of the seeds as a line, each seed as a dot.",
        )}
      >
        <Curves four={four} />
      </Card>
      <div class="four-weights">
        {four.networks.map((network) => (
          <Weights key={nameOf(network)} network={network} />
        ))}
      </div>
    </div>
  );
}

const ROWS = [1000, 5000, 60000];
const PAUSE = 1000; // milliseconds between two questions

/** Nothing was measured yet: train the four, as many rows as one has patience for. */
function Begin({ store }: { store: Store }) {
  const [rows, setRows] = useState(ROWS[0]);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState("");
  const follow = async (begin: boolean): Promise<void> => {
    try {
      const bytes = await store.host.ask!(begin ? { ask: "train_four", rows } : { ask: "four" });
      const status = JSON.parse(new TextDecoder().decode(bytes)) as { at_work: boolean; said: string; problem: string };
      setProblem(status.problem);
      setSaid(status.at_work ? status.said || t("loading the rows") : "");
      if (status.at_work) setTimeout(() => void follow(false), PAUSE);
      else if (!status.problem) location.reload();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setSaid("");
    }
  };
  return (
    <div class="four">
      <h1 class="spoken">{t("Four networks")}</h1>
      <p class="lead">
        {t(
          "MLP and CNN, each on the original pixels and on pixels shuffled in the same way, with three seeds: what does a neural network see?",
        )}
      </p>
      {store.exhibit.canTrain ? (
        <div class="row wrap">
          <Select
            label={t("Rows, at most")}
            value={rows}
            options={ROWS.map((one): [number, string] => [one, count(one)])}
            onChange={(value) => setRows(Number(value))}
          />
          <button type="button" class="primary" disabled={said !== ""} onClick={() => void follow(true)}>
            {t("Train the four")}
          </button>
          {said && <span role="status">{said} …</span>}
        </div>
      ) : (
        <p class="note">
          {t("Nothing was measured for this page yet. Python trains them: {command}", {
            command: "convscope explore --experiment pixel_shuffle --data digits",
          })}
        </p>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Accuracies({ four }: { four: Four }) {
  const all = four.networks.flatMap(({ low, accuracies }) => [low, ...accuracies]);
  const low = Math.max(0, Math.floor(smallest(all) * 20) / 20);
  const at = (value: number): number => (100 * (Math.min(1, Math.max(low, value)) - low)) / (1 - low);
  return (
    <table class="four-table">
      <thead>
        <tr>
          <th scope="col">{t("network, pixels")}</th>
          <th scope="col" class="number">
            {t("parameters")}
          </th>
          <th scope="col" class="number">
            {t("accuracy")}
          </th>
          <th scope="col" class="number">
            {t("95 % interval")}
          </th>
          <th scope="col" class="interval">
            {t("{low} to {high}", { low: formatNumber(low, 2), high: formatNumber(1, 2) })}
          </th>
        </tr>
      </thead>
      <tbody>
        {four.networks.map((network, index) => (
          <tr key={index}>
            <th scope="row">{nameOf(network)}</th>
            <td class="number">{count(network.n_parameters)}</td>
            <td class="number">
              <b>{formatNumber(network.mean, 4)}</b>
            </td>
            <td class="number">
              {formatNumber(network.low, 4)}–{formatNumber(network.high, 4)}
            </td>
            <td class="interval">
              <svg
                viewBox="0 0 100 16"
                preserveAspectRatio="none"
                role="img"
                aria-label={t("interval from {low} to {high}", {
                  low: formatNumber(network.low, 4),
                  high: formatNumber(network.high, 4),
                })}
              >
                <line x1="0" x2="100" y1="8" y2="8" stroke="var(--line)" />
                <line
                  x1={at(network.low)}
                  x2={at(network.high)}
                  y1="8"
                  y2="8"
                  stroke={colourOf(index)}
                  stroke-width="3"
                />
                {network.accuracies.map((value, seed) => (
                  <rect key={seed} x={at(value) - 0.4} width="0.8" y="3" height="10" fill={colourOf(index)} />
                ))}
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [720, 260, 44, 128, 12, 32];

function Curves({ four }: { four: Four }) {
  const epochs = largest(four.networks.flatMap(({ curves }) => curves.map((curve) => curve.length)));
  const low = Math.floor(smallest(four.networks.flatMap(({ curves }) => curves.flat())) * 10) / 10;
  const x = (epoch: number): number => LEFT + ((WIDE - LEFT - RIGHT) * epoch) / Math.max(1, epochs - 1);
  const y = (value: number): number => TOP + ((HIGH - TOP - BOTTOM) * (1 - value)) / (1 - low || 1);
  const means = four.networks.map(({ curves }) =>
    curves[0].map(
      (_, epoch) => curves.reduce((sum, curve) => sum + (curve[epoch] ?? curve[curve.length - 1]), 0) / curves.length,
    ),
  );
  const heights = spread(
    means.map((mean) => y(mean[mean.length - 1])),
    15,
  );
  const ticks = [low, (low + 1) / 2, 1];
  return (
    <svg
      class="four-curves"
      viewBox={`0 0 ${WIDE} ${HIGH}`}
      role="img"
      aria-label={four.networks
        .map((network, index) =>
          t("{network} ends at {accuracy}", {
            network: nameOf(network),
            accuracy: numberText(means[index][means[index].length - 1]),
          }),
        )
        .join("; ")}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={WIDE - RIGHT} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
            {formatNumber(tick, 2)}
          </text>
        </g>
      ))}
      {Array.from(
        { length: epochs },
        (_, epoch) =>
          (epochs <= 12 || epoch % Math.ceil(epochs / 8) === 0) && (
            <text key={epoch} x={x(epoch)} y={HIGH - 14} text-anchor="middle">
              {epoch + 1}
            </text>
          ),
      )}
      <text x={(LEFT + WIDE - RIGHT) / 2} y={HIGH - 1} text-anchor="middle">
        {t("epoch")}
      </text>
      {four.networks.map((network, index) => (
        <g key={index} stroke={colourOf(index)}>
          <path
            d={means[index].map((value, epoch) => `${epoch ? "L" : "M"}${x(epoch)},${y(value)}`).join("")}
            fill="none"
            stroke-width="2"
            stroke-dasharray={DASHES[index]}
          />
          {network.curves.flatMap((curve, seed) =>
            curve.map((value, epoch) => (
              <circle
                key={`${seed} ${epoch}`}
                cx={x(epoch)}
                cy={y(value)}
                r="1.5"
                fill={colourOf(index)}
                stroke="none"
              />
            )),
          )}
          <text x={WIDE - RIGHT + 8} y={heights[index] + 4} stroke="none" style={{ fill: colourOf(index) }}>
            {nameOf(network)}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** Move labels apart so that each can be read. */
function spread(heights: number[], least: number): number[] {
  const order = heights.map((_, index) => index).sort((one, other) => heights[one] - heights[other]);
  const moved = [...heights];
  order.forEach((index, rank) => rank && (moved[index] = Math.max(moved[index], moved[order[rank - 1]] + least)));
  return moved;
}

function Weights({ network }: { network: FourNetwork }) {
  const small = asImage(network.weights.shape)[0] <= 7;
  const words = small
    ? t("Its {n} kernels: each sees a few neighbours.", { n: network.weights.shape[2] })
    : network.restored
      ? t(
          "Some of its units: each weighs all pixels. Below, the same weights with every pixel put back in its place: shapes like those of the MLP on the original pixels, because an MLP does not know which pixels are neighbours.",
        )
      : t("Some of its units: each weighs all pixels.");
  return (
    <Card title={t("First layer: {network}", { network: nameOf(network) })} caption={words}>
      <Tiles tensor={network.weights} name={nameOf(network)} />
      {network.restored && (
        <>
          <p class="caption">{t("put back into the original order")}</p>
          <Tiles tensor={network.restored} name={t("{network}, put back", { network: nameOf(network) })} />
        </>
      )}
      <Legend look={{ palette: "signed", limit: largestOf(network.weights) || 1 }} />
    </Card>
  );
}

function Tiles({ tensor, name }: { tensor: Tensor; name: string }) {
  const most = largestOf(tensor) || 1;
  const n = Math.min(tensor.shape[2], asImage(tensor.shape)[0] <= 7 ? tensor.shape[2] : SHOWN);
  return (
    <div class="tiles">
      {Array.from({ length: n }, (_, map) => (
        <MapPicture
          key={map}
          tensor={tensor}
          map={map}
          look={{ palette: "signed", limit: most }}
          size={n > SHOWN ? 30 : 48}
          label={t("weights {map} of {name}", { map, name })}
        />
      ))}
    </div>
  );
}
