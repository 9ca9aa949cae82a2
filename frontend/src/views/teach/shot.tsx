/** A picture of the reader's, painted. */
import { useMemo } from "preact/hooks";
import { t } from "../../language/catalogue";
import { MapPicture } from "../parts/parts";

export function ShotView(props: { pixels: Uint8Array; shape: readonly number[]; size: number; label?: string }) {
  const { pixels, shape } = props;
  const tensor = useMemo(() => ({ shape, data: Float32Array.from(pixels) }), [pixels, shape]);
  const palette = shape[2] >= 3 ? "colour" : "intensity";
  return (
    <MapPicture
      tensor={tensor}
      map={0}
      look={{ palette, limit: 255 }}
      size={props.size}
      label={props.label ?? t("picture")}
    />
  );
}
