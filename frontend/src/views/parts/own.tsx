/** A picture of one's own: drawn, pasted, dropped or opened; each step of its preparation shown and switchable. */
import { t } from "../../language/catalogue";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { inverted, lightOf, pixelsOf, prepared, readFile, type Light } from "../../numbers/own";
import { useStore } from "../../store";
import { MapPicture } from "./parts";
import { pictureLimit } from "../../paint/pictures";

const SIDE = 280;

export function OwnPicture(props: { start: "draw" | "open"; onClose: () => void }) {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const [source, setSource] = useState<Light | null>(null);
  const [problem, setProblem] = useState("");
  const drawn = props.start === "draw";
  const [steps, setSteps] = useState({ invert: false, crop: drawn, centre: drawn });
  const shape = store.exhibit.imageShape!;
  const limit = pictureLimit(store.exhibit.pictures[0]);
  const stages = useMemo(() => (source ? preparation(source, shape, steps) : []), [source, shape, steps]);
  const open = async (file: Blob | null | undefined): Promise<void> => {
    if (!file) return;
    try {
      setProblem("");
      setSource(await readFile(file));
    } catch (error) {
      setSource(null);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  useEffect(() => {
    dialog.current?.showModal();
    const paste = (event: ClipboardEvent): void => void open([...(event.clipboardData?.files ?? [])][0]);
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
  const use = async (): Promise<void> => {
    const last = stages[stages.length - 1];
    try {
      await store.show({
        row: null,
        label: null,
        name: drawn ? t("drawn") : t("opened"),
        pixels: pixelsOf(last.light, shape[2], limit),
        values: new Map(),
      });
      props.onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <dialog
      ref={dialog}
      aria-label={drawn ? t("Draw a picture") : t("Open a picture")}
      onClose={props.onClose}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      <h2>{drawn ? t("Draw a picture") : t("Open, paste or drop a picture")}</h2>
      {drawn ? (
        <Board wide={shape[1] / shape[0]} onDraw={setSource} />
      ) : (
        <label class="field">
          <span class="caption">
            {t("PNG, JPEG, WebP or BMP, at most 16 megapixels. It does not leave this page.")}
          </span>
          <input
            type="file"
            accept="image/png,image/jpeg,image/webp,image/bmp"
            onChange={(event) => void open(event.currentTarget.files?.[0])}
          />
        </label>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <fieldset>
        <legend>{t("Preparation")}</legend>
        {(
          [
            ["invert", t("dark ink on bright paper: invert")],
            ["crop", t("cut to the ink, longer side 20 of 28")],
            ["centre", t("centre of mass to the middle")],
          ] as const
        ).map(([name, text]) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={steps[name]}
              onChange={(event) => setSteps({ ...steps, [name]: event.currentTarget.checked })}
            />{" "}
            {text}
          </label>
        ))}
      </fieldset>
      <div class="row wrap" aria-live="polite">
        {stages.map(({ name, light }) => (
          <figure key={name}>
            <MapPicture
              tensor={pixelsOf(light, shape[2], 255)}
              map={0}
              look={{ palette: shape[2] >= 3 ? "colour" : "intensity", limit: 255 }}
              size={84}
              label={name}
            />
            <figcaption>{name}</figcaption>
          </figure>
        ))}
      </div>
      <div class="row">
        <button type="button" class="primary" disabled={!source} onClick={() => void use()}>
          {t("Use this picture")}
        </button>
        <button type="button" onClick={props.onClose}>
          {t("Cancel")}
        </button>
      </div>
    </dialog>
  );
}

function preparation(
  source: Light,
  shape: readonly number[],
  steps: { invert: boolean; crop: boolean; centre: boolean },
): { name: string; light: Light }[] {
  const light = steps.invert ? inverted(source) : source;
  const stages = [{ name: t("made smaller"), light: prepared(light, shape, { crop: false, centre: false }) }];
  if (steps.crop)
    stages.push({ name: t("cut and scaled"), light: prepared(light, shape, { crop: true, centre: false }) });
  if (steps.centre) stages.push({ name: t("centred"), light: prepared(light, shape, steps) });
  return stages;
}

/** White chalk on black paper. */
export function Board(props: { wide: number; onDraw: (light: Light | null) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] =
    props.wide >= 1
      ? [SIDE, Math.max(20, Math.round(SIDE / props.wide))]
      : [Math.max(20, Math.round(SIDE * props.wide)), SIDE];
  const last = useRef<[number, number] | null>(null);
  const context = (): CanvasRenderingContext2D => canvas.current!.getContext("2d", { willReadFrequently: true })!;
  const clear = (): void => {
    context().fillStyle = "#000";
    context().fillRect(0, 0, width, height);
  };
  // eslint-disable-next-line react-hooks/exhaustive-deps -- once; a drawing is not wiped
  useEffect(clear, []);
  const placeOf = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };
  const draw = (event: PointerEvent): void => {
    if (!last.current) return;
    const [from, to] = [last.current, placeOf(event)];
    const pen = context();
    [pen.strokeStyle, pen.lineWidth, pen.lineCap, pen.lineJoin] = [
      "#fff",
      Math.max(4, Math.min(width, height) / 13),
      "round",
      "round",
    ];
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(to[0] + 0.01, to[1]);
    pen.stroke();
    last.current = to;
  };
  return (
    <>
      <canvas
        ref={canvas}
        class="board"
        width={width}
        height={height}
        role="img"
        aria-label={t("Drawing board: draw with the pointer")}
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          last.current = placeOf(event);
          draw(event);
        }}
        onPointerMove={draw}
        onPointerUp={() => {
          last.current = null;
          props.onDraw(lightOf(canvas.current!, width, height));
        }}
      />
      <button
        type="button"
        onClick={() => {
          clear();
          props.onDraw(null);
        }}
      >
        {t("Wipe")}
      </button>
    </>
  );
}
