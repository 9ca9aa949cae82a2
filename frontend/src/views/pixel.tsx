/** One value: what it looks at, the window times the kernel, the whole sum, and the result. */
import { largest } from "../numbers/extent";
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { answerOf } from "../network";
import { asImage } from "../graph/tensor";
import { cardOf } from "../numbers/card";
import { count, exactSumLines, formatNumber, shownProduct, span } from "../numbers/digits";
import { fieldOf, sorted } from "../numbers/field";
import { hasMaps, pictureShape } from "../numbers/graph";
import { asNumPy } from "../numbers/numpy";
import { curveOf, partTensors } from "../numbers/parts";
import { fullName, type Group, type Step } from "../numbers/step";
import { activationName, isUnit, nameOfMap, sentenceOf } from "../numbers/words";
import { largestOf, type Look } from "../paint/maps";
import type { Screen } from "../screen";
import { useStore, type Store } from "../store";
import { NoValues, PlaceBar, shownTensor, unitName, useValuePlayer, windowBox } from "./channel";
import { ARROWS, Card, MapPicture, Matrix, NumberTable, SumTable, type Box } from "./parts/parts";
import { useKeys } from "./parts/keys";
import { PlayerBar } from "./parts/player";
import { PictureView } from "./parts/pictures";

const CELLS = 49; // larger windows are pictures

/** The part of the sum in focus: the one that was chosen, or the largest. */
export function focusedGroup(store: Store, step: Step): number {
  const chosen = store.place.input.value;
  if (chosen !== "" && Number(chosen) < step.groups.length) return Number(chosen);
  let best = 0;
  step.groups.forEach((group, index) => {
    if (Math.abs(group.subtotal) > Math.abs(step.groups[best].subtotal)) best = index;
  });
  return best;
}

export const screen: Screen = {
  title: "Pixel",
  up: "channel",
  keys: [
    ["← → ↑ ↓", "pixel"],
    ["[ ]", "map below"],
    ["Space", "play"],
    [".", "hold"],
  ],
  crumbs: ({ part, row, column }) => (isUnit(part.value) ? [] : [[`row ${row}, column ${column}`, "pixel"]]),
  View: PixelScreen,
};

function PixelScreen() {
  const store = useStore();
  const step = store.step.value;
  const tap = store.remember("tap", "");
  const player = useValuePlayer();
  const index = step ? focusedGroup(store, step) : 0;
  const group = step?.groups[index];
  useEffect(() => {
    if (step) store.said.value = sentenceOf(step);
  }, [store, step]);
  const moveInput = (by: number): void =>
    step ? store.go({ input: (index + by + step.groups.length) % step.groups.length }) : undefined;
  useKeys((event) => {
    const move = ARROWS[event.key];
    if (!step || !group) return false;
    if (move && isUnit(step.part)) store.go({ map: step.map + move[0] + move[1] });
    else if (move) store.go({ row: step.row + move[0], column: step.column + move[1] });
    else if (event.key === "[" || event.key === "]") moveInput(event.key === "]" ? 1 : -1);
    else return player.key(event);
    return true;
  });
  if (!step || !group) return <Unexplained />;
  return (
    <>
      <ValueBar />
      <PlayerBar player={player} />
      <div class="pixel">
        <LooksAt step={step} group={group} tap={tap.value} filled={player.filled} />
        <Arithmetic step={step} group={group} />
        <Whole step={step} index={index} />
      </div>
    </>
  );
}

/** The same element as long as nothing in it changed, so that a moving pointer does not pay for its lists. */
function ValueBar() {
  const store = useStore();
  const pinned = store.place.pinned.value !== "";
  return useMemo(
    () => (
      <PlaceBar>
        <div class="how">
          <button
            type="button"
            aria-pressed={pinned}
            title="Keep this value while the pointer moves (.)"
            onClick={() => (store.place.pinned.value = pinned ? "" : "1")}
          >
            Pin <kbd>.</kbd>
          </button>
        </div>
      </PlaceBar>
    ),
    [store, pinned],
  );
}

function Unexplained() {
  const store = useStore();
  const layer = store.layer.value;
  const values = store.pass.value.layers.get(layer.name);
  if (!values) return <NoValues />;
  const shape = pictureShape(store.exhibit, layer.name);
  return (
    <>
      <PlaceBar />
      <Card title={`${layer.name}, ${nameOfMap(layer, store.map)}`} caption={layer.note}>
        <p>
          The value is{" "}
          {formatNumber(values.activation.data[(store.row * shape[1] + store.column) * shape[2] + store.map], 6)},
          computed by Python.
        </p>
        <NumberTable tensor={{ shape, data: values.activation.data }} map={store.map} name={layer.name} />
      </Card>
    </>
  );
}

/** The picture with the receptive field, the input map with the window, the output map with the value. */
function LooksAt({ step, group, tap, filled }: { step: Step; group: Group; tap: string; filled: number }) {
  const store = useStore();
  const { exhibit } = store;
  const picture = store.picture.value;
  const pass = store.pass.value;
  const own = pictureShape(exhibit, step.part.key);
  const layerSize = pictureShape(exhibit, step.layer.name);
  const alike = own[0] === layerSize[0] && own[1] === layerSize[1];
  const field = isUnit(step.part) || !alike ? null : fieldOf(exhibit, pass, step.layer.name, step.row, step.column);
  const [rows, columns] = field ? field.map(sorted) : [[], []];
  const box = field
    ? {
        row: rows[0],
        column: columns[0],
        height: rows[rows.length - 1] - rows[0] + 1,
        width: columns[columns.length - 1] - columns[0] + 1,
      }
    : null;
  const source = shownTensor(store, group.source);
  const term = tap === "" ? null : group.terms[Number(tap)];
  const maps = hasMaps(exhibit, step.part.key);
  const landing = partTensors(pass, step.part)!.out.data;
  const word = `${step.part.key}, ${nameOfMap(step.part, step.map)}`;
  const fromPicture = group.source === exhibit.input.name;
  const whole = group.terms.length === (source ? asImage(source.tensor.shape)[0] * asImage(source.tensor.shape)[1] : 0);
  const caption = field
    ? `receptive field: ${span("row", rows)}, ${span("column", columns)} of the image`
    : exhibit.imageShape
      ? "the whole image"
      : undefined;
  return (
    <Card title="What it looks at" caption={caption} class="looks">
      <PictureView
        picture={picture}
        size={exhibit.imageShape ? 140 : 120}
        label={`${picture.name}${caption ? `, ${caption}` : ""}`}
        marked={box}
      />
      {source && !fromPicture && hasMaps(exhibit, group.source) && (
        <figure>
          <MapPicture
            tensor={source.tensor}
            map={group.map}
            look={source.look(group.map)}
            size={112}
            label={fullName(group)}
            boxes={whole ? [] : [windowBox(group)]}
            marked={term ? { row: term.row, column: term.column, height: 1, width: 1 } : null}
            onPlace={(row, column) => {
              const found = group.terms.findIndex((one) => one.row === row && one.column === column);
              store.place.tap.value = found < 0 ? "" : String(found);
            }}
            onLeave={() => (store.place.tap.value = "")}
          />
          <figcaption>{fullName(group)}</figcaption>
          <NumberTable tensor={source.tensor} map={group.map} name={fullName(group)} />
        </figure>
      )}
      {maps && (
        <>
          <h2>Where it lands</h2>
          <p class="caption">
            {word}, {own[0]} × {own[1]}
          </p>
          <MapPicture
            tensor={{ shape: own, data: landing }}
            map={step.map}
            look={{ palette: "signed", limit: store.limit(step.part.key, step.map) || 1 }}
            size={132}
            first
            label={word}
            filled={filled}
            marked={{ row: step.row, column: step.column, height: 1, width: 1 }}
            onPlace={(row, column, how) =>
              (how === "press" || store.place.pinned.value === "") && store.go({ row, column })
            }
          />
          <NumberTable tensor={{ shape: own, data: landing }} map={step.map} name={word} />
        </>
      )}
    </Card>
  );
}

function titleOf(step: Step, group: Group): [string, string] {
  const cells = group.terms.length;
  if (step.measured)
    return [
      "Measured by all of them",
      "The mean of these numbers is taken away, and the rest is divided by how far they lie apart.",
    ];
  if (step.rule === "product") return ["Multiplied, number by number", ""];
  if (step.rule === "largest")
    return [
      step.groups.length > 1 ? "The largest of them" : "The largest of the window",
      "Only the largest value goes on.",
    ];
  if (step.rule === "mean")
    return ["The mean of the window", "All values of the window are added and divided by their number."];
  if (step.rule === "copy") return ["Handed on", "One value comes in, one goes out."];
  if (step.scaling)
    return [
      step.bias === null ? "Times one number" : "Times one number, plus another",
      "Every value of this map is treated in the same way.",
    ];
  if (step.use?.do === "add") return ["Added, value by value", ""];
  if (cells === 1) return [`Input ${group.name}`, "Its value times the weight between the two."];
  const largest = step.groups.every((other) => Math.abs(other.subtotal) <= Math.abs(group.subtotal));
  const which = group.name.replace("map", step.use?.do === "contract" ? "Map" : "Input map");
  const rank =
    step.groups.length > 1 && largest
      ? group.subtotal < 0
        ? ", the one that takes away the most"
        : ", the one that adds the most"
      : "";
  return [
    `${which[0].toUpperCase()}${which.slice(1)}${rank}`,
    `Each ${step.use?.do === "contract" ? "value is multiplied by the weight" : "window value is multiplied by the kernel value"} in the same place; the ${count(cells)} products add up to one number.`,
  ];
}

function Arithmetic({ step, group }: { step: Step; group: Group }) {
  const store = useStore();
  const tap = store.place.tap.value === "" ? -1 : Number(store.place.tap.value);
  const [title, caption] = titleOf(step, group);
  const lines = asNumPy(store.exhibit, step);
  const weighed = group.terms[0].weight !== null && step.rule !== "product";
  return (
    <Card title={title} caption={caption} class="arithmetic">
      {group.terms.length > CELLS ? (
        <Pictures group={group} tap={tap} reading={<Reading step={step} group={group} tap={tap} weighed={weighed} />} />
      ) : (
        <Cells
          step={step}
          group={group}
          tap={tap}
          reading={<Reading step={step} group={group} tap={tap} weighed={weighed} />}
        />
      )}
      <p class="sentence">
        <b>In words.</b> {sentenceOf(step)}
      </p>
      {lines.length > 0 && (
        <>
          <p class="caption code-title">
            The same as NumPy
            <button type="button" class="plain" onClick={() => void navigator.clipboard?.writeText(lines.join("\n"))}>
              Copy
            </button>
          </p>
          <pre tabIndex={0}>
            <code>{lines.join("\n")}</code>
          </pre>
        </>
      )}
    </Card>
  );
}

/** Window, kernel and products as cells; hovering one marks all three. */
function Cells({ step, group, tap, reading }: { step: Step; group: Group; tap: number; reading: ComponentChildren }) {
  const store = useStore();
  const { height, width, terms } = group;
  const weighed = terms[0].weight !== null;
  const mark = (place: [number, number] | null): void =>
    void (store.place.tap.value = place ? String(place[0] * width + place[1]) : "");
  const marked: [number, number] | null = tap < 0 ? null : [Math.floor(tap / width), tap % width];
  const source = shownTensor(store, group.source);
  const look = source?.look(group.map) ?? { palette: "signed" as const, limit: 1 };
  const away = (row: number, column: number): boolean => !terms[row * width + column].inside;
  const winner = step.rule === "largest" ? terms.findIndex((term) => term.inside && term.product === step.sum) : -1;
  const common = {
    rows: height,
    columns: width,
    onMark: mark,
    marked: marked ?? (winner >= 0 ? ([Math.floor(winner / width), winner % width] as [number, number]) : null),
  };
  const limitOf = (pick: (index: number) => number): Look => ({
    palette: "signed",
    limit: largest(
      terms.map((_, index) => Math.abs(pick(index))),
      1e-9,
    ),
  });
  const { digits, products } = cardOf(group);
  const [weight, product] = [(index: number) => terms[index].weight ?? 0, (index: number) => products[index]];
  const rows = [...new Set(terms.map((term) => term.row))];
  const columns = [...new Set(terms.map((term) => term.column))];
  const outside = terms.some((term) => !term.inside);
  const size =
    width > 5
      ? ("small" as const)
      : width > 3
        ? ("medium" as const)
        : terms.length === 1
          ? ("wide" as const)
          : undefined;
  return (
    <div class="cells">
      <figure>
        <Matrix
          {...common}
          size={size}
          value={(row, column) => terms[row * width + column].input}
          look={look}
          away={away}
          digits={digits}
          label="Window"
        />
        <figcaption>
          {height * width > 1 ? "window" : group.name}
          {hasMaps(store.exhibit, group.source) && `, ${span("row", rows)}, ${span("column", columns)}`}
          {outside && step.rule === "sum"
            ? "; hatched: padding, counted as 0"
            : outside
              ? "; hatched: padding, left out"
              : ""}
        </figcaption>
      </figure>
      {weighed && (
        <>
          <span class="operator">×</span>
          <figure>
            <Matrix
              {...common}
              size={size}
              value={(row, column) => weight(row * width + column)}
              look={limitOf(weight)}
              digits={digits}
              label="Kernel"
            />
            <figcaption>
              {height * width > 1
                ? `${step.use?.do === "contract" ? "weights" : "kernel"} ${group.map} → ${step.map}`
                : step.rule === "product"
                  ? step.groups.find((other) => other !== group)!.name
                  : "weight"}
            </figcaption>
          </figure>
        </>
      )}
      <div class="outcome-of">
        {weighed && (
          <>
            <span class="operator">=</span>
            <figure>
              <Matrix
                {...common}
                size={size}
                value={(row, column) => product(row * width + column)}
                look={limitOf(product)}
                digits={digits}
                label="Products"
              />
              <figcaption>{height * width > 1 ? "products" : "product"}</figcaption>
            </figure>
          </>
        )}
      </div>
      {reading}
    </div>
  );
}

/** A window too large for cells: three pictures with the same mark. */
function Pictures({ group, tap, reading }: { group: Group; tap: number; reading: ComponentChildren }) {
  const store = useStore();
  const { height, width, terms } = group;
  const shape = [height, width, 1];
  const tensor = (pick: (index: number) => number) => ({
    shape,
    data: Float32Array.from(terms, (_, index) => pick(index)),
  });
  const weighed = terms[0].weight !== null;
  const source = shownTensor(store, group.source);
  const marked: Box | null =
    tap < 0 ? null : { row: Math.floor(tap / width), column: tap % width, height: 1, width: 1 };
  const place = (row: number, column: number): void => void (store.place.tap.value = String(row * width + column));
  const parts: [string, ReturnType<typeof tensor>, Look | null][] = [
    ["window", tensor((index) => terms[index].input), source?.look(group.map) ?? null],
  ];
  if (weighed)
    parts.push(
      ["weights", tensor((index) => terms[index].weight!), null],
      ["products", tensor((index) => terms[index].product), null],
    );
  return (
    <div class="cells">
      {parts.map(([name, values, look], index) => (
        <Fragment key={name}>
          {index > 0 && <span class="operator">{index === 1 ? "×" : "="}</span>}
          <figure>
            <MapPicture
              tensor={values}
              map={0}
              look={look ?? { palette: "signed", limit: largestOf(values) || 1 }}
              size={168}
              label={name}
              marked={marked}
              onPlace={place}
              onLeave={() => (store.place.tap.value = "")}
            />
            <figcaption>{name}</figcaption>
          </figure>
        </Fragment>
      ))}
      {reading}
    </div>
  );
}

/** The term under the pointer, the sum so far, and the subtotal, adding up digit for digit. */
function Reading({ step, group, tap, weighed }: { step: Step; group: Group; tap: number; weighed: boolean }) {
  const term = group.terms[tap];
  const { digits, products, sum, rounding } = cardOf(group);
  if (!weighed) {
    const total = formatNumber(step.sum, digits);
    const inside = group.terms.filter((one) => one.inside).length;
    return (
      <div class="reading">
        <p class="accent">
          {term
            ? `row ${term.row}, column ${term.column}: ${term.inside ? formatNumber(term.input, 6) : "padding"}`
            : " "}
        </p>
        <p class="subtotal">
          {step.rule === "mean"
            ? `${formatNumber(group.subtotal, digits)} / ${inside} = ${total}`
            : step.rule === "largest"
              ? `largest ${total}`
              : total}
        </p>
      </div>
    );
  }
  const soFar = products.slice(0, tap + 1).reduce((total, product) => total + product, 0);
  return (
    <div class="reading">
      <p class="accent">{term ? confirmed(term.input, term.weight!, digits) : " "}</p>
      <p class="caption">
        {term
          ? `the first ${count(tap + 1)} of ${count(group.terms.length)}: ${formatNumber(soFar, digits, true)}`
          : group.terms.length > 1
            ? `${count(group.terms.length)} products ${formatNumber(sum, digits, true)}${rounding && `, rounding ${rounding}`}`
            : " "}
      </p>
      <p class="subtotal">subtotal {formatNumber(group.subtotal, digits, true)}</p>
    </div>
  );
}

/** What a pocket calculator gives for two shown numbers, and what is shown of it. */
function confirmed(input: number, weight: number, digits: number): string {
  const [exact, shown] = [2 * digits, digits].map((decimals) =>
    formatNumber(shownProduct([input, weight], decimals, digits), decimals),
  );
  return `${formatNumber(input, digits)} × ${formatNumber(weight, digits)} = ${exact}, to ${digits} decimals ${shown}`;
}

function Whole({ step, index }: { step: Step; index: number }) {
  const store = useStore();
  const { groups } = step;
  const terms = groups.map((group): [string, number] => [group.name, group.subtotal]);
  const always: [string, number][] = step.bias === null ? [] : [[step.scaling ? "shift" : "bias", step.bias]];
  const lines = exactSumLines(terms, step.sum, 3, 9, always);
  const what =
    groups.length > 1 && step.rule !== "product" ? (groups[0].name.startsWith("unit") ? "units" : "maps") : "";
  const word = unitName(store, step.part, step.map);
  return (
    <Card title={what ? `All ${count(groups.length)} ${what}, one number` : "One number"} caption={word} class="whole">
      {step.rule === "sum" ? (
        <SumTable
          lines={lines}
          label="Parts of the sum"
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
  const name = curveOf(step.part);
  const sum = formatNumber(step.sum);
  const how =
    name === "linear" ? "the value" : name === "relu" ? `ReLU: max(0, ${sum})` : `${activationName(name)} of ${sum}`;
  const equal = Math.abs(step.value - step.shown) <= 1e-5 * Math.max(1, Math.abs(step.shown));
  return (
    <>
      <p class="caption">{how}</p>
      <p class="result">{formatNumber(step.value)}</p>
      <p class={equal ? "positive-verdict" : "negative-verdict"}>
        {equal ? "✓" : "✗"} on the map {formatNumber(step.shown, 6)}
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
    <div ref={frame} class="scroll exponentials" tabIndex={0} role="region" aria-label="Softmax, every exponential">
      <table>
        <thead>
          <tr>
            <th scope="col">{names ? "class" : "unit"}</th>
            <th scope="col">sum</th>
            <th scope="col" title="e to the power of the sum, less the largest sum">
              e^(sum − max)
            </th>
            <th scope="col">share</th>
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
              <th scope="row">rounding</th>
              <td />
              <td>{rest.text}</td>
              <td />
            </tr>
          )}
          <tr>
            <th scope="row">total</th>
            <td />
            <td>{formatNumber(total, 6)}</td>
            <td>1.000000</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
