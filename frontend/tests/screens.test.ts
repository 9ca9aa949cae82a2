import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

/** The example of the how-to, whole. */
function example(): string {
  const guide = readFileSync("../docs/how-to/add-a-screen.md", "utf8");
  return /```tsx\n([\s\S]*?)```/.exec(guide)![1];
}

test("a screen is one file", () => {
  const folder = mkdtempSync(join(tmpdir(), "convscope-screen-"));
  try {
    for (const name of ["src", "build.mjs", "collect.mjs", "tsconfig.json", "package.json"])
      cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "src/views/brightness.tsx"), example());
    const node = (...words: string[]) => execFileSync(process.execPath, words, { cwd: folder, stdio: "pipe" });
    node("collect.mjs");
    node("node_modules/typescript/bin/tsc", "--noEmit");
    node("build.mjs", "built");
    assert.match(readFileSync(join(folder, "built/convscope.js"), "utf8"), /How bright is it\?/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
