/** What the screen remembers while the reader is elsewhere in the page. */
import { computed, effect, signal } from "@preact/signals";
import { described, preset, refusal } from "../../teach/design";
import { openJudge, type Judge } from "../../teach/judge";
import { keep, type Keeping } from "../../teach/kept";
import { isCurrent, Lesson, type Wishes } from "../../teach/lesson";
import { lacking, Project } from "../../teach/project";
import type { Choice } from "../../engine/layers";

const project = new Project();
const lesson = new Lesson();
const choices = signal<readonly Choice[] | null>(null);
const layers = computed(() => choices.value ?? preset(project.state.value.kind, "small"));
const lines = computed(() => described(layers.value, project.state.value.classes.length, project.shape));

export const teaching = {
  project,
  lesson,
  /** The reader's own layers; the small preset where there are none. */
  choices,
  layers,
  lines,
  wishes: signal<Wishes>({ passes: null, vary: true }),
  judge: signal<Judge | null>(null),
  problem: signal(""),
  /** Whether the browser keeps the work. */
  keeping: signal<Keeping>(""),
  /** Why training cannot begin, or nothing. */
  hindrance: computed(() => lacking(project.state.value) || refusal(lines.value)),
  /** Whether pictures or classes have changed since the network was trained. */
  isOld: computed(() => lesson.trained.value !== null && !isCurrent(lesson.trained.value, project)),
};

effect(() => {
  const trained = lesson.trained.value;
  teaching.judge.value = null;
  if (!trained) return;
  openJudge(trained).then(
    (judge) => lesson.trained.peek() === trained && (teaching.judge.value = judge),
    (error: Error) => (teaching.problem.value = error.message),
  );
});

void keep(project, lesson, (how) => (teaching.keeping.value = how));

/** Do what the reader asks for, and say why it cannot be done. */
export function attempt(what: () => void): void {
  try {
    what();
  } catch (error) {
    teaching.problem.value = (error as Error).message;
  }
}

/** The one large button. */
export function trainOrWait(): void {
  const { doing } = lesson;
  if (doing.value === "training") lesson.pause();
  else if (doing.value === "waiting") lesson.goOn();
  else if (!teaching.hindrance.value) lesson.begin(project, layers.value, teaching.wishes.value);
}
