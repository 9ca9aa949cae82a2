/** No file of the page may import itself by way of others: what is in a circle cannot be understood, or tested, alone. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const SEEN = /^(?:import|export)\s(?!type\b)[^;]*?from\s+"(\.[^"]+)"/gm;
const known = new Map();

/** The files of our own that a file imports; types are gone when it runs, so they make no circle. */
function imported(file) {
  const changed = statSync(file).mtimeMs;
  const kept = known.get(file);
  if (kept?.changed === changed) return kept.files;
  const found = [...readFileSync(file, "utf8").matchAll(SEEN)].map(([, path]) => located(file, path)).filter(Boolean);
  known.set(file, { changed, files: found });
  return found;
}

function located(file, path) {
  const base = resolve(dirname(file), path);
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find(
    (one) => existsSync(one) && statSync(one).isFile(),
  );
}

/** The way from one file back to another, or null. */
function wayBack(from, to, seen = new Set()) {
  if (from === to) return [to];
  if (seen.has(from)) return null;
  seen.add(from);
  for (const next of imported(from)) {
    const rest = wayBack(next, to, seen);
    if (rest) return [from, ...rest];
  }
  return null;
}

export const noCircles = {
  meta: { type: "problem", schema: [], messages: { circle: "this import goes round in a circle: {{way}}" } },
  create(context) {
    const check = (node) => {
      const path = node.source?.value;
      if (!path?.startsWith(".") || node.importKind === "type" || node.exportKind === "type") return;
      const target = located(context.filename, path);
      const way = target && wayBack(target, context.filename);
      if (way)
        context.report({
          node,
          messageId: "circle",
          data: { way: way.map((one) => one.split("/src/").pop()).join(" → ") },
        });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};
