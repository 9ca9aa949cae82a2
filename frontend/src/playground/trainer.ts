/** One training: passes over the points in batches, and how well it goes. */
import { msg, type Message, type Told } from "../language/catalogue";
import { largest } from "../numbers/extent";
import { hasValues, makeData, type Data, type OwnPoints, type Rows } from "./data";
import { lossFor, type Loss } from "./functions";
import { backward, drawNetwork, emptyPass, emptySlopes, forward, type Dense, type Pass, type Slopes } from "./network";
import { Memory } from "./optimizers";
import { activationsOf, SETTING_NAMES, wordOf, type Settings } from "./settings";

export interface Score {
  loss: number;
  /** A share from 0 to 1; not a number where values are predicted. */
  accuracy: number;
}

export interface Moment {
  pass: number;
  step: number;
  train: Score;
  test: Score;
}

export class Trainer {
  pass = 0;
  step = 0;
  network: Dense[];
  data: Data;
  loss: Loss;
  private memory: Memory;
  private work: Pass;
  private slopes: Slopes;
  /** Rows whose slopes wait for the next step. */
  private waiting = 0;

  constructor(
    public settings: Settings,
    public own: OwnPoints | null,
  ) {
    const { data, random } = makeData(settings, own);
    this.data = data;
    this.loss = lossFor(settings.loss, this.classes);
    this.network = drawNetwork(this.shape(), [...activationsOf(settings), this.loss.last], random, settings.initZero);
    [this.memory, this.work, this.slopes] = [
      new Memory(this.network),
      emptyPass(this.network),
      emptySlopes(this.network),
    ];
  }

  get classes(): number {
    return hasValues(this.settings) ? 0 : Math.max(2, this.data.classNames.length);
  }

  private shape(): number[] {
    return [this.settings.features.length, ...this.settings.networkShape, this.classes > 2 ? this.classes : 1];
  }

  /**
   * Go over all training points once. As in TensorFlow Playground, points that fill no batch at the end of a pass
   * count in the first step of the next.
   */
  advance(): void {
    const { inputs, points } = this.data.train;
    const size = Math.min(this.settings.batchSize, inputs.length);
    inputs.forEach((input, row) => {
      this.learn(input, points[row].label);
      if ((row + 1) % size === 0) this.update();
    });
    this.pass++;
  }

  private learn(input: Float64Array, label: number): void {
    this.work.input = input;
    forward(this.network, this.work);
    backward(this.network, this.work, this.loss, label, this.slopes);
    this.waiting++;
  }

  private update(): void {
    this.memory.update(this.network, this.slopes, this.waiting, this.settings);
    this.waiting = 0;
    this.step++;
  }

  /** Take one step with one training point alone. */
  learnOne(row: number): void {
    this.slopes = emptySlopes(this.network);
    this.waiting = 0;
    this.learn(this.data.train.inputs[row], this.data.train.points[row].label);
    this.update();
  }

  score(rows: Rows): Score {
    let [loss, right] = [0, 0];
    rows.inputs.forEach((input, row) => {
      this.work.input = input;
      const outputs = forward(this.network, this.work);
      const label = rows.points[row].label;
      loss += this.loss.value(outputs, this.work.sums[this.network.length - 1], label);
      if (this.answer(outputs) === label) right++;
    });
    return { loss: loss / rows.inputs.length, accuracy: this.classes ? right / rows.inputs.length : NaN };
  }

  /** The class that the outputs speak for. */
  answer(outputs: Float64Array): number {
    if (outputs.length === 1) return outputs[0] > (this.loss.last === "tanh" ? 0 : 0.5) ? 1 : 0;
    return outputs.indexOf(largest(outputs));
  }

  moment(): Moment {
    return { pass: this.pass, step: this.step, train: this.score(this.data.train), test: this.score(this.data.test) };
  }

  /**
   * Go on with other settings. Weights stay where the mathematics lets them: their numbers do not depend on rates,
   * batches, points or activations. Says what became of them.
   */
  adapt(settings: Settings, own: OwnPoints | null): Told | null {
    const fresh = new Trainer(settings, own);
    const anew = whyAnew(this, fresh);
    if (anew) {
      Object.assign(this, fresh);
      return { text: anew };
    }
    const added = carryOver(this, fresh);
    const kept = settings.optimizer === this.settings.optimizer && !added ? this.memory : fresh.memory;
    const { waiting, slopes } = sameSlopes(this, fresh) ? this : fresh;
    Object.assign(this, { ...fresh, memory: kept, pass: this.pass, step: this.step, waiting, slopes });
    return added && { text: added };
  }
}

/** What may change while rows wait for their step: their slopes stay what they are. */
const OF_STEPS: readonly string[] = [
  "learningRate",
  "regularization",
  "regularizationRate",
  "optimizer",
  "batchSize",
  "stop",
  "stopAt",
  "discretize",
  "showTestData",
];

const sameSlopes = (old: Trainer, fresh: Trainer): boolean =>
  SETTING_NAMES.every(
    (name) => OF_STEPS.includes(name) || wordOf(old.settings, name) === wordOf(fresh.settings, name),
  ) && JSON.stringify(old.own) === JSON.stringify(fresh.own);

function whyAnew(old: Trainer, fresh: Trainer): Message | null {
  const [before, after] = [old.settings, fresh.settings];
  if (before.seed !== after.seed) return msg("All weights were drawn again, since the seed decides them.");
  if (before.initZero !== after.initZero)
    return after.initZero
      ? msg("All weights and biases begin at 0 now.")
      : msg("All weights were drawn again: they no longer begin at 0.");
  if (old.network.length !== fresh.network.length)
    return msg(
      "All weights were drawn again: the weights of a layer fit the layer before it, and that layer has changed.",
    );
  if (old.classes !== fresh.classes) return msg("All weights were drawn again: the number of outputs has changed.");
  if (before.problem !== after.problem)
    return msg("All weights were drawn again: predicting labels and predicting values are different problems.");
  return null;
}

/** Copy the weights of all units that are in both networks; says what had to be drawn. */
function carryOver(old: Trainer, fresh: Trainer): Message | null {
  const featureAt = fresh.settings.features.map((name) => old.settings.features.indexOf(name));
  let added: Message | null = null;
  fresh.network.forEach((layer, index) => {
    const before = old.network[index];
    if (layer.units > before.units)
      added = fresh.settings.initZero
        ? msg("The new neuron's weights begin at 0, all others stay.")
        : msg("The new neuron's weights are drawn, all others stay.");
    for (let input = 0; input < layer.inputs; input++) {
      const from = index ? input : featureAt[input];
      const known = index ? input < before.inputs : from >= 0;
      for (let unit = 0; unit < layer.units; unit++) {
        const place = input * layer.units + unit;
        if (known && unit < before.units) {
          layer.kernel[place] = before.kernel[from * before.units + unit];
          layer.dead[place] = before.dead[from * before.units + unit];
        } else if (!index && unit < before.units) {
          layer.kernel[place] = 0; // a new feature begins without a say, so that nothing jumps
          added ||= msg("The new feature begins with weights of 0, all others stay.");
        }
      }
    }
    layer.bias.set(before.bias.subarray(0, Math.min(layer.units, before.units)));
    if (layer.units < before.units) added ||= msg("The neuron is gone with its weights, all others stay.");
  });
  if (!added && fresh.settings.features.length < old.settings.features.length)
    added = msg("The feature is gone with its weights, all others stay.");
  return added;
}
