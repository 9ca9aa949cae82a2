/** Which language is spoken: the link's, else the one that was chosen before, else the browser's, else English. */
import { languages } from "./catalogue";
import { isPseudo } from "./pseudo";

const KEY = "convscope-language";

export function wanted(link: string, preferred: readonly string[] = navigator.languages): string {
  if (isPseudo(link)) return link;
  const known = languages();
  for (const code of [link, kept(), ...preferred]) {
    const found = known.find((one) => one === code) ?? known.find((one) => one === code.split("-")[0]);
    if (found) return found;
  }
  return "en";
}

export const languageOf = (link: string): string => new URLSearchParams(link.split("?")[1] ?? "").get("lang") ?? "";

/** A frame without an origin of its own has no storage. */
function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function keep(code: string): void {
  try {
    localStorage.setItem(KEY, code);
  } catch {
    // it is asked for again the next time
  }
}
