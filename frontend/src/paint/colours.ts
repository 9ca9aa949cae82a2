/** Numbers to colours, by the tokens of the style sheet: one scale per kind of number. */
import { scaleLinear } from "d3-scale";

export type Palette = "signed" | "intensity" | "colour";
export type RGB = [number, number, number];

const STEPS = 256;
const TOKENS: Record<"signed" | "intensity", string[]> = {
  signed: ["--d-5", "--d-4", "--d-3", "--d-2", "--d-1", "--d0", "--d1", "--d2", "--d3", "--d4", "--d5"],
  intensity: ["--g0", "--g1", "--g2", "--g3", "--g4", "--g5", "--g6", "--g7", "--g8"],
};

export interface Colours {
  signed: RGB[];
  intensity: RGB[];
  /** One for each of ten classes, and the ground that they fade into. */
  classes: RGB[];
  paper: RGB;
}

const channelsOf = (text: string): RGB => (text.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number) as RGB;

/** Read the scales from the style that holds for an element; again when the theme changes. */
export function readColours(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const scale = (names: string[]): RGB[] => {
    const stops = names.map((name) => style.getPropertyValue(name).trim());
    const colour = scaleLinear<string>()
      .domain(stops.map((_, index) => index / (stops.length - 1)))
      .range(stops);
    return Array.from({ length: STEPS }, (_, step) => channelsOf(colour(step / (STEPS - 1))));
  };
  const one = (name: string): RGB =>
    channelsOf(scaleLinear<string>().range([style.getPropertyValue(name).trim(), "#000"])(0));
  const classes = Array.from({ length: 10 }, (_, index) => one(`--k${index}`));
  return { signed: scale(TOKENS.signed), intensity: scale(TOKENS.intensity), classes, paper: one("--d0") };
}

/** The colour of a number: signed numbers about 0, intensities from 0 to `limit`. */
export function colourOf(colours: Colours, palette: "signed" | "intensity", value: number, limit: number): RGB {
  const share = palette === "signed" ? (value / (limit || 1) + 1) / 2 : value / (limit || 1);
  const step = Math.round(Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share)) * (STEPS - 1));
  return colours[palette][step];
}

export const css = ([red, green, blue]: RGB): string => `rgb(${red} ${green} ${blue})`;

/** Black or white, whichever is read better on a ground. */
export function inkOn([red, green, blue]: RGB): string {
  const light = (value: number): number =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue);
  return luminance > 0.179 ? "#000" : "#fff";
}
