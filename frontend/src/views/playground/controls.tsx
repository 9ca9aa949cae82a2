/** Run, and what a run is made of. */
import { msg, t, tn, type Message } from "../../language/catalogue";
import { Toolbar } from "../parts/toolbar";
import { count } from "../../numbers/digits";
import type { Session } from "../../playground/session";
import { OPTIONS, type Settings } from "../../playground/settings";
import { wordsOf } from "../../playground/words";
import { Select } from "../parts/parts";

export function Controls({ session }: { session: Session }) {
  const settings = session.settings.value;
  const hides = (name: string): boolean => session.hidden.value.has(name);
  const pick = (name: keyof Settings, label: string, options: readonly (string | number)[]) =>
    !hides(name) && (
      <Select
        label={label}
        value={settings[name] as string | number}
        options={withOwn(options, settings[name] as string | number)}
        onChange={(value) => session.set(name, value)}
      />
    );
  return (
    <Toolbar class="controls">
      <RunButtons session={session} />
      {pick("problem", t("Problem"), OPTIONS.problem)}
      {pick("learningRate", t("Learning rate"), OPTIONS.learningRate)}
      {!hides("activation") && (
        <Select
          label={t("Activation")}
          value={settings.activation}
          options={withOwn(OPTIONS.activation, settings.activation)}
          onChange={(value) => {
            session.set("activation", value);
            session.set("activations", "");
          }}
        />
      )}
      {pick("regularization", t("Keep weights small (regularization)"), OPTIONS.regularization)}
      {pick("regularizationRate", t("how much (its rate)"), OPTIONS.regularizationRate)}
      {pick("optimizer", t("Optimizer"), OPTIONS.optimizer)}
      {!hides("loss") && <LossChoice session={session} />}
      {!hides("stop") && <StopRule session={session} />}
    </Toolbar>
  );
}

/** A value from a link need not be in the list. */
const withOwn = (options: readonly (string | number)[], value: string | number): [string | number, string][] =>
  (options.includes(value) ? options : [...options, value]).map((option) => [option, wordsOf(option)]);

function RunButtons({ session }: { session: Session }) {
  const hides = (name: string): boolean => session.hidden.value.has(name);
  const running = session.running.value;
  const moments = session.moments.value;
  const now = moments[moments.length - 1];
  const empty = !session.data.value.train.points.length;
  return (
    <div class="run">
      {!hides("resetButton") && (
        <button type="button" onClick={() => void session.reset()} title={t("Weights as they began (r)")}>
          {t("Reset")}
        </button>
      )}
      {!hides("playButton") && (
        <button
          type="button"
          class="primary"
          disabled={empty}
          onClick={() => (running ? session.pause() : void session.run())}
          title={t("Train pass after pass (space)")}
        >
          {running ? t("Pause") : t("Run")}
        </button>
      )}
      {!hides("stepButton") && (
        <button
          type="button"
          disabled={empty}
          onClick={() => void session.step()}
          title={t("One pass over all training points (s)")}
        >
          {t("Step")}
        </button>
      )}
      <span
        class="passes"
        title={t("A pass goes once through all training points; a step goes through one batch of them")}
      >
        <b>{count(now?.pass ?? 0)}</b>{" "}
        <span class="caption">
          {tn("pass", "passes", now?.pass ?? 0)}, {tn("{n} step", "{n} steps", now?.step ?? 0)}
        </span>
      </span>
      <Select
        label={t("Speed")}
        value={session.speed.value}
        options={[
          ["1", t("1 pass a frame")],
          ["4", "4"],
          ["16", "16"],
          ["64", "64"],
        ]}
        onChange={(value) => (session.speed.value = value)}
      />
    </div>
  );
}

function LossChoice({ session }: { session: Session }) {
  const classes = session.isRegression ? 0 : Math.max(2, session.data.value.classNames.length);
  if (!classes)
    return <Fixed label={t("Loss")} text={t("half squared error")} why={t("Values are compared by their distance.")} />;
  if (classes > 2)
    return <Fixed label={t("Loss")} text={t("cross-entropy")} why={t("More than two classes share one softmax.")} />;
  return (
    <Select
      label={t("Loss")}
      value={session.settings.value.loss}
      options={OPTIONS.loss.map((name) => [name, wordsOf(name)])}
      onChange={(value) => session.set("loss", value)}
    />
  );
}

function Fixed(props: { label: string; text: string; why: string }) {
  return (
    <span class="field" title={props.why}>
      <span class="caption">{props.label}</span>
      {props.text}
    </span>
  );
}

const RULES: readonly [string, Message, number][] = [
  ["never", msg("never"), 200],
  ["passes", msg("after so many passes"), 200],
  ["loss", msg("at a training loss of"), 0.05],
  ["patience", msg("when the test loss has not fallen for so many passes"), 50],
];

function StopRule({ session }: { session: Session }) {
  const { stop, stopAt } = session.settings.value;
  const choose = (rule: string): void => {
    session.set("stop", rule);
    session.set("stopAt", RULES.find(([name]) => name === rule)![2]);
  };
  return (
    <span class="field">
      <Select label={t("Stop")} value={stop} options={RULES.map(([name, text]) => [name, t(text)])} onChange={choose} />
      {stop !== "never" && (
        <input
          type="number"
          aria-label={t("Stop at")}
          min={0}
          step="any"
          value={stopAt}
          onChange={(event) => session.set("stopAt", event.currentTarget.value)}
        />
      )}
    </span>
  );
}
