/** The map in focus: how large it is where it is largest, and the sum behind that. */
import { nameText } from "../../numbers/names";
import { rich } from "../../language/rich";
import { t } from "../../language/catalogue";
import { useEffect } from "preact/hooks";
import { exactSumLines, formatNumber, withSign } from "../../numbers/digits";
import { largest } from "../../numbers/extent";
import { hasMaps, isTheImage, layerOf, pictureShape } from "../../numbers/graph";
import type { Step } from "../../numbers/step";
import { isUnit, nameOfMap, sentenceOf, whatItDoes } from "../../numbers/words";
import { useStore, type Store } from "../../store";
import { MapPicture, NumberTable } from "../parts/parts";
import { strongestGroups } from "./links";

/** The map in focus: its strongest value, and the sum behind it. */
export function Inspector() {
  const store = useStore();
  const [layer, map, step] = [store.layer.value, store.map, store.step.value];
  const values = store.pass.value.layers.get(layer.name);
  useEffect(() => {
    if (step) store.said.value = `${layer.name}, ${nameOfMap(layer, map)}. ${sentenceOf(step)}`;
  }, [store, layer, map, step]);
  const limit = store.limit(layer.name, map) || 1;
  const shape = pictureShape(store.exhibit, layer.name);
  return (
    <section class="card inspector" aria-label={t("Map in focus")}>
      {values && hasMaps(store.exhibit, layer.name) && (
        <MapPicture
          tensor={{ shape, data: values.activation.data }}
          map={map}
          look={{ palette: "signed", limit }}
          size={188}
          label={`${layer.name}, ${nameOfMap(layer, map)}`}
          marked={{ row: store.row, column: store.column, height: 1, width: 1 }}
          onPlace={(row, column, how) => store.go({ row, column, screen: how === "press" ? "pixel" : undefined })}
          onDive={() => store.go({ screen: "pixel" })}
        />
      )}
      <div class="words">
        <h2>
          <span class="accent">{layer.name}</span> · {nameOfMap(layer, map)}
        </h2>
        <p class="caption">{whatItDoes(store.exhibit, layer)}</p>
        {values && (
          <p>
            {hasMaps(store.exhibit, layer.name)
              ? t("at row {row}, column {column}: ", { row: store.row, column: store.column })
              : ""}
            <b class="subtotal">
              {formatNumber(
                step ? step.value : values.activation.data[(store.row * shape[1] + store.column) * shape[2] + map],
              )}
            </b>
          </p>
        )}
        <button
          type="button"
          onClick={() => store.go({ screen: hasMaps(store.exhibit, layer.name) ? "channel" : "pixel" })}
        >
          {t("Open {layer}", { layer: nameOfMap(layer, map) })}
        </button>
        {layer.note && <p class="caption">{layer.note}</p>}
        {values && (
          <NumberTable
            tensor={{ shape, data: values.activation.data }}
            map={map}
            name={`${layer.name}, ${nameOfMap(layer, map)}`}
          />
        )}
      </div>
      {step && <Strongest step={step} />}
    </section>
  );
}

function Strongest({ step }: { step: Step }) {
  const store = useStore();
  if (step.rule !== "sum" || step.groups.length < 2) return <p class="sentence">{sentenceOf(step)}</p>;
  const chosen = strongestGroups(step);
  const terms = step.groups.map((group): [string, number] => [group.name, group.subtotal]);
  const lines = exactSumLines(terms, step.sum, 3, chosen.length, step.bias === null ? [] : [["bias", step.bias]]);
  return (
    <div class="strongest">
      <p class="caption">
        {isUnit(step.layer)
          ? t("The sum behind that value: the {n} inputs that add or take away the most", { n: chosen.length })
          : t("The sum behind that pixel: the {n} inputs that add or take away the most", { n: chosen.length })}
      </p>
      <div class="row">
        {lines.map((line) => {
          const group = line.index === undefined ? null : step.groups[line.index];
          return (
            <figure key={line.name} class={line.name === "sum" ? "total" : ""}>
              {group && <Share group={group} store={store} />}
              <b class={line.name === "sum" ? "" : line.value < 0 ? "negative" : "positive"}>
                {line.name === "sum" ? `= ${line.text}` : line.text}
              </b>
              <figcaption>{nameText(line.name)}</figcaption>
            </figure>
          );
        })}
      </div>
      <p class="caption">
        {rich("Solid line: adds. Dashed line: takes away. Thickness: how much. {function}", {
          function:
            step.layer.function === "relu" &&
            t("ReLU: max(0, {sum}) = {step}.", {
              sum: formatNumber(step.sum),
              step: withSign(step.value).replace("+", ""),
            }),
        })}
      </p>
    </div>
  );
}

/** A small input map beside its small kernel. */
function Share({ group, store }: { group: Step["groups"][number]; store: Store }) {
  const pass = store.pass.value;
  const shape = pictureShape(store.exhibit, group.source);
  const data =
    group.source === store.exhibit.input.name ? pass.input.data : pass.layers.get(group.source)?.activation.data;
  if (!data || shape[0] * shape[1] < 2) return null;
  const weights = group.terms.map((term) => term.weight ?? 0);
  const most = largest(weights.map(Math.abs), 1e-12);
  const isPicture =
    group.source === store.exhibit.input.name || isTheImage(store.exhibit, layerOf(store.exhibit, group.source)!);
  const limit = isPicture ? largest(data) || 1 : store.limit(group.source, group.map) || 1;
  return (
    <span class="pair">
      <MapPicture
        tensor={{ shape, data }}
        map={group.map}
        look={{ palette: isPicture ? "intensity" : "signed", limit }}
        size={38}
        label={nameText(group.name)}
      />
      {group.height * group.width > 1 && (
        <MapPicture
          tensor={{ shape: [group.height, group.width, 1], data: Float32Array.from(weights) }}
          map={0}
          look={{ palette: "signed", limit: most }}
          size={30}
          label={t("kernel for {name}", { name: nameText(group.name) })}
        />
      )}
    </span>
  );
}
