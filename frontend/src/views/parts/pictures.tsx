/** The choice of a picture: from the table, by row, drawn, or opened from a file. */
import { t } from "../../language/catalogue";
import { useState } from "preact/hooks";
import type { Picture } from "../../bundle";
import { pictureLimit, picturePalette } from "../../paint/pictures";
import { useStore } from "../../store";
import { OwnPicture } from "./own";
import { MapPicture, Select } from "./parts";

export function PictureView(
  props: { picture: Picture; size: number; label?: string } & Partial<Parameters<typeof MapPicture>[0]>,
) {
  const { picture, size, label, ...rest } = props;
  const shape = picture.pixels.shape;
  const height = shape.length === 3 ? shape[0] : 1;
  const tensor =
    shape.length === 3 ? picture.pixels : { shape: [height, picture.pixels.data.length, 1], data: picture.pixels.data };
  return (
    <MapPicture
      tensor={tensor}
      map={0}
      look={{ palette: picturePalette(picture), limit: pictureLimit(picture) }}
      size={size}
      label={label ?? t("picture, {name}", { name: picture.name })}
      {...rest}
    />
  );
}

const SHOWN = 7;

/** Thumbnails and ways to get other pictures. */
export function PictureBar() {
  const store = useStore();
  const [dialog, setDialog] = useState<"draw" | "open" | null>(null);
  return (
    <div class="field wide">
      <PictureThumbs most={SHOWN} />
      <RowField />
      {store.exhibit.imageShape && (
        <>
          <button type="button" onClick={() => setDialog("draw")}>
            {t("Draw")}
          </button>
          <button type="button" onClick={() => setDialog("open")}>
            {t("Open…")}
          </button>
          {dialog && <OwnPicture start={dialog} onClose={() => setDialog(null)} />}
        </>
      )}
    </div>
  );
}

/** Some pictures, those about the chosen one, and a list of all where there are more. */
export function PictureThumbs({ most }: { most: number }) {
  const store = useStore();
  const pictures = store.pictures.value;
  const chosen = store.number("picture");
  const first = Math.min(Math.max(0, chosen - Math.floor(most / 2)), Math.max(0, pictures.length - most));
  return (
    <div class="field">
      <div class="thumbs" role="group" aria-label={t("Image")}>
        {pictures.slice(first, first + most).map((picture, index) => (
          <button
            key={first + index}
            type="button"
            class="thumb"
            aria-pressed={first + index === chosen}
            aria-label={`${picture.name}${picture.label == null ? "" : t(", label {label}", { label: picture.label })}`}
            onClick={() => (store.place.picture.value = String(first + index))}
          >
            <PictureView picture={picture} size={32} />
          </button>
        ))}
      </div>
      <PictureSelect />
    </div>
  );
}

function PictureSelect() {
  const store = useStore();
  const options = store.pictures.value.map(
    (picture, index) => [index, `${picture.name}${picture.label == null ? "" : ` · ${picture.label}`}`] as const,
  );
  return (
    <Select
      label=""
      title={t("A picture and its label")}
      value={store.number("picture")}
      options={options}
      onChange={(value) => (store.place.picture.value = value)}
    />
  );
}

/** Any other row of the table, where Python stands behind the page. */
function RowField() {
  const store = useStore();
  const { nRows } = store.exhibit;
  const [row, setRow] = useState("");
  if (!nRows || !store.host.ask) return null;
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        if (row !== "") void store.fetchRow(Number(row));
      }}
    >
      <label class="field">
        <span class="caption">{t("Row")}</span>
        <input
          type="number"
          min={0}
          max={nRows - 1}
          value={row}
          placeholder={`0–${nRows - 1}`}
          onInput={(event) => setRow(event.currentTarget.value)}
        />
      </label>
    </form>
  );
}
