/** Reads what Python wrote: a safetensors file whose metadata say what the arrays are. */
import { t } from "./language/catalogue";
import { largest } from "./numbers/extent";
import { layerGraph, type LayerGraph } from "./graph/layer";
import { sizeOf, type Tensor } from "./graph/tensor";

export interface Layer {
  name: string;
  kind: string;
  /** What its kind does, as the end of a sentence. */
  words: string;
  inputs: string[];
  shape: number[];
  n_parameters: number;
  arithmetic: string;
  /** How it is computed; null where the values come from Python. */
  graph: LayerGraph | null;
  function: string;
  note: string;
  rounding: number;
  known_fault: boolean;
  /** In the order in which the graph takes them. */
  weights: Record<string, Tensor>;
}

export interface Picture {
  row: number | null;
  label: string | null;
  /** What it is called: "row 12", or "drawn". */
  name: string;
  /** Intensities as in the table. */
  pixels: Tensor;
  /** Layers that Python computed, by layer name. */
  values: Map<string, Tensor>;
}

/** MLP and CNN on original and shuffled pixels, trained alike several times. */
export interface Four {
  settings: Record<string, any>;
  networks: FourNetwork[];
  sentences: string[];
}

export interface FourNetwork {
  model: string;
  pixel_order: string;
  n_parameters: number;
  accuracies: number[];
  mean: number;
  low: number;
  high: number;
  seconds: number;
  /** One list of accuracies on the training rows per seed, epoch by epoch. */
  curves: number[][];
  /** First-layer weights of the first seed, each a picture: (height, width, n). */
  weights: Tensor;
  /** The same, put back into the order of the original pixels; only where a shuffled network sees all pixels at once. */
  restored: Tensor | null;
}

export interface Exhibit {
  title: string;
  facts: Record<string, any>;
  madeBy: { convscope: string; backend: string };
  classNames: string[];
  nParameters: number;
  imageShape: [number, number, number] | null;
  pixelScale: number;
  pixelOrder: string;
  input: { name: string; shape: number[] };
  layers: Layer[];
  pictures: Picture[];
  permutation: Int32Array | null;
  /** Some of the model's own numbers for the first picture, evenly spread over each layer. */
  reference: Float32Array[];
  nRows: number;
  /** The four networks of one experiment, where the page was opened with them. */
  four: Four | null;
  /** What the first rows are and are taken for, and how sure the model is; null without labels. */
  answers: { label: Int32Array; prediction: Int32Array; probability: Float32Array } | null;
  /** Whether Python trains more networks when it is asked to. */
  canTrain: boolean;
  /** Whether there is a film of the training. */
  hasFilm: boolean;
  /** What it was read from; empty once it was handed to a worker. */
  bytes: ArrayBuffer;
  /** How far the labels were smoothed in training; 0 where they were not. */
  labelSmoothing: number;
  /** Whether the page itself trained it, so that there is nothing of Python's to compare with. */
  isOwn?: boolean;
}

/** One moment of a training: how well the network did, and its weights. */
export interface Look {
  step: number;
  epoch: number;
  seconds: number;
  loss: number | null;
  accuracy: number | null;
  per_class: (number | null)[];
  gradients: Record<string, number>;
  /** For each layer, its weights at that moment. */
  layers: Record<string, Tensor>[];
}

export interface Film {
  looks: Look[];
  ended: string;
  paused: boolean;
  /** Whether the training goes on and can be asked to stop. */
  live: boolean;
}

const SCHEMA = "convscope.bundle/2";

interface Unpacked {
  document: any;
  arrays: Map<string, Tensor>;
}

function unpack(bytes: ArrayBuffer): Unpacked {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const document = JSON.parse(header.__metadata__.convscope);
  if (document.schema !== SCHEMA)
    throw new Error(t("this page reads {SCHEMA}, and was given {schema}", { SCHEMA, schema: document.schema }));
  delete header.__metadata__;
  const arrays = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries<any>(header)) {
    const part = bytes.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1]);
    const data =
      dtype === "U8"
        ? Float32Array.from(new Uint8Array(part))
        : dtype === "I32"
          ? Float32Array.from(new Int32Array(part))
          : new Float32Array(part);
    arrays.set(name, { shape, data });
  }
  return { document, arrays };
}

/** Open a bundle with a model in it. */
export function readBundle(bytes: ArrayBuffer): Exhibit {
  const { document, arrays } = unpack(bytes);
  const layers: Layer[] = document.layers.map((layer: any, index: number) => ({
    ...layer,
    graph: layer.graph && layerGraph(layer.graph),
    weights: Object.fromEntries(layer.weights.map((name: string) => [name, arrays.get(`weights/${index}/${name}`)])),
  }));
  const order = arrays.get("permutation");
  return {
    title: document.title,
    facts: document.facts,
    madeBy: document.made_by,
    classNames: document.class_names,
    nParameters: document.n_parameters,
    imageShape: document.image_shape,
    pixelScale: document.pixel_scale,
    pixelOrder: document.pixel_order,
    input: document.input,
    layers,
    pictures: picturesOf(document, arrays, layers),
    permutation: order ? Int32Array.from(order.data) : null,
    reference: layers.map((_, index) => arrays.get(`reference/${index}`)!.data),
    nRows: document.n_rows,
    four: fourOf(document, arrays),
    answers: answersOf(arrays),
    canTrain: Boolean(document.can_train),
    hasFilm: Boolean(document.film),
    bytes,
    labelSmoothing: Number(document.label_smoothing ?? 0),
  };
}

function fourOf(document: any, arrays: Map<string, Tensor>): Four | null {
  if (!document.four) return null;
  const networks = document.four.networks.map((network: any, index: number) => ({
    ...network,
    weights: arrays.get(`four/${index}/weights`)!,
    restored: arrays.get(`four/${index}/restored`) ?? null,
  }));
  return { ...document.four, networks };
}

function answersOf(arrays: Map<string, Tensor>): Exhibit["answers"] {
  const [label, prediction, probability] = ["label", "prediction", "probability"].map(
    (name) => arrays.get(`answers/${name}`)?.data,
  );
  if (!label || !prediction || !probability) return null;
  return { label: Int32Array.from(label), prediction: Int32Array.from(prediction), probability };
}

/** Open what Python answers when it is asked for another row. */
export function readPicture(bytes: ArrayBuffer, layers: readonly Layer[]): Picture {
  const { document, arrays } = unpack(bytes);
  return picturesOf(document, arrays, layers)[0];
}

/** Join what is new of a film to what is known of it; looks that Python has dropped go. */
export function joinFilm(known: Film | null, bytes: ArrayBuffer, layers: readonly Layer[]): Film {
  const { document, arrays } = unpack(bytes);
  const fresh: Look[] = document.looks.map((look: any, number: number) => ({
    ...look,
    layers: layers.map((layer, index) =>
      Object.fromEntries(
        Object.keys(layer.weights).flatMap((name) => {
          const values = arrays.get(`look/${number}/weights/${index}/${name}`);
          return values ? [[name, values]] : [];
        }),
      ),
    ),
  }));
  const kept = new Set<number>(document.steps);
  const looks = [
    ...(known?.looks ?? []).filter((look) => kept.has(look.step) && !fresh.some((one) => one.step === look.step)),
    ...fresh,
  ];
  const whole = !document.live || (looks.length > 0 && looks[looks.length - 1].step >= largest(document.steps));
  return { looks, ended: whole ? document.ended : "", paused: document.paused, live: document.live };
}

/** Open what Python answers when it is asked for values of an image that is in no table. */
export const readValues = (bytes: ArrayBuffer, layers: readonly Layer[]): Map<string, Tensor> =>
  valuesOf(unpack(bytes).arrays, layers, 0);

function picturesOf(document: any, arrays: Map<string, Tensor>, layers: readonly Layer[]): Picture[] {
  const all = arrays.get("images")!;
  return document.images.map((image: any, index: number) => ({
    ...image,
    get name() {
      return t("row {row}", { row: image.row });
    },
    pixels: rowOf(all, index),
    values: valuesOf(arrays, layers, index),
  }));
}

function valuesOf(arrays: Map<string, Tensor>, layers: readonly Layer[], index: number): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  layers.forEach((layer, number) => {
    const values = arrays.get(`values/${number}`);
    if (values) found.set(layer.name, rowOf(values, index));
  });
  return found;
}

function rowOf({ shape, data }: Tensor, index: number): Tensor {
  const one = shape.slice(1);
  const size = sizeOf(one);
  return { shape: one, data: data.subarray(index * size, (index + 1) * size) };
}
