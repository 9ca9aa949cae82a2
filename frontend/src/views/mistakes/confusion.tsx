/** Counts of labels and predictions: paper to ink, and the number in each cell. */
import { t } from "../../language/catalogue";
import { largest } from "../../numbers/extent";
import { count } from "../../numbers/digits";
import type { Store } from "../../store";

const LEVELS = 8;

/** The cell in view: label and prediction; at first the largest off the diagonal. */
export function cellOf(store: Store): [number, number] {
  const chosen = store.remember("cell", "");
  const classes = store.exhibit.classNames.length;
  const [label, prediction] = chosen.value.split(",").map(Number);
  if (chosen.value && label >= 0 && label < classes && prediction >= 0 && prediction < classes)
    return [label, prediction];
  const counts = countsOf(store);
  let best: [number, number] = [0, 0];
  let most = 0;
  counts.forEach((row, from) =>
    row.forEach((one, to) => {
      if (from !== to && one > most) [best, most] = [[from, to], one];
    }),
  );
  return best;
}

export function countsOf({ exhibit }: Store): number[][] {
  const classes = exhibit.classNames.length;
  const counts = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  exhibit.answers!.label.forEach((label, row) => {
    if (label >= 0) counts[label][exhibit.answers!.prediction[row]]++;
  });
  return counts;
}

export function Confusion({ store }: { store: Store }) {
  const names = store.exhibit.classNames;
  const counts = countsOf(store);
  const [chosenLabel, chosenPrediction] = cellOf(store);
  // Mistakes are few: their ink is measured among themselves.
  const mostWrong = largest(
    counts.flatMap((row, from) => row.filter((_, to) => to !== from)),
    1,
  );
  const mostRight = largest(
    counts.map((row, index) => row[index]),
    1,
  );
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("Confusion matrix")}>
      <table class="confusion">
        <thead>
          <tr>
            <th scope="col">{t("label")}</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, label) => (
            <tr key={label}>
              <th scope="row">{names[label]}</th>
              {row.map((one, prediction) => {
                const share = one / (label === prediction ? mostRight : mostWrong);
                const level = one ? Math.max(1, Math.min(LEVELS - 1, Math.round(share * (LEVELS - 1)))) : 0;
                const chosen = label === chosenLabel && prediction === chosenPrediction;
                return (
                  <td key={prediction} class={label === prediction ? "right" : ""}>
                    <button
                      type="button"
                      class={`level-${level}`}
                      aria-pressed={chosen}
                      aria-label={t("{label} taken for {prediction}: {n}", {
                        label: names[label],
                        prediction: names[prediction],
                        n: count(one),
                      })}
                      onClick={() => (store.remember("cell", "").value = `${label},${prediction}`)}
                    >
                      {one ? count(one) : "·"}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
