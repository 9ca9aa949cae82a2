/** The answer at the right edge: a bar for each class, and the winner large. */
import { indexOfLargest } from "../../network";
import type { Column } from "../../numbers/columns";
import { formatNumber } from "../../numbers/digits";
import { useStore } from "../../store";
import { coming } from "../parts/place";
import { LayerCaption } from "./caption";
import { Inspector } from "./inspector";

export function Answer({ column, answer, narrow }: { column: Column; answer: number[] | null; narrow: boolean }) {
  const store = useStore();
  if (!answer)
    return (
      <div class="column answer" data-layer={column.last.name}>
        <LayerCaption column={column} brief={false} />
        <p class="winner">{coming()}</p>
      </div>
    );
  const best = indexOfLargest(answer);
  const names = store.exhibit.classNames;
  const layer = column.last;
  const focused = column.layers.includes(store.layer.value);
  const single = layer.shape.reduce((product, length) => product * length, 1) === 1;
  const shown = narrow && !focused ? strongest(answer, 3) : answer.map((_, index) => index);
  const place = (index: number) => ({ layer: layer.name, map: single ? 0 : index, row: 0, column: 0 });
  return (
    <div class={`column answer ${focused ? "focused" : ""}`} data-layer={layer.name}>
      <LayerCaption column={column} brief={false} />
      <p class="winner">
        <b>{names[best]}</b> <b class="number">{formatNumber(answer[best])}</b>
      </p>
      <div class="bars" data-tiles={layer.name} data-across="1" data-tile="0" data-high="0">
        {shown.map((index) => (
          <button
            key={index}
            type="button"
            class={`${index === best ? "best" : ""} ${focused && index === store.map ? "marked" : ""}`}
            onPointerEnter={() => store.place.pinned.value === "" && store.go(place(index))}
            onFocus={() => store.go(place(index))}
            onClick={() => store.go({ ...place(index), screen: "pixel" })}
          >
            <span class="name">{names[index]}</span>
            <span class="track">
              <span style={{ width: `${Math.max(0, Math.min(1, answer[index])) * 100}%` }} />
            </span>
            <span class="number">{formatNumber(answer[index])}</span>
          </button>
        ))}
      </div>
      {narrow && focused && <Inspector />}
    </div>
  );
}

const strongest = (answer: readonly number[], most: number): number[] =>
  answer
    .map((_, index) => index)
    .sort((one, other) => answer[other] - answer[one])
    .slice(0, most);
