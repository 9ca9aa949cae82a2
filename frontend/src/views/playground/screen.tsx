/** The playground: points, a small network, and how it learns them. */
import { inWords, msg, t } from "../../language/catalogue";
import { useEffect } from "preact/hooks";
import { sessionOf, type Session } from "../../playground/session";
import { standing } from "../../playground/words";
import type { Screen } from "../../screen";
import { useStore } from "../../store";
import { CodeDrawer } from "./code";
import { useKeys } from "../parts/keys";
import { Controls } from "./controls";
import { Curves } from "./curves";
import { DataCard } from "./data";
import { Diagram } from "./diagram";
import { ExampleCard } from "./example";
import { ForTeachers } from "./teachers";
import { OutputCard } from "./output";
import { UnitCard } from "./unit";
import "./playground.css";

export const screen: Screen = {
  title: msg("Playground"),
  tab: 60,
  keys: [
    ["Space", msg("run, pause")],
    ["s", msg("step")],
    ["r", msg("reset")],
  ],
  View: PlaygroundScreen,
};

function PlaygroundScreen() {
  const store = useStore();
  const session = sessionOf(store);
  useKeys((event) => pressed(session, event));
  useEffect(() => {
    const close = session.open();
    return () => {
      session.pause();
      close();
    };
  }, [session]);
  const hides = (name: string): boolean => session.hidden.value.has(name);
  return (
    <div class="playground">
      <h1 class="spoken">{t("Playground")}</h1>
      <Controls session={session} />
      <Told session={session} />
      <div class="bench">
        <DataCard session={session} />
        <div class="middle">
          <Diagram session={session} />
          <Curves session={session} />
          {!hides("weights") && <UnitCard session={session} />}
        </div>
        <div class="outcome">
          <OutputCard session={session} />
        </div>
      </div>
      {!hides("example") && <ExampleCard session={session} />}
      {!hides("code") && <CodeDrawer session={session} />}
      <ForTeachers session={session} />
      <About />
    </div>
  );
}

/** What one sees here, for who sees it for the first time. */
function About() {
  return (
    <section class="card about" aria-label={t("What is this?")} data-article="playground">
      <h2>{t("What is this?")}</h2>
      <p>
        {t(
          "A small neural network learns to tell points apart by where they lie. Each square shows what one neuron answers at every place: blue above 0, orange below. A neuron adds up what the neurons before it say, each times the weight of its line, and bends the sum with its activation.",
        )}
      </p>
      <p>
        {t(
          "Training changes the weights a little after each batch, so that the loss, which says how wrong the network is on its training points, becomes smaller. Look at the loss of the test points too: they were not trained on, and if their loss grows while the other falls, the network learns the points by heart.",
        )}
      </p>
      <p>
        {t(
          "Press Run. Then try: fewer neurons, another activation, only x₁ and x₂, more noise. Point at a feature or a neuron to see its answer large; point at a line to read its weight.",
        )}
      </p>
    </section>
  );
}

/** What happened, in words: how the training stands, what a change did, and what went wrong. */
function Told({ session }: { session: Session }) {
  const moments = session.moments.value;
  const now = moments[moments.length - 1];
  const trouble = session.trouble.value;
  const refused = session.refused.value;
  return (
    <>
      {refused.length > 0 && (
        <p class="problem" role="alert">
          {refused.join(" ")}
        </p>
      )}
      <p class="lead">{now ? standing(now, moments[moments.length - 11] ?? moments[0]) : "…"}</p>
      {session.said.value && (
        <p class="note" role="status">
          {inWords(session.said.value)}
        </p>
      )}
      {trouble && (
        <p class="problem" role="alert">
          {[trouble.what, ...trouble.why].map(inWords).join(" ")}{" "}
          <button type="button" onClick={() => cure(session)}>
            {inWords(trouble.cure)}
          </button>
        </p>
      )}
    </>
  );
}

function cure(session: Session): void {
  const found = session.trouble.value!.set;
  if (found.learningRate !== undefined) session.set("learningRate", found.learningRate);
  if (found.regularizationRate !== undefined) session.set("regularizationRate", found.regularizationRate);
  void session.reset();
}

function pressed(session: Session, event: KeyboardEvent): boolean {
  if ((event.target as HTMLElement).closest("button, a, summary") && event.key === " ") return false;
  if (event.key === " ") void (session.running.value ? session.pause() : session.run());
  else if (event.key === "s") void session.step();
  else if (event.key === "r") void session.reset();
  else return false;
  return true;
}
