/** One unit: its weights, to be read and typed, and the same for all in a table. */
import { t } from "../../language/catalogue";
import { useState } from "preact/hooks";
import { formatNumber, withSign } from "../../numbers/digits";
import { nameOfUnit } from "../../playground/example";
import { FEATURES } from "../../playground/features";
import type { Dense } from "../../playground/network";
import type { Session } from "../../playground/session";
import { wordsOf } from "../../playground/words";
import { Card } from "../parts/parts";

export function UnitCard({ session }: { session: Session }) {
  const focus = session.focus.value;
  if (!focus || !session.pinned.value) return <AllWeights session={session} />;
  const network = session.frame.value?.network ?? [];
  const layer = network[focus.layer];
  if (!layer || focus.unit >= layer.units) return <AllWeights session={session} />;
  const names = namesBefore(session, network, focus.layer);
  const { classNames } = session.data.value;
  const set = (place: number, value: number, isBias: boolean): void =>
    void (Number.isFinite(value) && session.type(focus.layer, place, value, isBias));
  return (
    <Card
      title={t("Weights of {unit}", { unit: nameOfUnit(network.length, focus.layer, focus.unit, classNames) })}
      caption={t(
        "It adds up its bias and its weighted inputs, and hands on what {activation} makes of the sum. Type a weight to see what it does.",
        { activation: wordsOf(layer.activation) },
      )}
      class="unit-card"
    >
      <div class="weights-of">
        {names.map((name, input) => (
          <WeightField
            key={name}
            label={name}
            name={t("Weight of {source}", { source: name })}
            value={layer.kernel[input * layer.units + focus.unit]}
            dead={Boolean(layer.dead[input * layer.units + focus.unit])}
            onType={(value) => set(input * layer.units + focus.unit, value, false)}
          />
        ))}
        <WeightField
          label={t("bias")}
          name={t("Bias")}
          value={layer.bias[focus.unit]}
          onType={(value) => set(focus.unit, value, true)}
        />
      </div>
    </Card>
  );
}

const namesBefore = (session: Session, network: readonly Dense[], layer: number): string[] =>
  layer
    ? Array.from({ length: network[layer].inputs }, (_, unit) => nameOfUnit(network.length, layer - 1, unit, []))
    : session.settings.value.features.slice(0, network[0].inputs).map((name) => t(FEATURES[name].label));

function WeightField(props: {
  label: string;
  name: string;
  value: number;
  dead?: boolean;
  onType: (value: number) => void;
}) {
  return (
    <label class="weight" title={props.dead ? t("L1 pushed this weight over zero, so it stays there") : undefined}>
      <span class="caption">{props.dead ? t("{source} (stays 0)", { source: props.label }) : props.label}</span>
      <input
        type="number"
        step="0.1"
        aria-label={props.name}
        value={props.value.toFixed(3)}
        onChange={(event) => props.onType(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

function AllWeights({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  const network = open ? (session.frame.value?.network ?? []) : [];
  return (
    <details class="numbers card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("All weights as numbers")}</summary>
      {network.map((layer, index) => (
        <div
          class="scroll"
          key={index}
          tabIndex={0}
          role="region"
          aria-label={t("Weights of layer {n}", { n: index + 1 })}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{index < network.length - 1 ? t("Layer {n}", { n: index + 1 }) : t("Output")}</th>
                {namesBefore(session, network, index).map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
                <th scope="col">{t("bias")}</th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: layer.units }, (_, unit) => (
                <tr key={unit}>
                  <th scope="row">{nameOfUnit(network.length, index, unit, session.data.value.classNames)}</th>
                  {Array.from({ length: layer.inputs }, (_, input) => (
                    <td key={input}>{withSign(layer.kernel[input * layer.units + unit])}</td>
                  ))}
                  <td>{formatNumber(layer.bias[unit])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </details>
  );
}
