/** The window times the kernel, product by product. */
import { nameText } from "../../numbers/names";
import { t } from "../../language/catalogue";
import { Fragment, type ComponentChildren } from "preact";
import { cardOf } from "../../numbers/card";
import { count, formatNumber, shownProduct, span } from "../../numbers/digits";
import { largest } from "../../numbers/extent";
import { hasMaps } from "../../numbers/graph";
import { asNumPy } from "../../numbers/numpy";
import type { Group, Step } from "../../numbers/step";
import { isUnit, nameOfMap, sentenceOf } from "../../numbers/words";
import { largestOf, type Look } from "../../paint/maps";
import { useStore } from "../../store";
import { MapPicture, Matrix, type Box } from "../parts/parts";
import { shownTensor } from "../parts/place";

const CELLS = 49; // larger windows are pictures

export function Arithmetic({ step, group, move }: { step: Step; group: Group; move: (by: number) => void }) {
  const store = useStore();
  const tap = store.place.tap.value === "" ? -1 : Number(store.place.tap.value);
  const [title, caption] = titleOf(step, group);
  const lines = asNumPy(store.exhibit, step);
  const weighed = group.terms[0].weight !== null && step.rule !== "product";
  const reading = <Reading step={step} group={group} tap={tap} weighed={weighed} />;
  const several = step.groups.length > 1 && step.rule !== "product";
  return (
    <section class="card arithmetic" aria-labelledby="the-value">
      <h2 id="the-value">
        {formatNumber(step.value)}{" "}
        <span class="at">
          {isUnit(step.part)
            ? nameOfMap(step.part, step.map)
            : t("at row {row}, column {column}", { row: step.row, column: step.column })}
        </span>
      </h2>
      <p class="sentence">{sentenceOf(step)}</p>
      <div class="which">
        <div>
          <h3>{title}</h3>
          {caption && <p class="caption">{caption}</p>}
        </div>
        {several && (
          <div class="row">
            <button type="button" aria-label={t("The one before")} title="[" onClick={() => move(-1)}>
              ‹
            </button>
            <button type="button" aria-label={t("The next one")} title="]" onClick={() => move(1)}>
              ›
            </button>
          </div>
        )}
      </div>
      {group.terms.length > CELLS ? (
        <Pictures group={group} tap={tap} reading={reading} />
      ) : (
        <Cells step={step} group={group} tap={tap} reading={reading} />
      )}
      {several && step.rule === "sum" && <AllInputs step={step} chosen={step.groups.indexOf(group)} />}
      {lines.length > 0 && (
        <div class="numpy">
          <p class="caption">
            {t("The same as NumPy")}{" "}
            <button type="button" class="plain" onClick={() => void navigator.clipboard?.writeText(lines.join("\n"))}>
              {t("Copy")}
            </button>
          </p>
          <pre tabIndex={0}>
            <code>{lines.join("\n")}</code>
          </pre>
        </div>
      )}
    </section>
  );
}

const STRIP = { width: 620, height: 44 };

/** A bar for each input, in their order: what it adds or takes away; pointing at one puts it in focus. */
function AllInputs({ step, chosen }: { step: Step; chosen: number }) {
  const store = useStore();
  const added = step.groups.map((group) => group.subtotal);
  const [most, least] = [
    largest(added, 0),
    -largest(
      added.map((value) => -value),
      0,
    ),
  ];
  const scale = STRIP.height / Math.max(most - least, 1e-12);
  const zero = most * scale;
  const width = STRIP.width / added.length;
  const pick = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * added.length);
    store.place.input.value = String(Math.min(added.length - 1, Math.max(0, index)));
  };
  return (
    <figure class="all-inputs">
      <figcaption>
        {t("All {added} in their order: up: what it adds, down: what it takes away", { added: count(added.length) })}
      </figcaption>
      <svg
        viewBox={`0 -3 ${STRIP.width} ${STRIP.height + 6}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={pick}
        onPointerMove={(event) => store.place.pinned.value === "" && pick(event)}
      >
        {added.map((value, index) => (
          <rect
            key={index}
            class={value < 0 ? "below" : "above"}
            x={index * width + width * 0.1}
            width={width * 0.8}
            y={zero - Math.max(0, value) * scale}
            height={Math.max(Math.abs(value) * scale, 0.5)}
          />
        ))}
        <rect class="chosen" x={chosen * width} width={width} y={-2} height={STRIP.height + 4} />
        <line x1="0" x2={STRIP.width} y1={zero} y2={zero} />
      </svg>
    </figure>
  );
}

function titleOf(step: Step, group: Group): [string, string] {
  const cells = group.terms.length;
  if (step.measured)
    return [
      t("Measured by all of them"),
      t("The mean of these numbers is taken away, and the rest is divided by how far they lie apart."),
    ];
  if (step.rule === "product") return [t("Multiplied, number by number"), ""];
  if (step.rule === "largest")
    return [
      step.groups.length > 1 ? t("The largest of them") : t("The largest of the window"),
      t("Only the largest value goes on."),
    ];
  if (step.rule === "mean")
    return [t("The mean of the window"), t("All values of the window are added and divided by their number.")];
  if (step.rule === "copy") return [t("Handed on"), t("One value comes in, one goes out.")];
  if (step.scaling)
    return [
      step.bias === null ? t("Times one number") : t("Times one number, plus another"),
      t("Every value of this map is treated in the same way."),
    ];
  if (step.use?.do === "add") return [t("Added, value by value"), ""];
  if (cells === 1)
    return [t("Input {name}", { name: nameText(group.name) }), t("Its value times the weight between the two.")];
  const largest = step.groups.every((other) => Math.abs(other.subtotal) <= Math.abs(group.subtotal));
  const which = group.name.startsWith("map")
    ? step.use?.do === "contract"
      ? t("Map {n}", { n: group.name.slice(4) })
      : t("Input map {n}", { n: group.name.slice(4) })
    : nameText(group.name);
  const rank =
    step.groups.length > 1 && largest
      ? group.subtotal < 0
        ? t(", the one that takes away the most")
        : t(", the one that adds the most")
      : "";
  return [
    `${which[0].toUpperCase()}${which.slice(1)}${rank}`,
    step.use?.do === "contract"
      ? t("Number times weight, place by place; the {cells} products add up.", { cells: count(cells) })
      : t("Window times kernel, place by place; the {cells} products add up.", { cells: count(cells) }),
  ];
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
          label={t("Window")}
        />
        <figcaption>
          {height * width > 1 ? t("window") : nameText(group.name)}
          {hasMaps(store.exhibit, group.source) && `, ${span("row", rows)}, ${span("column", columns)}`}
          {outside && step.rule === "sum"
            ? t("; hatched: padding, counted as 0")
            : outside
              ? t("; hatched: padding, left out")
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
              label={t("Kernel")}
            />
            <figcaption>
              {height * width > 1
                ? step.use?.do === "contract"
                  ? t("weights for {name}", { name: nameText(group.name) })
                  : t("kernel for {name}", { name: nameText(group.name) })
                : step.rule === "product"
                  ? step.groups.find((other) => other !== group)!.name
                  : t("weight")}
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
                label={t("Products")}
              />
              <figcaption>{height * width > 1 ? t("products") : t("product")}</figcaption>
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
    [t("window"), tensor((index) => terms[index].input), source?.look(group.map) ?? null],
  ];
  if (weighed)
    parts.push(
      [t("weights"), tensor((index) => terms[index].weight!), null],
      [t("products"), tensor((index) => terms[index].product), null],
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
            ? t("row {row}, column {column}: {x}", {
                row: term.row,
                column: term.column,
                x: term.inside ? formatNumber(term.input, 6) : t("padding"),
              })
            : " "}
        </p>
        <p class="subtotal">
          {step.rule === "mean"
            ? `${formatNumber(group.subtotal, digits)} / ${inside} = ${total}`
            : step.rule === "largest"
              ? t("largest {total}", { total })
              : total}
        </p>
      </div>
    );
  }
  const soFar = products.slice(0, tap + 1).reduce((total, product) => total + product, 0);
  return (
    <div class="reading">
      <p class="accent">{term ? confirmed(term.input, term.weight!, digits) : t("Point at a product to check it.")}</p>
      <p class="added">
        <span class="caption">
          {term
            ? t("the first {tap} of {terms}: {soFar}", {
                tap: count(tap + 1),
                terms: count(group.terms.length),
                soFar: formatNumber(soFar, digits, true),
              })
            : group.terms.length > 1
              ? [
                  t("{n} products: {sum}", { n: count(group.terms.length), sum: formatNumber(sum, digits, true) }),
                  rounding && t("rounding {rounding}", { rounding }),
                ]
                  .filter(Boolean)
                  .join(", ")
              : " "}
        </span>
        <b>
          {t("{name} adds {subtotal}", {
            name: nameText(group.name),
            subtotal: formatNumber(group.subtotal, digits, true),
          })}
        </b>
      </p>
    </div>
  );
}

/** What a pocket calculator gives for two shown numbers, and what is shown of it. */
function confirmed(input: number, weight: number, digits: number): string {
  const [exact, shown] = [2 * digits, digits].map((decimals) =>
    formatNumber(shownProduct([input, weight], decimals, digits), decimals),
  );
  return t("{product} = {exact}, to {digits} decimals {shown}", {
    product: `${formatNumber(input, digits)} × ${formatNumber(weight, digits)}`,
    exact,
    digits,
    shown,
  });
}
