/** Drawing pictures of a class, one after the other. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../language/catalogue";
import type { Light } from "../../numbers/own";
import { Board } from "../parts/own";
import { fromDrawing } from "../../teach/pictures";
import { newId, type Class, type Project } from "../../teach/project";
import { ShotView } from "./shot";
import { attempt } from "./state";

export function DrawDialog({ project, one, onClose }: { project: Project; one: Class; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [light, setLight] = useState<Light | null>(null);
  const [turn, setTurn] = useState(0);
  const { kind, classes } = project.state.value;
  const now = classes.find(({ id }) => id === one.id) ?? one;
  useEffect(() => dialog.current!.showModal(), []);
  const add = (): void => {
    if (!light) return;
    attempt(() => project.add(one.id, [{ id: newId(), pixels: fromDrawing(light, kind), recording: null }]));
    setLight(null);
    setTurn(turn + 1); // an empty board
  };
  return (
    <dialog
      ref={dialog}
      aria-label={t("Draw {name}", { name: one.name })}
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || (event.target as HTMLElement).matches("button:not(.primary)")) return;
        event.preventDefault();
        add();
      }}
    >
      <h2>{t("Draw {name}", { name: one.name })}</h2>
      <Board key={turn} wide={1} onDraw={setLight} />
      <div class="row wrap">
        <ShotView
          pixels={
            light ? fromDrawing(light, kind) : new Uint8Array(project.shape[0] * project.shape[1] * project.shape[2])
          }
          shape={project.shape}
          size={84}
          label={t("as the network gets it")}
        />
        <p class="caption">
          {t("{name} has {n} pictures. Draw each a little differently.", { name: one.name, n: now.shots.length })}
        </p>
      </div>
      <div class="row">
        <button type="button" class="primary" disabled={!light} onClick={add}>
          {t("Add and draw the next")}
        </button>
        <button type="button" onClick={() => dialog.current!.close()}>
          {t("Done")}
        </button>
      </div>
    </dialog>
  );
}
