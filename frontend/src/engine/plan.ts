/** A network's graph as steps in running order: memory for every value, and operations that belong together as one. */
import type { Use, UseOf, Value } from "../graph/graph";
import { onlyReshapes } from "../primitives/pick";
import { flow, room, type Flow, type Step, type Wiring } from "./flow";
import type { Network } from "./joined";
import type { Address, Memory } from "./memory";
import { bending, isRelu } from "./steps/bend";
import { convolution } from "./steps/convolution";
import { dense } from "./steps/dense";
import { noising } from "./steps/noise";
import { batchNormalization } from "./steps/normalize";
import { pooling } from "./steps/pool";
import { anyPrimitive } from "./steps/primitive";

/** Uses that run as one step: the first one's inputs, the last one's output. */
interface Group {
  use: Use;
  output: number;
  relu: boolean;
  pooled: boolean;
}

/** A step with its place in the graph. */
interface Placed {
  /** Null where numbers only get another shape: the value lies where its input lies. */
  step: Step | null;
  isStatic: boolean;
  /** Slopes of inputs that others use too: added to the first one's when this step has gone back. */
  added: { to: Address; from: Address; input: Flow }[];
}

/** The only use of a value, if it has one. */
function onlyUses(values: readonly Value[], output: number): Map<number, Use> {
  const uses = new Map<number, Use[]>();
  for (const value of values)
    if (value.do) for (const input of value.inputs) uses.set(input, [...(uses.get(input) ?? []), value]);
  uses.delete(output);
  return new Map([...uses].filter(([, users]) => users.length === 1).map(([number, [use]]) => [number, use]));
}

const isDense = ({ settings, inputs }: UseOf<"contract">, values: readonly Value[]): boolean =>
  /^(\w*)(\w),\2(\w)->\1\3$/.test(settings.letters) && !values[inputs[0]].static && values[inputs[1]].static;

const takesRelu = (use: Use, values: readonly Value[]): boolean =>
  !use.static &&
  ((use.do === "convolve" && use.settings.groups === 1 && values[use.inputs[1]].static) ||
    (use.do === "contract" && isDense(use, values)));

const isSmallMax = (use: Use | undefined): boolean =>
  use?.do === "pool" &&
  use.settings.kind === "max" &&
  [...use.settings.window, ...use.settings.strides].every((size) => size === 2) &&
  use.settings.sides.flat().every((size) => size === 0);

/** Join a convolution or a dense layer with its ReLU, and a convolution with the 2x2 max pooling before or after that. */
export function grouped({ graph: { values }, output }: Network): Group[] {
  const only = onlyUses(values, output);
  const gone = new Set<number>();
  const groups: Group[] = [];
  values.forEach((use, number) => {
    if (!use.do || gone.has(number)) return;
    const group: Group = { use, output: number, relu: false, pooled: false };
    groups.push(group);
    if (!takesRelu(use, values)) return;
    for (let next = only.get(group.output); next; next = only.get(group.output)) {
      if (next.do === "bend" && isRelu(next.settings) && !group.relu) group.relu = true;
      else if (use.do === "convolve" && isSmallMax(next) && !group.pooled) group.pooled = true;
      else break;
      group.output = values.indexOf(next);
      gone.add(group.output);
    }
  });
  return groups;
}

function stepOf(group: Group, wiring: Wiring, values: readonly Value[]): Step {
  const { use } = group;
  if (takesRelu(use, values))
    return use.do === "convolve" ? convolution(wiring, use.settings, group) : dense(wiring, group.relu);
  if (use.do === "bend") return bending(wiring, use.settings);
  if (use.static) return anyPrimitive(wiring, use);
  if (use.do === "pool") return pooling(wiring, use.settings);
  if (use.do === "noise" && use.settings.kind !== "none" && use.settings.rate) return noising(wiring, use.settings);
  if (use.do === "normalize" && use.inputs.length > 1 && use.settings.momentum !== null)
    return batchNormalization(wiring, use.settings);
  return anyPrimitive(wiring, use);
}

export interface Plan {
  flows: ReadonlyMap<number, Flow>;
  placed: Placed[];
}

/**
 * Lay out the memory for parts of so many rows, and make the steps; `given` are the values that lie there already: the
 * weights.
 */
export function planned(network: Network, memory: Memory, rows: number, given: ReadonlyMap<number, Flow>): Plan {
  const { graph: { values }, input, output } = network; // prettier-ignore
  const groups = grouped(network);
  const left = new Map<number, number>();
  for (const number of groups.flatMap(({ use }) => use.inputs)) left.set(number, (left.get(number) ?? 0) + 1);
  const flows = new Map<number, Flow>(given);
  flows.set(input, flow(memory, values[input].shape, false, rows, false));
  values.forEach((value, number) => {
    if (value.do || !value.numbers) return;
    flows.set(number, flow(memory, value.shape, true, rows, false));
    memory.numbers(flows.get(number)!.y, value.numbers.length).set(value.numbers);
  });
  const placed = groups.map((group): Placed => {
    const { use } = group;
    const inputs = use.inputs.map((number) => flows.get(number)!);
    const added: Placed["added"] = [];
    const slopes = use.inputs.map((number, index) => {
      left.set(number, left.get(number)! - 1);
      const one = inputs[index];
      if (!one.dy || !left.get(number)) return one.dy; // the last to use a value is the first to go back: it writes
      const from = room(memory, one.shape, one.static, rows);
      added.push({ to: one.dy, from, input: one });
      return from;
    });
    const { shape, static: isStatic } = values[group.output];
    if (use.do === "pick" && onlyReshapes(use.settings) && group.output !== output) {
      flows.set(group.output, { ...inputs[0], shape, dy: slopes[0] });
      return { step: null, isStatic, added };
    }
    const own = flow(memory, shape, isStatic, rows, slopes.some(Boolean));
    flows.set(group.output, own);
    return { step: stepOf(group, { memory, rows, inputs, slopes, output: own }, values), isStatic, added };
  });
  return { flows, placed };
}
