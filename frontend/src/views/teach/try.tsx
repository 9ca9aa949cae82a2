/** A picture that the network has never seen, and what it says of it. */
import { useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../language/catalogue";
import { numberText } from "../../numbers/digits";
import { Board } from "../parts/own";
import { Choice } from "../parts/parts";
import type { Judge, Verdict } from "../../teach/judge";
import type { Trained } from "../../teach/lesson";
import { fromDrawing, fromFile, fromSource } from "../../teach/pictures";
import { SHAPES, type Kind } from "../../teach/project";
import { canRecord, useCamera } from "./camera";
import { ShotView } from "./shot";
import { teaching } from "./state";

type Way = "draw" | "file" | "camera";

export function Try() {
  const { lesson, judge } = teaching;
  const trained = lesson.trained.value;
  const [way, setWay] = useState<Way>("draw");
  const [pixels, setPixels] = useState<Uint8Array | null>(null);
  const [problem, setProblem] = useState("");
  const ready = judge.value;
  const kind: Kind = trained?.shape[2] === 3 ? "photographs" : "drawings";
  const isFitting = pixels?.length === SHAPES[kind].reduce((product, size) => product * size, 1);
  const verdict = useMemo(
    () => (ready && pixels && isFitting ? ready.judge(pixels) : null),
    [ready, pixels, isFitting],
  );
  const open = async (file: Blob | undefined): Promise<void> => {
    if (!file) return;
    try {
      setProblem("");
      setPixels(await fromFile(file, kind));
    } catch (error) {
      setProblem(t("This picture cannot be tried: {why}.", { why: (error as Error).message }));
    }
  };
  return (
    <section
      class="card teach-try"
      aria-label={t("Try it")}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      <div class="teach-head">
        <h2>{t("Try it")}</h2>
        <Choice<Way>
          label=""
          value={way}
          options={[["draw", t("Draw")], ["camera", t("Camera")], ["file", t("File")]]} // prettier-ignore
          onChange={(next) => {
            setWay(next);
            setPixels(null);
          }}
        />
      </div>
      {!trained ? (
        <p class="caption">{t("Train it first; then show it a picture that it has never seen.")}</p>
      ) : (
        <>
          {way === "draw" && <Board wide={1} onDraw={(light) => setPixels(light && fromDrawing(light, kind))} />}
          {way === "file" && <TryFile onFile={(file) => void open(file)} />}
          {way === "camera" &&
            (canRecord() ? (
              <TryCamera kind={kind} onFrame={setPixels} />
            ) : (
              <p class="note">{t("The browser gives no camera to this page.")}</p>
            ))}
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
          {!ready && <p class="caption">{t("Measuring what it knows …")}</p>}
          {verdict && pixels && <Said verdict={verdict} judge={ready!} trained={trained} pixels={pixels} />}
        </>
      )}
    </section>
  );
}

function TryFile({ onFile }: { onFile: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <p>
      <button type="button" onClick={() => input.current!.click()}>
        {t("Choose a picture…")}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept="image/png,image/jpeg,image/webp,image/bmp"
        aria-label={t("A picture to try")}
        onChange={({ currentTarget }) => onFile(currentTarget.files?.[0])}
      />
    </p>
  );
}

function TryCamera({ kind, onFrame }: { kind: Kind; onFrame: (pixels: Uint8Array) => void }) {
  const { video, isOn, problem } = useCamera();
  return (
    <>
      {problem && <p class="problem">{problem}</p>}
      <video ref={video} class="board" muted playsInline />
      <button
        type="button"
        disabled={!isOn}
        onClick={() => onFrame(fromSource(video.current!, video.current!.videoWidth, video.current!.videoHeight, kind))}
      >
        {t("Look at this")}
      </button>
    </>
  );
}

/** The answer, the classes' bars, and the learned pictures that are nearest. */
function Said(props: { verdict: Verdict; judge: Judge; trained: Trained; pixels: Uint8Array }) {
  const { verdict, judge, trained } = props;
  const { classNames, shape } = trained;
  const name = classNames[verdict.best];
  return (
    <div class="teach-said" aria-live="polite">
      <div class="teach-answer">
        <ShotView pixels={props.pixels} shape={shape} size={84} label={t("the picture, as the network gets it")} />
        <div>
          <span class="caption">{t("It says")}</span>
          <p class={verdict.isKnown ? "sure" : "unsure"}>{verdict.isKnown ? name : t("? I don’t know")}</p>
          {!verdict.isKnown && (
            <p class="caption">
              {t("It would pick {name}, but it has learned nothing that looks like this.", { name })}
            </p>
          )}
        </div>
      </div>
      <ul class={`teach-bars ${verdict.isKnown ? "" : "unknown"}`}>
        {classNames.map((one, index) => (
          <li key={index} class={index === verdict.best ? "best" : ""}>
            <span class="name">{one}</span>
            <meter min={0} max={1} value={verdict.probabilities[index]} />
            <span class="number">{numberText(verdict.probabilities[index])}</span>
          </li>
        ))}
      </ul>
      <p class="caption">{t("Nearest learned pictures, and how far")}</p>
      <div class="teach-near">
        {verdict.nearest.map(({ example, distance }) => (
          <figure key={example.shot.id} title={classNames[example.label]}>
            <ShotView pixels={example.shot.pixels} shape={shape} size={48} label={classNames[example.label]} />
            <figcaption>{numberText(distance, 2)}</figcaption>
          </figure>
        ))}
      </div>
      <p class="caption">
        {t(
          "Farther than {limit} = “I don’t know”: 95 of 100 learned pictures have a neighbour closer than that. It can still be wrong.",
          { limit: numberText(judge.limit, 2) },
        )}
      </p>
    </div>
  );
}
