/** The same training as a program to take home, and the trained network as a run. */
import { t } from "../../language/catalogue";
import { useState } from "preact/hooks";
import { kerasCode, numpyCode } from "../../playground/code";
import { modelDocument } from "../../playground/document";
import type { Session } from "../../playground/session";
import { useStore } from "../../store";
import { Choice } from "../parts/parts";

export function CodeDrawer({ session }: { session: Session }) {
  const store = useStore();
  const [kind, setKind] = useState<"Keras" | "NumPy">("Keras");
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState("");
  const moments = session.moments.value;
  const passes = moments[moments.length - 1]?.pass ?? 0;
  const program = { settings: session.settings.value, data: session.data.value, own: session.own.value, passes };
  const code = open ? (kind === "Keras" ? kerasCode(program) : numpyCode(program)) : "";
  const frame = session.frame.value;
  const save = async (): Promise<void> => {
    if (!frame) return;
    const text = JSON.stringify(modelDocument(session));
    if (!store.host.ask) return download("playground.json", text);
    try {
      const bytes = await store.host.ask({ ask: "playground" }, new TextEncoder().encode(text).buffer as ArrayBuffer);
      const run = JSON.parse(new TextDecoder().decode(bytes)) as { run: string };
      setSaid(
        t("Saved as the run {run}. Open it with: {command}", { run: run.run, command: `convscope explore ${run.run}` }),
      );
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <details class="numbers card code" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Code and model to take home")}</summary>
      <div class="row wrap">
        <Choice label={t("Program")} value={kind} options={["Keras", "NumPy"]} onChange={setKind} />
        <button
          type="button"
          onClick={() => void navigator.clipboard.writeText(code).then(() => setSaid(t("Copied.")))}
        >
          {t("Copy")}
        </button>
        <button type="button" onClick={() => download(`playground_${kind.toLowerCase()}.py`, code)}>
          {t("Download")}
        </button>
        <button
          type="button"
          disabled={!passes || session.isRegression}
          title={
            session.isRegression
              ? t("A run holds a classifier, and this network predicts values: take the program")
              : undefined
          }
          onClick={() => void save()}
        >
          {store.host.ask ? t("Save the network as a run") : t("Download the network")}
        </button>
      </div>
      {!store.host.ask && (
        <p class="caption">
          {t("{command} makes a run of a downloaded network, which {opener} opens.", {
            command: "convscope playground --save playground.json",
            opener: "convscope explore",
          })}
        </p>
      )}
      {session.wasChanged && (
        <p class="note">
          {t("Settings were changed during the training; this program trains from the start with the current ones.")}
        </p>
      )}
      {said && <p role="status">{said}</p>}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </details>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
