/** What a training makes small: losses of one row from what goes into the last activation, and their slopes. */

export type LossName = "crossentropy" | "binary crossentropy" | "squared error";

/** What there is to say of one row: its loss, and whether its answer is right. */
export interface Judged {
  loss: number;
  right: boolean;
}

/**
 * Judge a row by its outputs and its targets: a class number, or one number for each unit; `slope` gets the gradient of
 * the row's loss, times `share`.
 */
export type Loss = (outputs: Float32Array, targets: ArrayLike<number>, slope: Float32Array, share: number) => Judged;

const indexOfLargest = (line: Float32Array): number => {
  let best = 0;
  for (let index = 1; index < line.length; index++) if (line[index] > line[best]) best = index;
  return best;
};

/** Minus the logarithm of the right class's probability; labels are smoothed towards all classes alike. */
const crossentropy =
  (smoothing: number): Loss =>
  (outputs, targets, slope, share) => {
    const label = targets[0];
    const best = indexOfLargest(outputs);
    let total = 0;
    for (const one of outputs) total += Math.exp(one - outputs[best]);
    let loss = 0;
    for (let index = 0; index < outputs.length; index++) {
      const wanted = (index === label ? 1 - smoothing : 0) + smoothing / outputs.length;
      const shifted = outputs[index] - outputs[best];
      if (wanted) loss += wanted * (Math.log(total) - shifted);
      slope[index] = (Math.exp(shifted) / total - wanted) * share;
    }
    return { loss, right: best === label };
  };

/** Every unit answers yes or no by itself; the mean over units. */
const binaryCrossentropy: Loss = (outputs, targets, slope, share) => {
  let loss = 0;
  outputs.forEach((one, unit) => {
    loss += (Math.max(one, 0) - one * targets[unit] + Math.log1p(Math.exp(-Math.abs(one)))) / outputs.length;
    slope[unit] = ((1 / (1 + Math.exp(-one)) - targets[unit]) * share) / outputs.length;
  });
  return { loss, right: outputs[0] > 0 === targets[0] > 0.5 };
};

/** The mean over units of the squared difference. */
const squaredError: Loss = (outputs, targets, slope, share) => {
  let loss = 0;
  outputs.forEach((one, unit) => {
    const difference = one - targets[unit];
    loss += difference ** 2 / outputs.length;
    slope[unit] = (2 * difference * share) / outputs.length;
  });
  const right = outputs.length > 1 ? targets[indexOfLargest(outputs)] === 1 : outputs[0] > 0.5 === targets[0] > 0.5;
  return { loss, right };
};

export const lossOf = (name: LossName, smoothing: number): Loss =>
  name === "crossentropy" ? crossentropy(smoothing) : name === "squared error" ? squaredError : binaryCrossentropy;
