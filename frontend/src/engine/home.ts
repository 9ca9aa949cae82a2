/** A network that was trained in the page, taken home: into the explorer's screens, and into a model file for Python. */
import type { Exhibit, Layer } from "../bundle";
import { forward } from "../network";
import type { Built } from "./layers";
import { digest, stored } from "./zip";

const SAMPLES = 256;

/** Layers with other weights, given in the network's order. */
export function withWeights(layers: readonly Layer[], weights: readonly Float32Array[]): Layer[] {
  let next = 0;
  return layers.map((layer) => ({
    ...layer,
    weights: Object.fromEntries(
      Object.entries(layer.weights).map(([name, { shape }]) => [name, { shape, data: weights[next++] }]),
    ),
  }));
}

/**
 * The page's own bundle of a network that was just trained: what `shown` says of pictures and classes, and these layers.
 * There is nothing of Python's to compare with, so that the reference is the page's own.
 */
export function opened(
  shown: Exhibit,
  network: Pick<Exhibit, "layers" | "input">,
  weights: readonly Float32Array[],
  labelSmoothing: number,
): Exhibit {
  const layers = withWeights(network.layers, weights);
  const nParameters = layers.reduce((sum, layer) => sum + layer.n_parameters, 0);
  const exhibit = {
    ...shown,
    ...network,
    layers,
    nParameters,
    labelSmoothing,
    answers: null,
    four: null,
    hasFilm: false,
  };
  const pass = forward(exhibit, exhibit.pictures[0]);
  const reference = layers.map(({ name }) => {
    const { data } = pass.layers.get(name)!.activation;
    const n = Math.min(SAMPLES, data.length);
    return Float32Array.from({ length: n }, (_, index) => data[Math.floor((index * data.length) / n)]);
  });
  return { ...exhibit, reference };
}

/** What a model file says besides the layers. */
export interface Told {
  classNames: readonly string[];
  imageShape: readonly number[];
  pixelScale: number;
  recipe: string;
  epochs: number;
  history: Record<string, number[]>;
  seconds: number[];
}

const SCHEMA = "convscope.model/1";
const text = (record: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);

/** A model file as Python's `ImageClassifier.load` opens it, with the weights in the network's order. */
export function modelFile({ network, settings }: Built, weights: readonly Float32Array[], told: Told): Uint8Array {
  const flat = network.input.shape.reduce((product, size) => product * size, 1);
  const layers = [
    { class_name: "InputLayer", config: { batch_shape: [null, flat], dtype: "float32", name: "input" } },
    { class_name: "Reshape", config: { name: "reshape", target_shape: network.input.shape } },
    ...settings,
  ].map((layer) => ({ module: "keras.layers", registered_name: null, ...layer }));
  const keras = {
    module: "keras",
    class_name: "Sequential",
    config: { name: "page", trainable: true, layers, build_input_shape: [null, flat] },
    registered_name: null,
  };
  const files = new Map([
    ["model.json", text({ schema: SCHEMA, keras })],
    ["weights.safetensors", safetensors(network.layers, weights)],
    ["labels.json", text({ classes: told.classNames, dtype: "text" })],
    [
      "preprocess.json",
      text({
        image_shape: told.imageShape,
        n_classes: told.classNames.length,
        pixel_scale: told.pixelScale,
        pixel_range: [0, told.pixelScale],
        logits: false,
        feature_names: [],
        settings: { recipe: told.recipe, n_iter: told.epochs },
        history: told.history,
        seconds: told.seconds,
      }),
    ],
  ]);
  const sha256 = Object.fromEntries([...files].map(([name, content]) => [name, digest(content)]));
  files.set("manifest.json", text({ schema: SCHEMA, sha256 }));
  return stored(files);
}

/** Arrays in the safetensors format: the length of a list, the list as JSON, then the numbers. */
function safetensors(layers: readonly Layer[], weights: readonly Float32Array[]): Uint8Array {
  const list: Record<string, unknown> = {};
  let [next, end] = [0, 0];
  for (const { name, weights: own } of layers)
    for (const [one, { shape }] of Object.entries(own)) {
      const begin = end;
      end += weights[next].byteLength;
      list[`${String(next++).padStart(4, "0")}/page/${name}/${one}`] = {
        dtype: "F32",
        shape,
        data_offsets: [begin, end],
      };
    }
  let header = JSON.stringify(list);
  while (header.length % 8) header += " ";
  const result = new Uint8Array(8 + header.length + end);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(new TextEncoder().encode(header), 8);
  let at = 8 + header.length;
  for (const one of weights) {
    result.set(new Uint8Array(one.buffer, one.byteOffset, one.byteLength), at);
    at += one.byteLength;
  }
  return result;
}
