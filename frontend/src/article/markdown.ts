/** As much of Markdown as the article needs: headings, paragraphs, and links to places of this page. */

export interface Piece {
  readonly text: string;
  readonly place?: string;
}

export interface Section {
  readonly title: string;
  readonly paragraphs: readonly (readonly Piece[])[];
}

/** The title, what stands before the first section, and the sections; `say` puts each into another language. */
export function readArticle(
  markdown: string,
  say: (text: string) => string = (text) => text,
): { title: string; sections: Section[] } {
  const piecesIn = (text: string): Piece[][] => joined(text).map((paragraph) => piecesOf(say(paragraph)));
  const [head, ...parts] = markdown.trim().split(/^## /m);
  const [title, ...before] = head.split("\n");
  const section = (text: string): Section => {
    const [first, ...rest] = text.split("\n");
    return { title: say(first.trim()), paragraphs: piecesIn(rest.join("\n")) };
  };
  return {
    title: say(title.replace(/^# /, "").trim()),
    sections: [{ title: "", paragraphs: piecesIn(before.join("\n")) }, ...parts.map(section)],
  };
}

const joined = (text: string): string[] =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter(Boolean);

function piecesOf(paragraph: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of paragraph.matchAll(/\[([^\]]+)\]\(#([^)]+)\)/g)) {
    if (found.index > end) pieces.push({ text: paragraph.slice(end, found.index) });
    pieces.push({ text: found[1], place: found[2] });
    end = found.index + found[0].length;
  }
  if (end < paragraph.length) pieces.push({ text: paragraph.slice(end) });
  return pieces;
}
