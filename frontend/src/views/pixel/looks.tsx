/** What a value can see, and where it goes. */
import { t } from "../../language/catalogue";
import { asImage } from "../../graph/tensor";
import { span } from "../../numbers/digits";
import { fieldOf, sorted } from "../../numbers/field";
import { hasMaps, pictureShape } from "../../numbers/graph";
import { partTensors } from "../../numbers/parts";
import { fullName, type Group, type Step } from "../../numbers/step";
import { isUnit, nameOfMap } from "../../numbers/words";
import { useStore } from "../../store";
import { Card, MapPicture } from "../parts/parts";
import { PictureView } from "../parts/pictures";
import { shownTensor, windowBox } from "../parts/place";

/** The picture with the receptive field, the input map with the window, the output map with the value. */
export function LooksAt({ step, group, tap, filled }: { step: Step; group: Group; tap: string; filled: number }) {
  const store = useStore();
  const { exhibit } = store;
  const picture = store.picture.value;
  const pass = store.pass.value;
  const own = pictureShape(exhibit, step.part.key);
  const layerSize = pictureShape(exhibit, step.layer.name);
  const alike = own[0] === layerSize[0] && own[1] === layerSize[1];
  const field = isUnit(step.part) || !alike ? null : fieldOf(exhibit, pass, step.layer.name, step.row, step.column);
  const [rows, columns] = field ? field.map(sorted) : [[], []];
  const box = field
    ? {
        row: rows[0],
        column: columns[0],
        height: rows[rows.length - 1] - rows[0] + 1,
        width: columns[columns.length - 1] - columns[0] + 1,
      }
    : null;
  const source = shownTensor(store, group.source);
  const term = tap === "" ? null : group.terms[Number(tap)];
  const maps = hasMaps(exhibit, step.part.key);
  const landing = partTensors(pass, step.part)!.out.data;
  const word = `${step.part.key}, ${nameOfMap(step.part, step.map)}`;
  const fromPicture = group.source === exhibit.input.name;
  const whole = group.terms.length === (source ? asImage(source.tensor.shape)[0] * asImage(source.tensor.shape)[1] : 0);
  const caption = field
    ? t("{rows} × {columns} pixels, its receptive field: {x}, {x2}", {
        rows: rows.length,
        columns: columns.length,
        x: span("row", rows),
        x2: span("column", columns),
      })
    : exhibit.imageShape
      ? t("the whole picture")
      : undefined;
  const hasSource = source !== null && !fromPicture && hasMaps(exhibit, group.source);
  const isTheSame = hasSource && source.look(group.map).palette === "intensity";
  return (
    <div class="looks">
      <Card title={t("What it can see")} caption={caption}>
        <div class="row">
          {!isTheSame && (
            <PictureView
              picture={picture}
              size={hasSource ? 96 : 168}
              label={`${picture.name}${caption ? `, ${caption}` : ""}`}
              marked={box}
            />
          )}
          {hasSource && (
            <figure>
              <MapPicture
                tensor={source.tensor}
                map={group.map}
                look={source.look(group.map)}
                size={isTheSame ? 168 : 96}
                label={fullName(group)}
                boxes={whole ? [] : [windowBox(group)]}
                marked={term ? { row: term.row, column: term.column, height: 1, width: 1 } : null}
                onPlace={(row, column) => {
                  const found = group.terms.findIndex((one) => one.row === row && one.column === column);
                  store.place.tap.value = found < 0 ? "" : String(found);
                }}
                onLeave={() => (store.place.tap.value = "")}
              />
              <figcaption>{isTheSame ? t("the picture") : fullName(group)}</figcaption>
            </figure>
          )}
        </div>
      </Card>
      {maps && (
        <Card
          title={t("Where the result goes")}
          caption={t("{word}: {own} × {own2}. Point at any place.", { word, own: own[0], own2: own[1] })}
        >
          <MapPicture
            tensor={{ shape: own, data: landing }}
            map={step.map}
            look={{ palette: "signed", limit: store.limit(step.part.key, step.map) || 1 }}
            size={168}
            first
            label={word}
            filled={filled}
            marked={{ row: step.row, column: step.column, height: 1, width: 1 }}
            onPlace={(row, column, how) =>
              (how === "press" || store.place.pinned.value === "") && store.go({ row, column })
            }
          />
        </Card>
      )}
    </div>
  );
}
