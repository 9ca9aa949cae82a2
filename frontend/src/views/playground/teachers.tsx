/** For teachers: which controls learners see; the link carries the choice. And links of TensorFlow Playground. */
import { t } from "../../language/catalogue";
import { useState } from "preact/hooks";
import type { Session } from "../../playground/session";
import { HIDEABLE } from "../../playground/settings";

const EXAMPLE = "playground.tensorflow.org/#activation=tanh&…";

export function ForTeachers({ session }: { session: Session }) {
  const hidden = session.hidden.value;
  const adopted = session.adopted.value;
  const [link, setLink] = useState("");
  return (
    <details class="numbers card teachers">
      <summary>{t("For a class: hide controls, take over a link")}</summary>
      <p class="caption">
        {t(
          "What is not ticked is hidden. The address of this page carries the choice and all settings: send it to the class.",
        )}
      </p>
      <div class="hideable">
        {Object.entries(HIDEABLE).map(([name, text]) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              aria-label={t("Show: {control}", { control: t(text) })}
              checked={!hidden.has(name)}
              onChange={(event) => session.hide(name, !event.currentTarget.checked)}
            />
            {t(text)}
          </label>
        ))}
      </div>
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          session.adopt(link);
        }}
      >
        <label class="field wide">
          <span class="caption">{t("A link of TensorFlow Playground")}</span>
          <input
            type="text"
            value={link}
            placeholder={EXAMPLE}
            onInput={(event) => setLink(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={!link.includes("=")}>
          {t("Take over")}
        </button>
      </form>
      {adopted && (
        <p class="note" role="status">
          {t("Taken over.")} {adopted.join(" ")}
        </p>
      )}
      <p class="caption">
        {t(
          "The same seed draws the same points and the same first weights there and here, and with half squared error the same curve.",
        )}
      </p>
    </details>
  );
}
