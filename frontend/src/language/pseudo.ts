/**
 * Languages that nobody speaks, to try the page with: `qps-ploc` is English with accents and 40 % longer, `qps-plocm`
 * also runs from right to left. What still reads as plain English does not go through a catalogue.
 */
const PLAIN = "aceinosuyzACEINOSUYZ";
const MARKED = "àçéîñöšüýžÀÇÉÎÑÖŠÜÝŽ";
const LONGER = 0.4;

export const isPseudo = (code: string): boolean => code.startsWith("qps-ploc");

export function pseudo(code: string, text: string): string {
  // Places in braces, tags and links keep their names.
  const parts = text.split(/(\{\w+\}|<\/?\w+>|\]\(#\w+\)|\[)/);
  const strange = parts
    .map((part, index) => (index % 2 ? part : [...part].map((sign) => MARKED[PLAIN.indexOf(sign)] ?? sign).join("")))
    .map((part, index) => (index % 2 || code !== "qps-plocm" || !part ? part : `\u202e${part}\u202c`))
    .join("");
  const letters = parts.filter((_, index) => index % 2 === 0).join("").length;
  return strange + " ~~~~".repeat(letters).slice(0, Math.ceil(LONGER * letters));
}
