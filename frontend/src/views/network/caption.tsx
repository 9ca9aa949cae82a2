/** What stands over a column: its layers, its shape, and the arithmetic of its parameters. */
import { t } from "../../language/catalogue";
import { layersOf, type Column } from "../../numbers/columns";
import { count, formatNumber, shapeText } from "../../numbers/digits";
import { originText } from "../../numbers/words";
import { useStore } from "../../store";

export function LayerCaption({ column, brief }: { column: Column; brief: boolean }) {
  const store = useStore();
  const opened = store.remember("open", "");
  const { main, last } = column;
  const does = column.layers.filter((layer) => layer !== main).map((layer) => layer.function || layer.kind);
  const own = [main.function, ...does].filter((word) => word && word !== "linear").map((word) => word.toLowerCase());
  return (
    <div class="layer-caption">
      <h3
        title={layersOf(column)
          .map(({ name }) => name)
          .join(" → ")}
      >
        {main.name}
      </h3>
      {column.folded.length > 0 && (
        <button type="button" class="plain" onClick={() => (opened.value = main.name)}>
          {t("and {folded} before", { folded: count(column.folded.length) })}
        </button>
      )}
      <p class="caption" title={[originText(main.arithmetic), main.note].filter(Boolean).join("; ")}>
        <span>{[shapeText(last.shape), ...(brief ? [] : own)].join(", ")}</span>
        {!brief && (
          <span>
            {originText(main.arithmetic)}
            {main.n_parameters ? ` = ${formatNumber(main.n_parameters, 0)}` : ""}
          </span>
        )}
        {!main.graph && <b>{t("from Python")}</b>}
      </p>
    </div>
  );
}
