/** Why this answer: slopes of a class's score for the pixels, their sum along a way, and the maps that speak for it. */
import { t } from "../language/catalogue";
import type { Exhibit, Layer, Picture } from "../bundle";
import { forward, inputOf, type Pass } from "../network";
import { goBack } from "../graph/graph";
import { asImage, sizeOf, together, zeros, type Tensor } from "../graph/tensor";

/** Why the page cannot say; empty where it can. */
export function whyNot(exhibit: Exhibit): string {
  const unknown = exhibit.layers.find((layer) => !layer.graph);
  if (unknown)
    return t("The page cannot compute gradients through {name} ({kind}); use convscope why, which runs in Python.", {
      name: unknown.name,
      kind: unknown.kind,
    });
  return exhibit.classNames.length ? "" : t("This network has no classes to explain.");
}

const lastOf = (exhibit: Exhibit): Layer => exhibit.layers[exhibit.layers.length - 1];

/** The score of a class: what the last layer adds up, before its activation. One output speaks for the second class. */
export function scoreOf(exhibit: Exhibit, pass: Pass, label: number): number {
  const { data } = pass.layers.get(lastOf(exhibit).name)!.preActivation;
  return data.length === 1 ? (label ? data[0] : -data[0]) : data[label];
}

/** The slope of a class's score for every layer's activation, and under the input's name for the input. */
export function slopesOf(exhibit: Exhibit, pass: Pass, label: number): Map<string, Tensor> {
  const slopes = new Map<string, Tensor>();
  const last = lastOf(exhibit);
  for (const layer of [...exhibit.layers].reverse()) {
    const slope = layer === last ? askedFor(pass.layers.get(layer.name)!.preActivation, label) : slopes.get(layer.name);
    if (!slope) continue;
    const graph = layer.graph!;
    const found = goBack(
      graph,
      pass.layers.get(layer.name)!.values,
      new Map([[layer === last ? graph.before : graph.outputs[0], slope]]),
    );
    layer.inputs.forEach((name, index) => {
      const one = found.get(graph.sources[index]);
      if (one) slopes.set(name, together(slopes.get(name), one));
    });
  }
  return slopes;
}

/** The slope of a score for the sums that it is one of. */
function askedFor({ shape }: Tensor, label: number): Tensor {
  const asked = zeros(shape);
  if (asked.data.length === 1) asked.data[0] = label ? 1 : -1;
  else asked.data[label] = 1;
  return asked;
}

/** How the score changes with each pixel, per unit of intensity. */
export function saliencyOf(exhibit: Exhibit, pass: Pass, label: number): Tensor {
  const slope = slopesOf(exhibit, pass, label).get(exhibit.input.name) ?? zeros(exhibit.input.shape);
  return { shape: pass.picture.pixels.shape, data: slope.data.map((value) => value / exhibit.pixelScale) };
}

export interface Contributions {
  score: number;
  baseline: number;
  pixels: Tensor;
  /** By how much the contributions miss the score's rise, as a fraction of it. */
  error: number;
  steps: number;
}

const [FIRST_STEPS, MOST_STEPS, TOLERANCE] = [32, 1024, 0.01];

/** Add the slopes up on the straight way from black to the picture; steps are doubled until the sum is right to 1 %. */
export async function integratedGradients(
  exhibit: Exhibit,
  picture: Picture,
  label: number,
  rest: () => Promise<boolean>,
): Promise<Contributions | null> {
  const image = inputOf(exhibit, picture).data;
  const along = (share: number): Pass =>
    forward(exhibit, {
      ...picture,
      pixels: { shape: picture.pixels.shape, data: picture.pixels.data.map((value) => value * share) },
    });
  const [score, baseline] = [scoreOf(exhibit, along(1), label), scoreOf(exhibit, along(0), label)];
  for (let steps = FIRST_STEPS; ; steps *= 2) {
    const total = new Float64Array(image.length);
    for (let step = 0; step < steps; step++) {
      const slope = slopesOf(exhibit, along((step + 0.5) / steps), label).get(exhibit.input.name);
      for (let place = 0; slope && place < total.length; place++) total[place] += slope.data[place] / steps;
      if (!(await rest())) return null;
    }
    const data = Float32Array.from(total, (value, place) => value * image[place]);
    const missed = Math.abs(data.reduce((sum, value) => sum + value, 0) - (score - baseline));
    const error = missed / Math.max(Math.abs(score - baseline), 1e-12);
    if (error <= TOLERANCE || steps >= MOST_STEPS)
      return { score, baseline, pixels: { shape: picture.pixels.shape, data }, error, steps };
  }
}

/** Weigh a layer's maps by the mean slope of the score, and keep what speaks for the class. */
export function gradCam(exhibit: Exhibit, pass: Pass, label: number, layer: string): Tensor {
  const maps = pass.layers.get(layer)!.activation;
  const slope = slopesOf(exhibit, pass, label).get(layer) ?? zeros(maps.shape);
  const [height, width, channels] = asImage(maps.shape);
  const weights = new Float64Array(channels);
  slope.data.forEach((value, place) => (weights[place % channels] += value / (height * width)));
  const result = zeros([height, width, 1]);
  for (let place = 0; place < height * width; place++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += weights[channel] * maps.data[place * channels + channel];
    result.data[place] = Math.max(0, sum);
  }
  return result;
}

/** A picture with a patch of one intensity on it. */
export function covered(picture: Picture, row: number, column: number, side: number, fill: number): Picture {
  const [height, width, channels] = asImage(picture.pixels.shape);
  const data = Float32Array.from(picture.pixels.data);
  for (let y = Math.max(0, row); y < Math.min(height, row + side); y++)
    for (let x = Math.max(0, column); x < Math.min(width, column + side); x++)
      data.fill(fill, (y * width + x) * channels, (y * width + x + 1) * channels);
  return { ...picture, pixels: { shape: picture.pixels.shape, data } };
}

/** One number for each pixel: channels added up, or the largest size of them. */
export function perPixel({ shape, data }: Tensor, how: "sum" | "size"): Tensor {
  const [height, width, channels] = asImage(shape);
  const result = zeros([height, width, 1]);
  if (sizeOf(shape) !== height * width * channels) return result;
  for (let place = 0; place < height * width; place++)
    for (let channel = 0; channel < channels; channel++) {
      const value = data[place * channels + channel];
      result.data[place] = how === "sum" ? result.data[place] + value : Math.max(result.data[place], Math.abs(value));
    }
  return result;
}
