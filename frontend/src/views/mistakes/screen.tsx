/** Which rows are taken for something else, and which pixels speak for the answer. */
import { msg, t, tn } from "../../language/catalogue";
import { count, numberText } from "../../numbers/digits";
import type { Screen } from "../../screen";
import { useStore, type Store } from "../../store";
import { Card } from "../parts/parts";
import { useArrows } from "../parts/keys";
import { cellOf, Confusion } from "./confusion";
import { Gallery } from "./gallery";
import { Reasons } from "./reasons";
import "./mistakes.css";

export const screen: Screen = {
  title: msg("Mistakes"),
  tab: 80,
  keys: [["← → ↑ ↓", msg("cell")]],
  isShown: ({ exhibit }) => exhibit.classNames.length > 0,
  View: MistakesScreen,
};

function MistakesScreen() {
  const store = useStore();
  useArrows((down, right) => {
    if (!store.exhibit.answers) return false;
    const last = store.exhibit.classNames.length - 1;
    const [label, prediction] = cellOf(store);
    const inside = (at: number): number => Math.min(last, Math.max(0, at));
    store.remember("cell", "").value = `${inside(label + down)},${inside(prediction + right)}`;
  });
  return (
    <div class="mistakes">
      <h1 class="spoken">{t("Mistakes and reasons")}</h1>
      <p class="lead">{said(store)}</p>
      {store.exhibit.answers && (
        <div class="counted">
          <Card
            title={t("What is taken for what (confusion matrix)")}
            caption={t("labels down, predictions across; right ones on the diagonal. Choose a cell.")}
          >
            <Confusion store={store} />
          </Card>
          <Gallery store={store} />
        </div>
      )}
      <Reasons store={store} />
    </div>
  );
}

/** One sentence about all rows that were counted. */
function said({ exhibit }: Store): string {
  const { answers, classNames } = exhibit;
  if (!answers) return t("The rows have no labels, so no mistake can be counted; the reasons are below.");
  const total = answers.label.length;
  const wrong = answers.label.filter((label, row) => label !== answers.prediction[row]).length;
  const cells = new Map<string, number>();
  answers.label.forEach((label, row) => {
    if (label !== answers.prediction[row])
      cells.set(`${label},${answers.prediction[row]}`, (cells.get(`${label},${answers.prediction[row]}`) ?? 0) + 1);
  });
  const [most] = [...cells].sort((one, other) => other[1] - one[1]);
  if (!most) return t("All {n} rows are right.", { n: count(total) });
  const [label, prediction] = most[0].split(",").map((index) => classNames[Number(index)]);
  const counted = t("Of {all} rows {wrong} are wrong ({share} %).", {
    all: count(total),
    wrong: count(wrong),
    share: numberText((100 * wrong) / total, 1),
  });
  const often = tn(
    "Most often {label} is taken for {prediction}: {n} time.",
    "Most often {label} is taken for {prediction}: {n} times.",
    most[1],
    { label, prediction },
  );
  return `${counted} ${often}`;
}
