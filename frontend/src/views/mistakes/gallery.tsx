/** The rows of one cell, the surest answer first. */
import { t, tn } from "../../language/catalogue";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Picture } from "../../bundle";
import { count, formatNumber } from "../../numbers/digits";
import type { Store } from "../../store";
import { Card } from "../parts/parts";
import { PictureView } from "../parts/pictures";
import { cellOf } from "./confusion";

const SHOWN = 18;

export function Gallery({ store }: { store: Store }) {
  const [label, prediction] = cellOf(store);
  const names = store.exhibit.classNames;
  const rows = useMemo(() => rowsOf(store, label, prediction), [store, label, prediction]);
  const [pictures, setPictures] = useState<(Picture | null)[]>([]);
  useEffect(() => {
    let wanted = true;
    setPictures([]);
    void Promise.all(rows.slice(0, SHOWN).map((row) => store.pictureOf(row).catch(() => null))).then(
      (found) => wanted && setPictures(found),
    );
    return () => void (wanted = false);
  }, [store, rows]);
  const here = pictures.filter((picture): picture is Picture => picture !== null);
  const missing = pictures.length - here.length;
  useEffect(() => {
    // A mistake is explained first, unless the reader has chosen a picture.
    if (here.length && store.place.picture.value === store.defaults.picture && label !== prediction) choose(here[0]);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once the pictures of a cell are there
  }, [pictures]);
  const choose = (picture: Picture): void =>
    void (store.place.picture.value = String(store.pictures.value.indexOf(picture)));
  const title =
    label === prediction
      ? t("{label}, and taken for it", { label: names[label] })
      : t("{label}, taken for {prediction}", { label: names[label], prediction: names[prediction] });
  return (
    <Card
      title={title}
      caption={tn("{n} row; the surest answer first", "{n} rows; the surest answer first", rows.length)}
    >
      <ul class="gallery">
        {here.map((picture) => (
          <li key={picture.row}>
            <button
              type="button"
              class="thumb"
              aria-pressed={store.picture.value === picture}
              aria-label={t("row {row}", { row: picture.row ?? "" })}
              onClick={() => choose(picture)}
            >
              <PictureView picture={picture} size={56} />
            </button>
            <span class="caption">
              {picture.row}: {formatNumber(store.exhibit.answers!.probability[picture.row ?? 0], 2)}
            </span>
          </li>
        ))}
      </ul>
      {missing > 0 && (
        <p class="caption">
          {tn(
            "{n} of these pictures is not in this file, to keep it small; convscope explore shows all rows.",
            "{n} of these pictures are not in this file, to keep it small; convscope explore shows all rows.",
            missing,
          )}
        </p>
      )}
      {rows.length > SHOWN && (
        <p class="caption">{t("The first {shown} of {all}.", { shown: SHOWN, all: count(rows.length) })}</p>
      )}
    </Card>
  );
}

function rowsOf({ exhibit }: Store, label: number, prediction: number): number[] {
  const { label: labels, prediction: predictions, probability } = exhibit.answers!;
  const rows: number[] = [];
  labels.forEach((one, row) => {
    if (one === label && predictions[row] === prediction) rows.push(row);
  });
  return rows.sort((one, other) => probability[other] - probability[one] || one - other);
}
