/** The input maps of one value, each with its kernel, and what each adds. */
import { nameText } from "../../numbers/names";
import { t, tn } from "../../language/catalogue";
import { useMemo, useState } from "preact/hooks";
import type { Use } from "../../graph/graph";
import { asImage, type Tensor } from "../../graph/tensor";
import { count, formatNumber, numberText, shownSum } from "../../numbers/digits";
import { largest } from "../../numbers/extent";
import { fullName, type Group, type Step, type Term } from "../../numbers/step";
import { whatItDoes } from "../../numbers/words";
import { largestOf } from "../../paint/maps";
import { slide } from "../../primitives/convolve";
import { useStore } from "../../store";
import { Card, Chip, Choice, MapPicture } from "../parts/parts";
import { shownTensor, windowBox } from "../parts/place";

/** Up to this many inputs get a row each, with the map that each makes alone. */
const FEW = 3;
const FOUR_IN_A_ROW = 32;
const AT_ONCE = 64;

type Order = "stored" | "largest";

/** The inputs of a value in the rows in which they stand. */
export interface Rows {
  /** Indices of the step's groups. */
  rows: number[][];
  /** What flows on from each row: of one input its subtotal, of several the sum of what is shown. */
  flows: number[];
  /** How many inputs are not in view; their sum is the last of the flows. */
  hidden: number;
  showMore: () => void;
  order: Order;
  setOrder: (order: Order) => void;
}

export function useRows(step: Step | null): Rows | null {
  const [order, setOrder] = useState<Order>("stored");
  const [most, setMost] = useState(AT_ONCE);
  if (!step) return null;
  const added = step.groups.map((group) => givenBy(step, group));
  const all = added.map((_, index) => index);
  if (order === "largest") all.sort((one, other) => Math.abs(added[other]) - Math.abs(added[one]));
  const width = all.length <= FEW ? 1 : all.length <= FOUR_IN_A_ROW ? 4 : 8;
  const inView = all.slice(0, most);
  const rows = Array.from({ length: Math.ceil(inView.length / width) }, (_, row) =>
    inView.slice(row * width, (row + 1) * width),
  );
  const rest = all.slice(most);
  const flows = [...rows, ...(rest.length ? [rest] : [])].map((row) =>
    row.length > 1 ? shownSum(row.map((index) => added[index])) : added[row[0]],
  );
  return { rows, flows, hidden: rest.length, showMore: () => setMost(most + 4 * AT_ONCE), order, setOrder };
}

export const isFew = (step: Step): boolean => step.groups.length <= FEW;

const titleOf = ({ groups, rule, use }: Step): string => {
  if (groups.length === 1) return t("What comes in");
  const [n, units] = [groups.length, groups[0].name.startsWith("unit")];
  if (rule === "sum" && use?.do === "convolve")
    return units
      ? t("One kernel for each of the {n} inputs", { n })
      : t("One kernel for each of the {n} input maps", { n });
  if (rule === "sum" && use?.do === "contract")
    return units ? t("Weights for each of the {n} inputs", { n }) : t("Weights for each of the {n} input maps", { n });
  return units ? tn("{n} input", "{n} inputs", n) : tn("{n} input map", "{n} input maps", n);
};

export function Inputs({ step, rows, filled }: { step: Step; rows: Rows; filled: number }) {
  const store = useStore();
  const { groups } = step;
  const few = isFew(step);
  const added = step.rule === "sum" && !few;
  return (
    <Card title={titleOf(step)} caption={whatItDoes(store.exhibit, step.layer)} class="inputs">
      {added && <p class="caption sums">{t("sum of {n}", { n: rows.rows[0].length })}</p>}
      <ul class={`products ${few ? "few" : groups.length <= FOUR_IN_A_ROW ? "many" : "crowd"}`}>
        {rows.rows.flatMap((row, number) => [
          ...row.map((index) => (
            <Product key={index} step={step} group={groups[index]} index={index} filled={filled} few={few} />
          )),
          ...(added ? [<RowSum key={`sum ${number}`} value={rows.flows[number]} />] : []),
        ])}
        {rows.hidden > 0 && (
          <li class="others">
            <button type="button" onClick={rows.showMore}>
              {t("Show more ({hidden} left)", { hidden: count(rows.hidden) })}
            </button>
          </li>
        )}
        {rows.hidden > 0 && added && <RowSum value={rows.flows[rows.flows.length - 1]} />}
      </ul>
    </Card>
  );
}

/** Of a number as it is shown: one that shows as 0 has no sign. */
const signOf = (value: number): string =>
  /[1-9∞]/.test(formatNumber(value)) ? (value < 0 ? "negative" : "positive") : "";

function RowSum({ value }: { value: number }) {
  return (
    <li class={`row-sum ${signOf(value)}`} data-flow aria-label={t("together {x}", { x: numberText(value, 3, true) })}>
      {formatNumber(value, 3, true)}
    </li>
  );
}

/** Side of an input's map and of its kernel, in pixels. */
function sizesOf({ groups, use }: Step): [map: number, kernel: number] {
  if (groups.length > FOUR_IN_A_ROW) return [40, 24];
  if (groups.length > FEW) return [46, 28];
  if (use?.do !== "convolve" && use?.do !== "contract") return [groups.length > 1 ? 130 : 300, 0];
  return use.do === "contract" ? [130, 130] : [groups.length > 1 ? 130 : 170, 80];
}

/** Of a window of which only the largest goes on, its largest number; else what it adds. */
const givenBy = (step: Step, group: Group): number =>
  step.rule === "largest"
    ? largest(
        group.terms.filter((term) => term.inside).map((term) => term.product),
        -Infinity,
      )
    : group.subtotal;

function Product(props: { step: Step; group: Group; index: number; filled: number; few: boolean }) {
  const { step, group, index, filled, few } = props;
  const store = useStore();
  const { use } = step;
  const source = shownTensor(store, group.source);
  const pass = store.pass.value;
  const [size, kernelSize] = sizesOf(step);
  const given = givenBy(step, group);
  const middle = useMemo(
    () => (few ? between(use, group, source?.tensor ?? null) : null),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a moving pointer makes new groups of the same map
    [use, group.map, group.source, step.map, pass, few],
  );
  if (!source) return null;
  const unit = group.name.startsWith("unit");
  const place = { row: store.row, column: store.column, height: 1, width: 1 };
  const slides = use?.do !== "contract";
  return (
    <li
      class={store.place.input.value === String(index) ? "marked" : ""}
      onPointerEnter={() => (store.place.input.value = String(index))}
    >
      {!unit && <Window step={step} group={group} source={source} size={size} />}
      {!unit && <Kernel group={group} size={kernelSize} />}
      {middle && (
        <>
          <span aria-hidden="true">=</span>
          <MapPicture
            tensor={middle}
            map={0}
            look={{ palette: "signed", limit: largestOf(middle) || 1 }}
            size={size}
            label={t("what {name} adds", { name: nameText(group.name) })}
            filled={slides ? filled : undefined}
            marked={slides ? place : null}
          />
        </>
      )}
      <span class="caption">
        <Chip name={group.name} />
        {nameText(group.name)}
        {unit && factors(group.terms[0])}
        <br />
        <b class={signOf(given)} data-flow={few || undefined}>
          {formatNumber(given, 3, step.rule === "sum")}
        </b>
      </span>
    </li>
  );
}

const factors = ({ input, weight }: Term): string =>
  weight === null ? "" : `: ${formatNumber(input)} × ${formatNumber(weight)}`;

function Window(props: {
  step: Step;
  group: Group;
  source: NonNullable<ReturnType<typeof shownTensor>>;
  size: number;
}) {
  const { step, group, source, size } = props;
  const winner =
    step.rule === "largest" ? group.terms.find((term) => term.inside && term.product === step.sum) : undefined;
  const [height, width] = asImage(source.tensor.shape);
  return (
    <MapPicture
      tensor={source.tensor}
      map={group.map}
      look={source.look(group.map)}
      size={size}
      label={fullName(group)}
      boxes={group.terms.length < height * width ? [windowBox(group)] : []}
      marked={winner ? { row: winner.row, column: winner.column, height: 1, width: 1 } : null}
    />
  );
}

function Kernel({ group, size }: { group: Group; size: number }) {
  if (group.terms[0].weight === null || group.terms.length === 1) return null;
  const weights = group.terms.map((term) => term.weight!);
  return (
    <>
      <span aria-hidden="true">×</span>
      <MapPicture
        tensor={{ shape: [group.height, group.width, 1], data: Float32Array.from(weights) }}
        map={0}
        look={{ palette: "signed", limit: largest(weights.map(Math.abs), 1e-9) }}
        size={size}
        label={t("weights for {name}", { name: nameText(group.name) })}
      />
    </>
  );
}

/** What one input map alone makes of the whole output map; of a dense unit, the products in their places. */
function between(use: Use | null, group: Group, source: Tensor | null): Tensor | null {
  if (!source) return null;
  if (use?.do === "contract") {
    return group.terms.length > 1
      ? { shape: [group.height, group.width, 1], data: Float32Array.from(group.terms, (term) => term.product) }
      : null;
  }
  if (use?.do !== "convolve") return null;
  const [height, width, channels] = asImage(source.shape);
  const one = {
    shape: [height, width, 1],
    data: Float32Array.from({ length: height * width }, (_, place) => source.data[place * channels + group.map]),
  };
  const kernel = {
    shape: [group.height, group.width, 1, 1],
    data: Float32Array.from(group.terms, (term) => term.weight ?? 0),
  };
  return slide(one, kernel, null, { ...use.settings, groups: 1 });
}

/** In which order the inputs stand; nothing where there is no order to choose. */
export function OrderChoice({ step, rows }: { step: Step; rows: Rows }) {
  if (isFew(step)) return null;
  return (
    <Choice
      label={t("Order")}
      value={rows.order}
      options={[
        ["stored", t("as stored")],
        ["largest", t("largest first")],
      ]}
      onChange={rows.setOrder}
    />
  );
}
