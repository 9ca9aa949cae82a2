/** The second module's entry: all of Teach, from pictures to a network that can be opened and taken home. */
import { effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { t, tn } from "../../language/catalogue";
import { count } from "../../numbers/digits";
import { useStore } from "../../store";
import { useKeys } from "../parts/keys";
import { Classes } from "./classes";
import { Finish } from "./finish";
import { Training } from "./train";
import { Try } from "./try";
import type { Keeping } from "../../teach/kept";
import { teaching, trainOrWait } from "./state";

type Part = "pictures" | "train" | "try" | "open";

function Teach() {
  const [part, setPart] = useState<Part>("pictures");
  const { project, lesson, problem } = teaching;
  const { trained, doing } = lesson;
  useKeys((event) => {
    if (event.key !== " " || (event.target as HTMLElement).matches("button, input, summary, [role=application]"))
      return false;
    trainOrWait();
    return true;
  });
  const store = useStore();
  useEffect(() => effect(() => void (store.said.value = spokenOf())), [store]);
  return (
    <div class="teach" data-part={part} onPointerDown={() => (problem.value = "")}>
      <Steps part={part} onPart={setPart} />
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="teach-parts">
        <Classes project={project} />
        <Training />
        <div class="teach-last">
          <Try />
          <Finish isReady={trained.value !== null && doing.value === "nothing"} />
        </div>
      </div>
    </div>
  );
}

/** What a screen reader is told of a training. */
function spokenOf(): string {
  const { doing, trained } = teaching.lesson;
  if (doing.value === "training") return t("It trains.");
  if (doing.value === "waiting") return t("The training waits.");
  return trained.value ? t("The training is over.") : "";
}

function keepingText(how: Keeping): string {
  if (how === "kept") return t("This browser keeps it for this address.");
  if (how === "nowhere") return t("This browser keeps nothing for this page: take home what you need.");
  return how === "full" ? t("The browser has no more room, so the last changes are not kept.") : "";
}

/** The way through the screen; where there is no room for all of it, its tabs. */
function Steps({ part, onPart }: { part: Part; onPart: (part: Part) => void }) {
  const { project, lesson } = teaching;
  const { classes } = project.state.value;
  const { progress, trained, doing } = lesson;
  const now = progress.value;
  const steps: [Part, string, string, boolean][] = [
    [
      "pictures",
      t("Pictures"),
      tn("{n} in {classes} classes", "{n} in {classes} classes", project.count.value, { classes: classes.length }),
      trained.value !== null,
    ],
    [
      "train",
      t("Train"),
      now && doing.value !== "nothing"
        ? t("pass {n} of {all}", { n: Math.min(now.epoch + 1, now.epochs), all: count(now.epochs) })
        : trained.value
          ? tn("{n} pass", "{n} passes", trained.value.epochs.length)
          : t("in this page"),
      trained.value !== null && doing.value === "nothing",
    ],
    ["try", t("Try it"), t("drawing, file, camera"), false],
    ["open", t("Open it"), t("down to one pixel"), false],
  ];
  const at = trained.value ? (doing.value === "nothing" ? 2 : 1) : project.count.value ? 1 : 0;
  return (
    <div class="toolbar teach-steps">
      <ol>
        {steps.map(([name, title, text, done], index) => (
          <li key={name} class={done ? "done" : index === at ? "now" : ""}>
            <button
              type="button"
              class="step"
              aria-current={part === name ? "step" : undefined}
              onClick={() => onPart(name)}
            >
              <i aria-hidden="true">{done ? "✓" : index + 1}</i>
              <span>
                <b>{title}</b>
                <small>{text}</small>
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p class="caption">
        {t("No picture leaves this page.")} {keepingText(teaching.keeping.value)}
      </p>
    </div>
  );
}

(globalThis as unknown as { convscope: { Teach?: unknown } }).convscope.Teach = Teach;
