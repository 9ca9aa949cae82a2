/** Classes as columns: their names, pictures, and the ways to get more. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t, tn } from "../../language/catalogue";
import { Choice, Select } from "../parts/parts";
import { chosen, dropped, take, type Found } from "../../teach/files";
import { MOST_CLASSES, unbalanced, type Class, type Kind, type Project, type Shot } from "../../teach/project";
import { CameraDialog, canRecord } from "./camera";
import { DrawDialog } from "./draw";
import { ShotView } from "./shot";
import { attempt, teaching } from "./state";

const SHOWN = 20;

/** Add what was found, and say what could not be added; a paste goes to the class that was last used. */
const last = { id: "" };
async function add(project: Project, found: readonly Found[], id: string | null): Promise<void> {
  if (id) last.id = id;
  if (found.length) teaching.problem.value = await take(project, found, id);
}

export function Classes({ project }: { project: Project }) {
  const { kind, classes } = project.state.value;
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const known = project.state.peek().classes;
      const to = known.find(({ id }) => id === last.id) ?? known[0];
      void add(project, chosen(event.clipboardData?.files ?? null), to.id);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [project]);
  const folders = useRef<HTMLInputElement>(null);
  return (
    <section
      class={`teach-classes ${isOver ? "over" : ""}`}
      aria-label={t("Pictures")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) void dropped(event.dataTransfer.items).then((found) => add(project, found, null));
      }}
    >
      <div class="teach-tools">
        <Choice<Kind>
          label={t("Kind")}
          value={kind}
          options={[
            ["drawings", t("drawings")],
            ["photographs", t("photographs")],
          ]}
          onChange={(wanted) => {
            if (project.count.value)
              teaching.problem.value = t("Pictures are kept at the network's size alone. Remove all of them first.");
            project.choose(wanted);
          }}
        />
        <button type="button" onClick={() => folders.current!.click()}>
          {t("Folder…")}
        </button>
        <input
          ref={folders}
          type="file"
          hidden
          multiple
          aria-label={t("Folder of class folders")}
          {...{ webkitdirectory: true }}
          onChange={({ currentTarget }) => void add(project, chosen(currentTarget.files), null)}
        />
        <button type="button" disabled={!project.undone.value.length} onClick={() => project.undo()}>
          {t("Undo")}
        </button>
        <button type="button" disabled={!project.count.value} onClick={() => project.empty()}>
          {t("Remove all")}
        </button>
      </div>
      <div class="teach-columns">
        {classes.map((one) => (
          <Column key={one.id} project={project} one={one} />
        ))}
        {classes.length < MOST_CLASSES && (
          <button type="button" class="teach-more" onClick={() => attempt(() => project.addClass())}>
            <span>{t("+ class")}</span>
          </button>
        )}
      </div>
      <p class="caption">
        {kind === "drawings"
          ? t("28 × 28 grey. Drawings are cut to their ink and centred; of a file the whole picture is kept, and dark ink on bright paper is inverted.") // prettier-ignore
          : t("64 × 64 in colour. The middle square of each picture is kept.")}{" "}
        {t("Drop a folder of class folders here.")} {unbalanced(project.state.value)}
      </p>
    </section>
  );
}

function Column({ project, one }: { project: Project; one: Class }) {
  const [dialog, setDialog] = useState<"draw" | "camera" | null>(null);
  const [isWhole, setWhole] = useState(false);
  const [chosenShot, setShot] = useState<string | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const kept = project.kept.value;
  const [held, learned] = [one.shots.filter(({ id }) => kept.has(id)), one.shots.filter(({ id }) => !kept.has(id))];
  const some = isWhole ? learned : learned.slice(-SHOWN);
  const tile = (shot: Shot) => (
    <button
      key={shot.id}
      type="button"
      class="thumb"
      aria-label={t("picture of {name}", { name: one.name })}
      aria-pressed={shot.id === chosenShot}
      onClick={() => setShot(shot.id === chosenShot ? null : shot.id)}
    >
      <ShotView pixels={shot.pixels} shape={project.shape} size={32} />
    </button>
  );
  return (
    <section class="teach-column" aria-label={one.name}>
      <div class="teach-name">
        <input
          key={one.name}
          value={one.name}
          aria-label={t("Name of the class")}
          maxLength={40}
          onChange={({ currentTarget }) => {
            attempt(() => project.rename(one.id, currentTarget.value));
            currentTarget.value = project.state.value.classes.find(({ id }) => id === one.id)!.name;
          }}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
        <button
          type="button"
          class="plain"
          aria-label={t("Remove class {name}", { name: one.name })}
          onClick={() => attempt(() => project.removeClass(one.id))}
        >
          ×
        </button>
      </div>
      <p class="caption">
        <b>{tn("{n} picture", "{n} pictures", one.shots.length)}</b>
        <br />
        {t("{learned} to learn, {held} kept", { learned: learned.length, held: held.length })}
      </p>
      <div class="teach-shots">{some.map(tile)}</div>
      {held.length > 0 && <p class="caption">{t("kept back for the test:")}</p>}
      <div class="teach-shots">{(isWhole ? held : held.slice(0, 4)).map(tile)}</div>
      {one.shots.length > 4 && !held.length && (
        <p class="caption">{t("All are of one recording, so none can be kept back for the test. Record once more.")}</p>
      )}
      {learned.length > SHOWN && (
        <button type="button" class="plain" onClick={() => setWhole(!isWhole)}>
          {isWhole ? t("show fewer") : t("show all {n}", { n: one.shots.length })}
        </button>
      )}
      {one.shots.some(({ id }) => id === chosenShot) && (
        <div class="teach-edit">
          <Select
            label=""
            title={t("Move it to another class")}
            value={one.id}
            options={project.state.value.classes.map(({ id, name }) => [id, name] as const)}
            onChange={(to) => project.move(chosenShot!, to)}
          />
          <button type="button" onClick={() => project.removeShot(chosenShot!)}>
            {t("Delete")}
          </button>
        </div>
      )}
      <div class="teach-ways">
        <button type="button" onClick={() => setDialog("draw")}>
          {t("Draw")}
        </button>
        <button type="button" onClick={() => files.current!.click()}>
          {t("Files…")}
        </button>
        <button
          type="button"
          title={canRecord() ? undefined : t("The browser gives no camera to this page.")}
          disabled={!canRecord()}
          onClick={() => setDialog("camera")}
        >
          {t("Camera")}
        </button>
        <button type="button" onClick={() => void pasted(project, one.id)}>
          {t("Paste")}
        </button>
        <input
          ref={files}
          type="file"
          hidden
          multiple
          accept="image/png,image/jpeg,image/webp,image/bmp"
          aria-label={t("Pictures of {name}", { name: one.name })}
          onChange={({ currentTarget }) => {
            void add(project, chosen(currentTarget.files), one.id).then(() => (currentTarget.value = ""));
          }}
        />
      </div>
      <Right one={one} />
      {dialog === "draw" && <DrawDialog project={project} one={one} onClose={() => setDialog(null)} />}
      {dialog === "camera" && <CameraDialog project={project} one={one} onClose={() => setDialog(null)} />}
    </section>
  );
}

/** Pictures from the clipboard, where the browser lets the page look; elsewhere the keys do. */
async function pasted(project: Project, id: string): Promise<void> {
  last.id = id;
  try {
    const items = await navigator.clipboard.read();
    const found = items.flatMap((item) => item.types.filter((type) => type.startsWith("image/")).map((type) => item.getType(type))); // prettier-ignore
    const files = (await Promise.all(found)).map((blob) => new File([blob], t("pasted"), { type: blob.type }));
    await add(project, chosen(files), id);
    if (!files.length) teaching.problem.value = t("There is no picture in the clipboard.");
  } catch {
    teaching.problem.value = t("Press Ctrl+V, and the picture goes to this class.");
  }
}

/** How many of the pictures kept back are right, and what the others are taken for. */
function Right({ one }: { one: Class }) {
  const { judge, lesson, project, isOld } = teaching;
  const trained = lesson.trained.value;
  if (!judge.value || !trained || isOld.value) return null;
  const label = project.state.value.classes.indexOf(one);
  const own = judge.value.answers.filter((answer) => answer.label === label);
  if (!own.length) return null;
  const right = own.filter(({ best }) => best === label).length;
  const taken = new Map<string, number>();
  for (const { best } of own)
    if (best !== label) taken.set(trained.classNames[best], (taken.get(trained.classNames[best]) ?? 0) + 1);
  return (
    <div class="teach-right">
      <span class="caption">{t("right in the test")}</span>
      <p>
        <b>{(right / own.length).toFixed(3)}</b> {t("{right} of {all}", { right, all: own.length })}
      </p>
      <meter min={0} max={own.length} value={right} />
      {[...taken].map(([name, n]) => (
        <p key={name} class="caption">
          {tn("{n} taken for {name}", "{n} taken for {name}", n, { name })}
        </p>
      ))}
    </div>
  );
}
