/** What a map, a part of a sum or a line is called. The code knows them by their English names, which some are asked by. */
import { msg, t, tn, type Message } from "../language/catalogue";

const KNOWN: readonly string[] = [
  msg("the picture"),
  msg("the number"),
  msg("the numbers"),
  msg("red"),
  msg("green"),
  msg("blue"),
  msg("sum"),
  msg("bias"),
  msg("rounding"),
  msg("in between"),
  msg("before the first step"),
];

export function nameText(name: string): string {
  const [, kind, n] = /^(map|unit) (\d+)$/.exec(name) ?? [];
  if (kind) return kind === "map" ? t("map {n}", { n }) : t("unit {n}", { n });
  const [, others] = /^([\d,]+) others?, rounding$/.exec(name) ?? [];
  if (others) return tn("{n} other, rounding", "{n} others, rounding", Number(others.replaceAll(",", "")));
  return KNOWN.includes(name) ? t(name as Message) : name;
}
