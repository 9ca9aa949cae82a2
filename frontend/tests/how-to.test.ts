import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";

const PAGES = "../docs/how-to";
const SAVED = /^```ts\n(.*?)^```\n\nSave it as `frontend\/([^`]+)`/gms;
const NAMED = /`frontend\/([^`]+)`:\n\n```tsx\n(.*?)^```/gms;

/** The files that the how-to pages show whole: what they hold, by their place. */
function examples(): Map<string, string> {
  const texts = readdirSync(PAGES).map((page) => readFileSync(join(PAGES, page), "utf8"));
  return new Map(
    texts.flatMap((text) => [
      ...[...text.matchAll(SAVED)].map(([, content, place]) => [place, content] as const),
      ...[...text.matchAll(NAMED)].map(([, place, content]) => [place, content] as const),
    ]),
  );
}

/** Add a primitive without settings to the two tables that Python writes from its own files. */
function declare(name: string, folder: string) {
  const types = join(folder, "src/primitives/types.ts");
  const table = join(folder, "src/primitives/index.ts");
  writeFileSync(types, readFileSync(types, "utf8").replace("interface Settings {", `$&\n  ${name}: {};`));
  const listed = readFileSync(table, "utf8").replace("{ add,", `{ ${name}, add,`);
  writeFileSync(table, `${listed}import { ${name} } from "./${name}";\n`);
}

/** Give what the compiler complains of. */
function complaints(folder: string): string {
  const tsc = [join("node_modules", "typescript", "bin", "tsc"), "--noEmit"];
  return spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" }).stdout;
}

test("the primitive and the screen of the how-to pages compile, each in one file", () => {
  const folder = mkdtempSync(join(tmpdir(), "convscope-how-to-"));
  try {
    for (const name of ["src", "collect.mjs", "tsconfig.json"]) cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const shown = examples();
    assert.deepEqual([...shown.keys()].sort(), ["src/primitives/reverse.ts", "src/views/brightness.tsx"]);
    for (const [place, text] of shown) {
      writeFileSync(join(folder, place), text, { flag: "wx" });
      if (place.startsWith("src/primitives")) declare(basename(place, ".ts"), folder);
    }
    execFileSync(process.execPath, ["collect.mjs"], { cwd: folder });
    assert.match(readFileSync(join(folder, "src/screens.ts"), "utf8"), /brightness/);
    assert.equal(complaints(folder), "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
