/** What stands over a column: its layers, its shape, and the arithmetic of its parameters. */
import { layersOf, type Column } from "../../numbers/columns";
import { count, formatNumber, shapeText } from "../../numbers/digits";
import { useStore } from "../../store";

export function LayerCaption({ column, brief }: { column: Column; brief: boolean }) {
  const store = useStore();
  const opened = store.remember("open", "");
  const { main, last } = column;
  const others = column.layers.filter((layer) => layer !== main).map(({ kind }) => kind);
  const own = main.function && main.function !== "linear" ? [main.function] : [];
  const isRepeated = last.shape.length === 1 && column.layers.length > 1;
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
          and {count(column.folded.length)} before
        </button>
      )}
      <p class="caption" title={main.note}>
        {shapeText(last.shape)}
        {!brief && (
          <>
            {[...own, ...(isRepeated ? [] : others)].length > 0 && `, ${[...own, ...others].join(", ")}`}
            <br />
            {main.arithmetic}
            {main.n_parameters ? ` = ${formatNumber(main.n_parameters, 0)}` : ""}
          </>
        )}
        {!main.graph && (
          <>
            <br />
            <b>from Python</b>
          </>
        )}
      </p>
    </div>
  );
}
