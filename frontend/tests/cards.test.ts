import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exhibit, Layer } from "../src/bundle";
import type { Value } from "../src/graph/graph";
import { layerGraph } from "../src/graph/layer";
import { sizeOf, type Tensor } from "../src/graph/tensor";
import { forward } from "../src/network";
import { cardOf } from "../src/numbers/card";
import { exactSumLines, formatNumber, shownProduct } from "../src/numbers/digits";
import { pictureShape } from "../src/numbers/graph";
import { asNumPy } from "../src/numbers/numpy";
import { partsOf } from "../src/numbers/parts";
import { stepOf } from "../src/numbers/step";
import { seededRandom, uniform, type Random } from "../src/playground/random";

const CARDS = 1000;

/** Ten-thousandths, or what else the decimals say, as a whole number. */
const whole = (text: string): bigint => BigInt(text.replace("−", "-").replace(/[+,.]/g, ""));

/** What a pocket calculator gives for two shown numbers, rounded half away from 0: in whole numbers. */
function calculator(one: string, other: string, digits: number): bigint {
  const product = whole(one) * whole(other);
  const scale = 10n ** BigInt(digits);
  const size = ((product < 0n ? -product : product) + scale / 2n) / scale;
  return product < 0n ? -size : size;
}

const tensor = (random: Random, shape: number[], spread: number): Tensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => uniform(random, -spread, spread)),
});

function layer(name: string, kind: string, input: string, shape: number[], values: Value[], weights: Tensor[]): Layer {
  const named = Object.fromEntries(weights.map((weight, index) => [["kernel", "bias"][index], weight]));
  const graph = layerGraph({
    values,
    sources: [0, ...weights.map((_, index) => index + 1)],
    outputs: [values.length - 1],
  });
  return {
    name, kind, words: "", inputs: [input], shape, n_parameters: 0, arithmetic: "", graph,
    function: "relu", note: "", rounding: 0, known_fault: false, weights: named,
  }; // prettier-ignore
}

/** A convolution with ReLU, and a bias. */
function convolution(
  random: Random,
  name: string,
  input: string,
  from: number[],
  maps: number,
  side: number,
  same: boolean,
) {
  const around = same ? [Math.floor((side - 1) / 2), Math.ceil((side - 1) / 2)] : [0, 0];
  const shape = [...from.slice(0, 2).map((length) => length + around[0] + around[1] - side + 1), maps];
  const kernel = tensor(random, [side, side, from[2], maps], 0.7);
  const settings = { strides: [1, 1], sides: [around, around], dilation: [1, 1], groups: 1 } as const;
  const values = [
    { shape: from, static: false },
    { shape: kernel.shape, static: true },
    { shape: [maps], static: true },
    { shape, static: false, do: "convolve", settings, inputs: [0, 1, 2], part: "sum" },
    { shape, static: false, do: "bend", settings: { curve: "relu", how: [] }, inputs: [3], part: "relu" },
  ] as unknown as Value[];
  return layer(name, "Conv2D", input, shape, values, [kernel, tensor(random, [maps], 0.1)]);
}

/** Three networks: grey and small, coloured and padded, bright and heavy. */
function network(seed: number): Exhibit {
  const random = seededRandom(String(seed));
  const [channels, maps, side, scale] = [
    [1, 4, 3, 255],
    [3, 5, 2, 255],
    [2, 3, 5, 1],
  ][seed];
  const shape = [9, 8, channels];
  const pixels = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => Math.floor(256 * random())) };
  const first = convolution(random, "first", "image", shape, maps, side, seed === 1);
  const second = convolution(random, "second", "first", first.shape, 3, 2, seed === 1);
  return {
    input: { name: "image", shape },
    pixelScale: scale,
    layers: [first, second],
    pictures: [{ row: 0, label: null, name: "row 0", pixels, values: new Map() }],
    classNames: [],
    imageShape: shape,
  } as unknown as Exhibit;
}

test("a product is the product of what is shown, rounded half away from 0", () => {
  assert.equal(shownProduct([0.44454, 0.36554]), 0.1625);
  assert.equal(shownProduct([-0.5, 0.0001]), -0.0001);
  assert.equal(formatNumber(shownProduct([-0.0049, 0.0001]), 4), "0.0000");
  assert.equal(shownProduct([Infinity, 2]), Infinity);
});

test("a calculator confirms 1,000 cards of three networks, and they add up digit for digit", () => {
  for (const seed of [0, 1, 2]) {
    const exhibit = network(seed);
    const pass = forward(exhibit, exhibit.pictures[0]);
    const random = seededRandom(`cards ${seed}`);
    const below = (n: number): number => Math.floor(n * random());
    for (let card = 0; card < CARDS / 3; card++) {
      const layer = exhibit.layers[below(2)];
      const parts = partsOf(layer);
      const [height, width, maps] = pictureShape(exhibit, layer.name);
      const step = stepOf(exhibit, pass, parts[parts.length - 1], below(height), below(width), below(maps))!;
      const group = step.groups[below(step.groups.length)];
      const { digits, products, rounding } = cardOf(group);
      const texts = products.map((product) => formatNumber(product, digits));
      group.terms.forEach(({ input, weight }, index) => {
        const [one, other] = [input, weight!].map((factor) => formatNumber(factor, digits));
        assert.equal(whole(texts[index]), calculator(one, other, digits));
      });
      const shown = [...texts, ...(rounding ? [rounding] : [])].reduce((sum, text) => sum + whole(text), 0n);
      assert.equal(shown, whole(formatNumber(group.subtotal, digits)));
      const terms = step.groups.map(({ name, subtotal }): [string, number] => [name, subtotal]);
      const lines = exactSumLines(terms, step.sum, 3, 9, [["bias", step.bias!]]).map(({ text }) => whole(text));
      assert.equal(
        lines.slice(0, -1).reduce((sum, line) => sum + line, 0n),
        lines[lines.length - 1],
      );
      assert.match(asNumPy(exhibit, step).join("\n"), /# -?[\d.]+$/);
      assert.ok(Math.abs(step.value - step.shown) <= 1e-5 * Math.max(1, Math.abs(step.shown)));
    }
  }
});
