/** Pictures from the camera, as long as a button is held. */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../language/catalogue";
import { fromSource } from "../../teach/pictures";
import { newId, type Class, type Project, type Shot } from "../../teach/project";
import { attempt } from "./state";

const EVERY = 100; // milliseconds between two frames of a recording

/** Whether the browser gives a camera to this page: to pages of a server that it trusts, and to this machine's own. */
export const canRecord = (): boolean => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);

/** The camera's picture in a video element; what went wrong, in words. */
export function useCamera(): { video: RefObject<HTMLVideoElement | null>; isOn: boolean; problem: string } {
  const video = useRef<HTMLVideoElement>(null);
  const [isOn, setOn] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let [stream, isOver] = [null as MediaStream | null, false];
    const end = (): void => stream?.getTracks().forEach((track) => track.stop());
    navigator.mediaDevices
      .getUserMedia({ video: { width: 640, height: 480 }, audio: false })
      .then(async (given) => {
        stream = given;
        if (isOver) return end();
        video.current!.srcObject = given;
        await video.current!.play();
        setOn(true);
      })
      .catch((error: Error) => {
        const refused = error.name === "NotAllowedError";
        setProblem(refused ? t("The camera was not allowed. The browser's address bar lets you allow it.") : t("There is no camera that the browser can open.")); // prettier-ignore
      });
    return () => {
      isOver = true;
      end();
    };
  }, []);
  return { video, isOn, problem };
}

export function CameraDialog({ project, one, onClose }: { project: Project; one: Class; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { video, isOn, problem } = useCamera();
  const [recording, setRecording] = useState<string | null>(null);
  const [frames, setFrames] = useState(0);
  useEffect(() => dialog.current!.showModal(), []);
  useEffect(() => {
    if (!recording) return;
    const shots: Shot[] = [];
    const see = (): void => {
      const { videoWidth: wide, videoHeight: high } = video.current!;
      shots.push({ id: newId(), pixels: fromSource(video.current!, wide, high, project.state.peek().kind), recording });
      setFrames(shots.length);
    };
    see();
    const timer = setInterval(see, EVERY);
    return () => {
      clearInterval(timer);
      attempt(() => project.add(one.id, shots));
    };
  }, [recording, project, one.id, video]);
  const start = (): void => setRecording((known) => known ?? newId());
  const stop = (): void => setRecording(null);
  return (
    <dialog ref={dialog} aria-label={t("Record {name}", { name: one.name })} onClose={onClose}>
      <h2>{t("Record {name}", { name: one.name })}</h2>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <video ref={video} class="board" muted playsInline />
      <p class="caption">
        {frames
          ? t("{n} pictures in this recording. The frames of one recording are kept back together or not at all.", { n: frames }) // prettier-ignore
          : t("Ten pictures a second while you hold the button. Record several times, from several sides.")}
      </p>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={!isOn}
          aria-pressed={recording !== null}
          onPointerDown={start}
          onPointerUp={stop}
          onPointerLeave={stop}
          onKeyDown={(event) => event.key === " " && start()}
          onKeyUp={stop}
        >
          {recording ? t("Recording …") : t("Hold to record")}
        </button>
        <button type="button" onClick={() => dialog.current!.close()}>
          {t("Done")}
        </button>
      </div>
    </dialog>
  );
}
