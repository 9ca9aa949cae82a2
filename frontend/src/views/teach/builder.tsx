/** The network, layer by layer: added, removed, edited; shapes and parameters follow at once. */
import { t, tn } from "../../language/catalogue";
import type { Choice } from "../../engine/layers";
import { FRESH, preset, type Line, type Size } from "../../teach/design";
import { NumberField, Select } from "../parts/parts";
import { teaching } from "./state";

/** A layer in a few words. */
export function layerText(choice: Choice): string {
  if (choice.kind === "Conv2D") return t("convolution {n}", { n: choice.filters });
  if (choice.kind === "Dense") return t("dense {n}", { n: choice.units });
  return { MaxPooling2D: t("pooling"), AveragePooling2D: t("mean pooling"), BatchNormalization: t("batch normalization"), Dropout: t("dropout"), Flatten: t("one row") }[choice.kind]; // prettier-ignore
}

const KINDS = Object.keys(FRESH) as Choice["kind"][];
const MOST_LAYERS = 16;

export function Builder({ isBusy }: { isBusy: boolean }) {
  const { project, layers, lines, choices, wishes } = teaching;
  const { kind } = project.state.value;
  const change = (at: number, ...to: Choice[]): void => {
    choices.value = layers.value.toSpliced(at, 1, ...to);
  };
  const take = (size: Size) => (
    <button type="button" disabled={isBusy} onClick={() => (choices.value = preset(kind, size))}>
      {size === "small" ? t("Small") : t("Medium")}
    </button>
  );
  return (
    <fieldset class="teach-builder" disabled={isBusy}>
      <div class="teach-tools">
        {take("small")}
        {take("medium")}
        <Select
          label={t("Add")}
          value=""
          options={[["", t("a layer …")], ...KINDS.map((one) => [one, layerText(FRESH[one])] as const)]}
          onChange={(one) => {
            if (one && layers.value.length < MOST_LAYERS) choices.value = inserted(layers.value, FRESH[one as Choice["kind"]]); // prettier-ignore
          }}
        />
      </div>
      <ol>
        {lines.value.map((line, at) => (
          <li key={at} class={line.problem ? "wrong" : ""}>
            <Row
              line={line}
              isLast={at === layers.value.length}
              onChange={(to) => change(at, to)}
              onRemove={() => change(at)}
            />
          </li>
        ))}
      </ol>
      <div class="teach-tools">
        <NumberField
          label={t("Passes")}
          value={wishes.value.passes ?? 0}
          min={0}
          max={500}
          onChange={(n) => (wishes.value = { ...wishes.value, passes: n || null })}
        />
        <span class="caption">{t("0: as many as suit")}</span>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={wishes.value.vary}
          onChange={({ currentTarget }) => (wishes.value = { ...wishes.value, vary: currentTarget.checked })}
        />{" "}
        {t("vary pictures a little: moved, turned, larger, smaller")}
      </label>
    </fieldset>
  );
}

/** A layer put where it can stand: what works on pictures before they become one row, a dense one after. */
function inserted(layers: readonly Choice[], added: Choice): Choice[] {
  const row = layers.findIndex(({ kind }) => kind === "Flatten");
  const at = added.kind === "Dense" || row < 0 ? layers.length : row;
  return layers.toSpliced(at, 0, added);
}

function Row(props: { line: Line; isLast: boolean; onChange: (to: Choice) => void; onRemove: () => void }) {
  const { choice, shape, parameters, problem } = props.line;
  const number = (label: string, value: number, most: number, change: (n: number) => Choice) => (
    <NumberField
      label={label}
      value={value}
      min={1}
      max={most}
      onChange={(n) => props.onChange(change(Math.trunc(n)))}
    />
  );
  return (
    <>
      <b>{props.isLast ? t("answer") : layerText(choice)}</b>
      {!props.isLast && (
        <button
          type="button"
          class="plain"
          aria-label={t("Remove layer {name}", { name: layerText(choice) })}
          onClick={props.onRemove}
        >
          ×
        </button>
      )}
      <span class="caption">
        {problem || (shape ? `${shape.join(" × ")} · ${tn("{n} parameter", "{n} parameters", parameters)}` : "")}
      </span>
      {!props.isLast && (
        <div class="teach-settings">
          {choice.kind === "Conv2D" && (
            <>
              {number(t("maps"), choice.filters, 128, (filters) => ({ ...choice, filters }))}
              {number(t("window"), choice.kernel[0], 11, (n) => ({ ...choice, kernel: [n, n] }))}
              <label class="check">
                <input
                  type="checkbox"
                  checked={choice.padding === "same"}
                  onChange={({ currentTarget }) => props.onChange({ ...choice, padding: currentTarget.checked ? "same" : "valid" })} // prettier-ignore
                />{" "}
                {t("same size")}
              </label>
            </>
          )}
          {(choice.kind === "MaxPooling2D" || choice.kind === "AveragePooling2D") &&
            number(t("window"), choice.window[0], 8, (n) => ({ ...choice, window: [n, n] }))}
          {choice.kind === "Dense" && number(t("units"), choice.units, 512, (units) => ({ ...choice, units }))}
          {choice.kind === "Dropout" &&
            number(t("dropped, in %"), Math.round(choice.rate * 100), 90, (n) => ({ ...choice, rate: n / 100 }))}
        </div>
      )}
    </>
  );
}
