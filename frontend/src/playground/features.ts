/** What a network may be given of a point: its coordinates, and five numbers made of them. */
import { msg } from "../language/catalogue";
export interface Feature {
  label: string;
  /** In NumPy, of the columns `x` and `y`. */
  numpy: string;
  of: (x: number, y: number) => number;
}

export const FEATURES: Readonly<Record<string, Feature>> = {
  x: { label: "x₁", numpy: "x", of: (x) => x },
  y: { label: "x₂", numpy: "y", of: (_, y) => y },
  xSquared: { label: "x₁²", numpy: "x * x", of: (x) => x * x },
  ySquared: { label: "x₂²", numpy: "y * y", of: (_, y) => y * y },
  xTimesY: { label: "x₁x₂", numpy: "x * y", of: (x, y) => x * y },
  sinX: { label: msg("sin x₁"), numpy: "np.sin(x)", of: (x) => Math.sin(x) },
  sinY: { label: msg("sin x₂"), numpy: "np.sin(y)", of: (_, y) => Math.sin(y) },
};

export const featuresOf = (names: readonly string[], x: number, y: number): number[] =>
  names.map((name) => FEATURES[name].of(x, y));
