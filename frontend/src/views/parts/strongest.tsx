/** The pictures of the user's own data in which a channel finds its pattern most strongly, with the pixels that it saw there. */
import { t, tn } from "../../language/catalogue";
import { useEffect, useState } from "preact/hooks";
import type { Layer, Picture } from "../../bundle";
import { forward } from "../../network";
import { count, formatNumber } from "../../numbers/digits";
import { nameOfMap } from "../../numbers/words";
import { asImage, type Tensor } from "../../graph/tensor";
import { useStore, type Store } from "../../store";
import { Card, type Box } from "./parts";
import { PictureView } from "./pictures";

const SHOWN = 9;

interface Found {
  among: string;
  images: { picture: Picture; value: number; window: Box | null }[];
}

export function StrongestCard({ layer }: { layer: Layer }) {
  const store = useStore();
  const [found, setFound] = useState<Found | null>(null);
  const map = store.map;
  useEffect(() => {
    let wanted = true;
    setFound(null);
    const search = store.host.ask && store.exhibit.nRows ? askPython(store, layer, map) : amongThese(store, layer, map);
    void search.catch(() => amongThese(store, layer, map)).then((result) => wanted && setFound(result));
    return () => void (wanted = false);
  }, [layer, map, store]);
  return (
    <Card
      title={t("The strongest first")}
      caption={
        found
          ? t("{layer} of {name}, {among}; the outline marks what it saw", {
              layer: nameOfMap(layer, map),
              name: layer.name,
              among: found.among,
            })
          : t("Looking …")
      }
      class="strongest-card"
    >
      <ul class="gallery">
        {found?.images.map(({ picture, value, window }) => (
          <li key={picture.name}>
            <button
              type="button"
              class="thumb"
              aria-pressed={store.picture.value === picture}
              aria-label={picture.name}
              onClick={() => choose(store, picture, layer, map)}
            >
              <PictureView picture={picture} size={56} boxes={window ? [window] : []} />
            </button>
            <span class="caption">
              {picture.row ?? picture.name}: {formatNumber(value, 2)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function choose(store: Store, picture: Picture, layer: Layer, map: number): void {
  store.place.picture.value = String(store.pictures.value.indexOf(picture));
  store.goToStrongest(layer.name, map);
}

async function askPython(store: Store, layer: Layer, map: number): Promise<Found> {
  const index = store.exhibit.layers.indexOf(layer);
  const bytes = await store.host.ask!({ ask: "strongest", layer: index, channel: map });
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as {
    rows: number[];
    values: number[];
    windows: [[number, number], [number, number]][] | null;
    n_rows: number;
  };
  const pictures = await Promise.all(answer.rows.map((row) => store.pictureOf(row)));
  const images = pictures.flatMap((picture, place) => {
    if (!picture) return [];
    const window = answer.windows?.[place];
    const box = window
      ? {
          row: window[0][0],
          column: window[1][0],
          height: window[0][1] - window[0][0] + 1,
          width: window[1][1] - window[1][0] + 1,
        }
      : null;
    return [{ picture, value: answer.values[place], window: box }];
  });
  return { among: tn("of {n} row", "of {n} rows", answer.n_rows), images };
}

const valuesOf = (store: Store, picture: Picture, layer: string): Promise<Tensor | null> =>
  new Promise((tell) => {
    if (store.calculator) store.calculator.ask(picture, { do: "values", layer }, tell);
    else tell(forward(store.exhibit, picture).layers.get(layer)?.activation ?? null);
  });

/** Without Python: among the pictures that are here. */
async function amongThese(store: Store, layer: Layer, map: number): Promise<Found> {
  const all = await Promise.all(store.pictures.value.map((picture) => valuesOf(store, picture, layer.name)));
  const images = store.pictures.value.slice(0, all.length).flatMap((picture, index) => {
    const values = all[index];
    if (!values) return [];
    const channels = asImage(values.shape)[2];
    let value = -Infinity;
    for (let place = map; place < values.data.length; place += channels) value = Math.max(value, values.data[place]);
    return [{ picture, value, window: null }];
  });
  images.sort((one, other) => other.value - one.value);
  return {
    among: t("of the {images} pictures in this file", { images: count(images.length) }),
    images: images.slice(0, SHOWN),
  };
}
