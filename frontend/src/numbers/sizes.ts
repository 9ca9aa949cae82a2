/** How large an output is, with the formula filled in, or the reason why there is none. */
import { t } from "../language/catalogue";
import { formatNumber } from "./digits";

export interface Side {
  input: number;
  window: number;
  stride: number;
  dilation: number;
  before: number;
  after: number;
  same: boolean;
}

/** Pixels that "same" adds: what makes the output `ceil(input / stride)` long; an odd one goes after. */
export function samePadding(input: number, window: number, stride: number, dilation: number): [number, number] {
  const reach = dilation * (window - 1) + 1;
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

export const reachOf = ({ window, dilation }: Side): number => dilation * (window - 1) + 1;

/** The number of places of a window along one side, or why there is none. */
export function outputSize(side: Side): { value: number; formula: string; impossible: string } {
  const { input, window, stride, dilation, before, after, same } = side;
  const reach = reachOf(side);
  const padded = input + before + after;
  const text = (value: number): string => formatNumber(value, 0);
  if (padded < reach) {
    const [shape, ground] = [
      { window: text(window), dilation, reach: text(reach) },
      { input: text(input), padding: text(before + after) },
    ];
    const why =
      dilation > 1
        ? before + after
          ? t(
              "a window of {window}, spread by a dilation of {dilation} over {reach} pixels, does not fit into {input} pixels even with {padding} pixels of padding.",
              { ...shape, ...ground },
            )
          : t(
              "a window of {window}, spread by a dilation of {dilation} over {reach} pixels, does not fit into {input} pixels.",
              { ...shape, ...ground },
            )
        : before + after
          ? t("a window of {window} does not fit into {input} pixels even with {padding} pixels of padding.", {
              ...shape,
              ...ground,
            })
          : t("a window of {window} does not fit into {input} pixels.", { ...shape, ...ground });
    return {
      value: 0,
      formula: "",
      impossible: `${why} ${t("Use a smaller window, less dilation, or more padding.")}`,
    };
  }
  const value = Math.floor((padded - reach) / stride) + 1;
  if (same)
    return {
      value,
      formula:
        stride > 1
          ? t("{division}, rounded up = {value}", { division: `${text(input)} / ${stride}`, value: text(value) })
          : t("{input}, as before", { input: text(input) }),
      impossible: "",
    };
  const shown = text(input) + (before + after ? ` + ${before} + ${after}` : "");
  const division = `(${shown} − ${reach}) / ${stride} + 1`;
  return {
    value,
    formula:
      stride === 1
        ? `${shown} − ${reach} + 1 = ${text(value)}`
        : (padded - reach) % stride
          ? t("{division}, rounded down = {value}", { division, value: text(value) })
          : `${division} = ${text(value)}`,
    impossible: "",
  };
}
