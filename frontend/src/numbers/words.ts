/** A step in one plain sentence, and as NumPy. */
import { nameText } from "./names";
import { msg, t, tn, type Message } from "../language/catalogue";
import type { Exhibit, Layer } from "../bundle";
import type { Use } from "../graph/graph";
import type { Shape } from "../graph/tensor";
import { count, DECIMALS, numberText, shownProduct } from "./digits";
import { handsOn, pictureShape } from "./graph";
import { curveOf, isScaling, mainOf, partsOf } from "./parts";
import type { Step } from "./step";

const ACTIVATION_NAMES: Readonly<Record<string, string>> = {
  relu: "ReLU",
  relu6: "ReLU6",
  elu: "ELU",
  celu: "CELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  leaky_relu: msg("leaky ReLU"),
};
export const activationName = (curve: string): string => t((ACTIVATION_NAMES[curve] ?? curve) as Message);

interface Shaped {
  readonly shape: Shape;
}
export const isUnit = ({ shape }: Shaped): boolean => shape.length !== 2 && shape.length !== 3;
export const nameOfMap = (of: Shaped, map: number): string => nameText(isUnit(of) ? `unit ${map}` : `map ${map}`);

/** How Python tells where a layer's numbers come from, besides sums of its parameters. */
const ORIGINS: readonly Message[] = [
  msg("largest of {size}; {division}, rounded down"),
  msg("mean of {size}; {division}, rounded down"),
  msg("largest of {size}"),
  msg("mean of {size}"),
  msg("no parameters"),
  msg("{n} pixels back in their places"),
  msg("each value times {factor}"),
  msg("only during training"),
];

export function originText(told: string): string {
  for (const origin of ORIGINS) {
    const found = new RegExp(`^${origin.replace(/\{\w+\}/g, "(.+)")}$`).exec(told)?.slice(1);
    const places = Array.from(origin.matchAll(/\{(\w+)\}/g), ([, name]) => name);
    if (found) return t(origin, Object.fromEntries(places.map((name, index) => [name, found[index]])));
  }
  return told;
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** What a layer does to each of its values, whatever the picture. */
export function whatItDoes(exhibit: Exhibit, layer: Layer): string {
  const parts = partsOf(layer);
  if (!layer.graph) return t("Computed by Python: {note}.", { note: layer.note });
  const last = parts[parts.length - 1];
  const use = mainOf(last);
  const curve = curveOf(last);
  const does =
    parts.length > 1
      ? ""
      : use
        ? doing(exhibit, layer, use)
        : curve === "linear"
          ? t("Passes every value on unchanged")
          : t("Works on each value separately");
  return does
    ? `${does}${curve === "linear" ? "" : `; ${afterwards(curve)}`}.`
    : `${capital(t(layer.words as Message))}.`;
}

/** What a primitive does in a layer; empty where the layer's kind says it better. */
function doing(exhibit: Exhibit, layer: Layer, use: Use): string {
  const graph = layer.graph!;
  const shapes = use.inputs.map((input) => graph.values[input].shape);
  const hasBias = shapes.length > 2;
  if (use.do === "convolve" && graph.values[use.inputs[1]].static) {
    const window = shapes[1].slice(0, 2).join(" × ");
    if (layer.kind.startsWith("Depthwise"))
      return t("Slides a {window} kernel of its own over one input map", { window });
    if (layer.kind.includes("Transpose")) return "";
    const n = pictureShape(exhibit, layer.inputs[0])[2] === 1 ? 1 : shapes[1][2];
    return hasBias
      ? tn(
          "Adds {n} input map through its own {window} kernel, and one bias",
          "Adds {n} input maps, each through its own {window} kernel, and one bias",
          n,
          { window },
        )
      : tn(
          "Adds {n} input map through its own {window} kernel",
          "Adds {n} input maps, each through its own {window} kernel",
          n,
          { window },
        );
  }
  if (use.do === "contract" && layer.kind === "Dense")
    return hasBias
      ? t("Adds {n} numbers, each times its own weight, and one bias", { n: count(shapes[1][0]) })
      : t("Adds {n} numbers, each times its own weight", { n: count(shapes[1][0]) });
  if (use.do === "pool" && layer.kind.includes("Pooling")) {
    const { kind, window } = use.settings;
    if (layer.kind.startsWith("Global"))
      return kind === "max" ? t("Keeps the largest value of the whole map") : t("Takes the mean of the whole map");
    return kind === "max"
      ? t("Keeps the largest of each {window} window", { window: window.join(" × ") })
      : t("Takes the mean of each {window} window", { window: window.join(" × ") });
  }
  if (isScaling(graph, use)) return t("Multiplies every value of a map by one number and adds another");
  if (layer.kind === "Add") return t("Adds {inputs} maps, value by value", { inputs: layer.inputs.length });
  if (use.do === "join" && layer.kind === "Concatenate")
    return t("Puts {inputs} stacks of maps, one after the other", { inputs: layer.inputs.length });
  if (layer.kind.startsWith("ZeroPadding")) return t("Puts zeros around every map");
  return handsOn(layer) ? t("Passes every value on unchanged") : "";
}

function afterwards(curve: string): string {
  if (curve === "relu") return t("ReLU keeps what is above 0");
  if (curve === "softmax") return t("softmax turns the sums into probabilities");
  return t("then {curve}", { curve: activationName(curve) });
}

/** What the activation does with a sum, in a few words. */
export function howItBends(step: Step): string {
  const name = curveOf(step.part);
  const sum = numberText(step.sum);
  if (name === "linear") return t("the value");
  return name === "relu"
    ? t("ReLU: the larger of 0 and {sum}", { sum })
    : t("{name} of {sum}", { name: activationName(name), sum });
}

/** The numbers of one step, in words. */
export function sentenceOf(step: Step): string {
  return [whatHappens(step), after(step)].filter(Boolean).join(" ");
}

function whatHappens(step: Step): string {
  const [first] = step.groups;
  const [one] = first.terms;
  const total = numberText(step.sum);
  if (step.measured) return measuredSentence(step, step.measured);
  if (step.rule === "largest") {
    const inside = step.groups.flatMap((group) =>
      group.terms.filter((term) => term.inside).map((term) => ({ group, term })),
    );
    const winner = inside.find(({ term }) => term.product === step.sum);
    return winner
      ? t("The largest of {inside} values is {total}, at row {row}, column {column} of {name} of {source}.", {
          inside: count(inside.length),
          total,
          row: winner.term.row,
          column: winner.term.column,
          name: nameText(winner.group.name),
          source: winner.group.source,
        })
      : t("The largest of {inside} values is {total}.", { inside: count(inside.length), total });
  }
  if (step.rule === "product") {
    const factors = step.groups.map((group) => ({ name: nameText(group.name), value: group.terms[0].input }));
    const product = shownProduct(factors.map(({ value }) => value));
    const shown = factors.map(({ name, value }) => `${numberText(value, DECIMALS)} (${name})`);
    return `${shown.join(" × ")} = ${numberText(product, DECIMALS)}.`;
  }
  if (step.rule === "mean") {
    const inside = first.terms.filter((term) => term.inside).length;
    return t("{inside} values add up to {subtotal}; divided by {inside} that is {total}.", {
      inside: count(inside),
      subtotal: numberText(first.subtotal),
      total,
    });
  }
  if (step.rule === "copy") {
    if (!one.inside) return t("A zero from the padding around the map.");
    return t("It takes {total} from row {row}, column {column} of {name} of {source}.", {
      total,
      row: one.row,
      column: one.column,
      name: nameText(first.name),
      source: first.source,
    });
  }
  if (step.scaling) {
    const [input, weight] = [numberText(one.input, 6), numberText(one.weight ?? 1, 6)];
    const product = { input, weight, total };
    return step.bias === null
      ? t("{input} times {weight} is {total}.", product)
      : t("{input} times {weight}, plus {bias}, is {total}.", { ...product, bias: numberText(step.bias, 6) });
  }
  if (step.use?.do === "add")
    return `${step.groups.map((group) => `${numberText(group.subtotal)} (${nameText(group.name)})`).join(" + ")} = ${total}.`;
  return sumSentence(step);
}

function measuredSentence({ rule, groups, sum }: Step, { own, mean, size }: NonNullable<Step["measured"]>): string {
  const [n, divided] = [count(groups[0].terms.length), numberText(size, 6)];
  if (rule === "length")
    return t("{own} is divided by the length of {n} values, {divided}: {sum}.", {
      own: numberText(own, 6),
      n,
      divided,
      sum: numberText(sum),
    });
  if (rule === "root mean square")
    return t("{own} is divided by the root of the mean square of {n} values, {divided}: {sum}.", {
      own: numberText(own, 6),
      n,
      divided,
      sum: numberText(sum),
    });
  return t("{own} less {mean}, the mean of {n} values, is divided by their deviation, {divided}: {sum}.", {
    own: numberText(own, 6),
    mean: numberText(mean, 6),
    n,
    divided,
    sum: numberText(sum),
  });
}

function sumSentence(step: Step): string {
  const several = step.groups.length > 1;
  const parts = several ? step.groups.map((group) => group.subtotal) : step.groups[0].terms.map((term) => term.product);
  const sum = numberText(step.sum);
  const outcome = step.bias === null ? t("That makes {sum}.", { sum }) : t("With the bias that makes {sum}.", { sum });
  const pushed = parts.length > 1 ? `: ${howTheyPush(parts)}` : "";
  return `${whatIsAdded(step)}${pushed}. ${outcome}`;
}

function whatIsAdded({ groups, use }: Step): string {
  const [{ name, height, width, terms }] = groups;
  const n = count(groups.length);
  if (groups.length === 1 && terms.length === 1) return t("It is one number times its weight");
  if (groups.length === 1)
    return use?.do === "convolve"
      ? t("It adds the {terms} products of a window and its {height} × {width} kernel", {
          terms: count(terms.length),
          height,
          width,
        })
      : t("It adds {terms} products, each a number times its own weight", { terms: count(terms.length) });
  if (name.startsWith("unit")) return t("It adds {n} inputs, each times its own weight", { n });
  if (use?.do === "convolve")
    return t("It adds {n} input maps, each through its own {height} × {width} kernel", { n, height, width });
  return terms.length > 1
    ? t("It adds {n} input maps, each number times its own weight", { n })
    : t("It adds {n} input maps, each times its own weight", { n });
}

/** How many parts of a sum raise it, lower it, and do neither. */
function howTheyPush(parts: readonly number[]): string {
  const up = parts.filter((part) => part > 0).length;
  const down = parts.filter((part) => part < 0).length;
  const neither = parts.length - up - down;
  const clauses = [
    up > 0 && (up === 1 ? t("1 pushes it up") : t("{up} push it up", { up: count(up) })),
    down > 0 && (down === 1 ? t("1 pushes it down") : t("{down} push it down", { down: count(down) })),
    neither > 0 &&
      (neither === 1 ? t("1 leaves it as it is") : t("{neither} leave it as it is", { neither: count(neither) })),
  ];
  return clauses.filter(Boolean).join(", ");
}

function after(step: Step): string {
  if (!step.curve) return "";
  const name = curveOf(step.part);
  if (step.line && name === "softmax") {
    const total = step.line.exponentials.reduce((sum, value) => sum + value, 0);
    return t("Its exponential {exponential} is divided by the sum of all {n}, {total}: {share}.", {
      exponential: numberText(step.line.exponentials[step.line.index], 6),
      n: count(step.line.sums.length),
      total: numberText(total, 6),
      share: numberText(step.value, 6),
    });
  }
  if (name === "relu" && step.value === step.sum) return t("It is above 0, so ReLU keeps it.");
  if (name === "relu" && step.value === 0) return t("It is not above 0, so ReLU gives 0.");
  return t("{name} makes it {value}.", { name: activationName(name), value: numberText(step.value) });
}
