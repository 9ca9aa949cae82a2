/** A training as a worker runs it: begin, pause, go on, stop; and what it tells on the way. */
import { countLooks, type FilmLook } from "./looks";
import { Trainer, type Exchange, type Tally, type Task } from "./trainer";

export type Order = { do: "begin"; task: Task; me: number; workers: number } | { do: "pause" | "go on" | "stop" };

/** Where a training is; `loss` and `accuracy` are of the rows learned from since the last progress. */
export interface Progress {
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  seconds: number;
  loss: number;
  accuracy: number;
}

/** Loss and accuracy of an epoch, under the names that Python's history has. */
export type EpochMetrics = Partial<Record<"loss" | "accuracy" | "val_loss" | "val_accuracy", number>>;

export type Event =
  | { tells: "ready"; isFast: boolean; steps: number; bytes: number }
  | { tells: "progress"; progress: Progress }
  | { tells: "look"; look: FilmLook }
  | { tells: "epoch"; epoch: number; metrics: EpochMetrics }
  | { tells: "paused"; progress: Progress }
  | { tells: "ended"; why: "done" | "stopped" | "diverged"; step: number; weights: Float32Array<ArrayBuffer>[] }
  | { tells: "answers"; values: Float32Array<ArrayBuffer> }
  | { tells: "failed"; words: string };

export type Tell = (event: Event, given?: ArrayBuffer[]) => void;

const [BREATH, TOLD] = [40, 100]; // milliseconds: orders are heard, and progress is told, at least so often

const NOTHING: Tally = { loss: 0, right: 0, rows: 0 };

/** Let orders in that wait; a timer of a page in the background would be slowed down, a message is not. */
function breathe(): Promise<void> {
  return new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      go();
    };
    port2.postMessage(null);
  });
}

/** One worker's training. Only the first one tells and is told; the others follow, because none gets on without it. */
export class Session {
  private isPaused = false;
  private isStopped = false;
  private wake: (() => void) | null = null;

  constructor(
    private readonly tell: Tell,
    private readonly exchange: Exchange | undefined,
  ) {}

  hear(order: Order): void {
    if (order.do === "begin") {
      try {
        const trainer = new Trainer(order.task, order.me, order.workers);
        void this.run(trainer).catch((error) => this.tell({ tells: "failed", words: String(error) }));
      } catch (error) {
        this.tell({ tells: "failed", words: error instanceof Error ? error.message : String(error) });
      }
      return;
    }
    this.isPaused = order.do === "pause";
    this.isStopped ||= order.do === "stop";
    this.wake?.();
  }

  private async run(trainer: Trainer): Promise<void> {
    const { task, me, isFast, steps, learner } = trainer;
    const isFirst = me === 0;
    const told: Tell = (event, given) => isFirst && this.tell(event, given);
    told({ tells: "ready", isFast, steps, bytes: learner.memory.bytes });
    const looks = countLooks(trainer);
    let [began, lastBreath, lastTold] = [performance.now(), performance.now(), 0];
    let [since, epoch] = [NOTHING, NOTHING];
    const progress = (): Progress => ({
      step: trainer.step,
      steps,
      epoch: trainer.epoch,
      epochs: task.training.epochs,
      seconds: (performance.now() - began) / 1000,
      ...means(since),
    });
    if (isFirst) told(...looks.look(0));
    while (trainer.step < steps) {
      if (performance.now() - lastBreath > BREATH) {
        await breathe();
        lastBreath = performance.now();
      }
      if (this.isPaused && !this.isStopped) {
        told({ tells: "paused", progress: progress() });
        const paused = performance.now();
        await new Promise<void>((go) => (this.wake = go));
        began += performance.now() - paused;
        continue;
      }
      if (this.isStopped) return this.end(trainer, "stopped");
      const tally = await trainer.advance(this.exchange);
      [since, epoch] = [plus(since, tally), plus(epoch, tally)];
      if (isFirst && !Number.isFinite(tally.loss)) return this.end(trainer, "diverged");
      if (performance.now() - lastTold > TOLD) {
        told({ tells: "progress", progress: progress() });
        [since, lastTold] = [NOTHING, performance.now()];
      }
      if (isFirst && looks.isDue(trainer.step, steps)) told(...looks.look((performance.now() - began) / 1000));
      if (trainer.step % trainer.stepsPerEpoch) continue;
      if (isFirst) told({ tells: "epoch", epoch: trainer.epoch - 1, metrics: await this.measured(trainer, epoch) });
      epoch = NOTHING;
    }
    told({ tells: "progress", progress: progress() });
    this.end(trainer, "done");
  }

  /** Measure the rows that are held out, a few at a time, so that a stop is heard meanwhile. */
  private async measured(trainer: Trainer, epoch: Tally): Promise<EpochMetrics> {
    const { learner, task: { heldOut } } = trainer; // prettier-ignore
    if (!heldOut) return means(epoch);
    let tally = NOTHING;
    const few = learner.rows * 8;
    for (let start = 0; start < heldOut.count && !this.isStopped; start += few) {
      const rows = Array.from({ length: Math.min(few, heldOut.count - start) }, (_, index) => start + index);
      tally = plus(tally, trainer.examine(heldOut, rows));
      await breathe();
    }
    const { loss, accuracy } = means(tally);
    return { ...means(epoch), val_loss: loss, val_accuracy: accuracy };
  }

  private end(trainer: Trainer, why: "done" | "stopped" | "diverged"): void {
    const weights = trainer.weights();
    if (trainer.me === 0)
      this.tell(
        { tells: "ended", why, step: trainer.step, weights },
        weights.map(({ buffer }) => buffer),
      );
  }
}

const plus = (one: Tally, other: Tally): Tally => ({
  loss: one.loss + other.loss,
  right: one.right + other.right,
  rows: one.rows + other.rows,
});

const means = ({ loss, right, rows }: Tally): { loss: number; accuracy: number } => ({
  loss: loss / (rows || 1),
  accuracy: right / (rows || 1),
});
