/** As much of Markdown as the article needs: headings, paragraphs, and links to places of this page. */

export interface Piece {
  readonly text: string;
  readonly place?: string;
}

export interface Section {
  readonly title: string;
  readonly paragraphs: readonly (readonly Piece[])[];
}

/** The title, what stands before the first section, and the sections. */
export function readArticle(markdown: string): { title: string; sections: Section[] } {
  const [head, ...parts] = markdown.trim().split(/^## /m);
  const [title, ...before] = head.split("\n");
  const section = (text: string): Section => {
    const [first, ...rest] = text.split("\n");
    return { title: first.trim(), paragraphs: paragraphsOf(rest.join("\n")) };
  };
  return {
    title: title.replace(/^# /, "").trim(),
    sections: [{ title: "", paragraphs: paragraphsOf(before.join("\n")) }, ...parts.map(section)],
  };
}

const paragraphsOf = (text: string): Piece[][] =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter(Boolean)
    .map(piecesOf);

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
