/** For teachers: which controls learners see; the link carries the choice. And links of TensorFlow Playground. */
import { useState } from "preact/hooks";
import type { Session } from "../../playground/session";
import { HIDEABLE } from "../../playground/settings";

export function ForTeachers({ session }: { session: Session }) {
  const hidden = session.hidden.value;
  const adopted = session.adopted.value;
  const [link, setLink] = useState("");
  return (
    <details class="numbers card teachers">
      <summary>For a class: hide controls, take over a link</summary>
      <p class="caption">
        What is not ticked is hidden. The address of this page carries the choice and all settings: send it to the
        class.
      </p>
      <div class="hideable">
        {Object.entries(HIDEABLE).map(([name, text]) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              aria-label={`Show ${text}`}
              checked={!hidden.has(name)}
              onChange={(event) => session.hide(name, !event.currentTarget.checked)}
            />
            {text}
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
          <span class="caption">A link of TensorFlow Playground</span>
          <input
            type="text"
            value={link}
            placeholder="playground.tensorflow.org/#activation=tanh&…"
            onInput={(event) => setLink(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={!link.includes("=")}>
          Take over
        </button>
      </form>
      {adopted && (
        <p class="note" role="status">
          Taken over. {adopted.join(" ")}
        </p>
      )}
      <p class="caption">
        The same seed draws the same points and the same first weights there and here, and with half squared error the
        same curve.
      </p>
    </details>
  );
}
