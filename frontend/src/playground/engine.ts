/** What the screen asks of a training, answered in a worker where there may be one, else in the page itself. */
import { msg, type Told } from "../language/catalogue";
import type { OwnPoints } from "./data";
import { takeApart, type Example } from "./example";
import type { Dense } from "./network";
import type { Settings } from "./settings";
import { featureGrids, surfaces } from "./surface";
import { Trainer, type Moment } from "./trainer";
import { troubleOf, type Trouble } from "./trouble";

export type Order =
  | { do: "begin"; settings: Settings; own: OwnPoints | null }
  | { do: "adapt"; settings: Settings; own: OwnPoints | null }
  | { do: "advance"; passes: number }
  | { do: "weight"; layer: number; place: number; value: number; isBias: boolean }
  | { do: "put"; weights: number[][] }
  | { do: "learn"; row: number }
  | { do: "look"; row: number };

/** A training as it stands. */
export interface Frame {
  moments: Moment[];
  network: Dense[];
  grids: Float32Array;
  /** What became of the weights. */
  said: Told | null;
  trouble: Trouble | null;
  /** Why it ended by itself; null where it did not. */
  ended: Told | null;
  example: Example | null;
}

export type Answer = (order: Order) => Frame;

/** A training that takes orders one after the other. */
export function startEngine(): Answer {
  let trainer: Trainer;
  let first = NaN;
  let [best, since] = [Infinity, 0];
  let ground = { for: "", grids: new Float32Array() };

  const inputs = (): Float32Array<ArrayBuffer> => {
    const { settings, data } = trainer;
    const named = [...settings.features, ...data.extent].join();
    if (ground.for !== named) ground = { for: named, grids: featureGrids(settings.features, data.extent) };
    return ground.grids;
  };

  const frame = (moments: Moment[], more: Partial<Frame> = {}): Frame => ({
    moments,
    network: trainer.network,
    grids: surfaces(trainer.network, inputs()),
    said: null,
    trouble: null,
    ended: null,
    example: null,
    ...more,
  });

  const begin = (settings: Settings, own: OwnPoints | null): Frame => {
    trainer = new Trainer(settings, own);
    const moment = trainer.moment();
    [first, best, since] = [moment.train.loss, Infinity, 0];
    return frame([moment]);
  };

  const advance = (passes: number): Frame => {
    const moments: Moment[] = [];
    let trouble: Trouble | null = null;
    let ended: Told | null = null;
    for (let count = 0; count < passes && !trouble && !ended && trainer.data.train.points.length; count++) {
      trainer.advance();
      const moment = trainer.moment();
      moments.push(moment);
      trouble = troubleOf(trainer, moment, first);
      ended = whyEnded(moment);
    }
    return frame(moments.length ? moments : [trainer.moment()], { trouble, ended });
  };

  const whyEnded = ({ pass, train, test }: Moment): Told | null => {
    const { stop, stopAt } = trainer.settings;
    const hasTest = trainer.data.test.points.length > 0;
    const loss = hasTest ? test.loss : train.loss;
    const values = { pass, limit: stopAt };
    [best, since] = loss < best ? [loss, 0] : [best, since + 1];
    if (stop === "passes" && pass >= stopAt)
      return { text: msg("Stopped after {limit} passes, as the stop rule says."), values };
    if (stop === "loss" && train.loss <= stopAt)
      return { text: msg("Stopped after {pass} passes: the training loss is {limit} or less."), values };
    if (stop === "patience" && since >= stopAt)
      return {
        text: hasTest
          ? msg("Stopped after {pass} passes: the test loss was lowest {limit} passes ago.")
          : msg("Stopped after {pass} passes: the training loss was lowest {limit} passes ago."),
        values,
      };
    return null;
  };

  return (order) => {
    switch (order.do) {
      case "begin":
        return begin(order.settings, order.own);
      case "adapt": {
        const said = trainer.adapt(order.settings, order.own);
        [best, since] = [Infinity, 0];
        return frame([trainer.moment()], { said });
      }
      case "advance":
        return advance(order.passes);
      case "weight": {
        const layer = trainer.network[order.layer];
        (order.isBias ? layer.bias : layer.kernel)[order.place] = order.value;
        if (!order.isBias) layer.dead[order.place] = 0;
        return frame([trainer.moment()]);
      }
      case "put":
        trainer.network.forEach((layer, index) => {
          layer.kernel.set(order.weights[2 * index]);
          layer.bias.set(order.weights[2 * index + 1]);
        });
        return frame([trainer.moment()]);
      case "learn":
        trainer.learnOne(order.row);
        return frame([trainer.moment()], { example: takeApart(trainer, order.row) });
      case "look":
        return frame([trainer.moment()], { example: takeApart(trainer, order.row) });
    }
  };
}
