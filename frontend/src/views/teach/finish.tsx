/** Where a trained network goes: into the explorer, and home. */
import { t } from "../../language/catalogue";
import { useStore } from "../../store";
import { modelOf, openIn, save, tableOf } from "../../teach/take";
import { teaching } from "./state";

export function Finish({ isReady }: { isReady: boolean }) {
  const store = useStore();
  const { lesson, judge, project } = teaching;
  const trained = lesson.trained.value;
  return (
    <section class="card teach-finish" aria-label={t("Open it")}>
      <button
        type="button"
        class="primary"
        disabled={!isReady || !judge.value}
        onClick={() => openIn(store, trained!, judge.value!)}
      >
        {t("Open it: see every step →")}
      </button>
      <div class="teach-home">
        <button
          type="button"
          disabled={!trained}
          onClick={() => save(modelOf(trained!) as Uint8Array<ArrayBuffer>, "taught-model.zip", "application/zip")}
        >
          {t("Model for Python")}
        </button>
        <button
          type="button"
          disabled={!project.count.value}
          onClick={() => save(tableOf(project.state.value), "taught-pictures.csv", "text/csv")}
        >
          {t("Pictures as CSV")}
        </button>
        {store.exhibit.isOwn && (
          <button type="button" onClick={() => store.open(null)}>
            {t("Back to the page’s own network")}
          </button>
        )}
      </div>
      <p class="caption">{t("ImageClassifier.load opens the model; convscope train reads the table.")}</p>
    </section>
  );
}
