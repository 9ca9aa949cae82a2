// Runs what is in tests/: every NAME.test.ts as Node understands it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const folder = mkdtempSync(join(tmpdir(), "convscope-page-"));
const files = readdirSync("tests").filter((name) => name.endsWith(".test.ts"));
/** A worker's program, which only the built page has. */
const noWorkers = {
  name: "no workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: "worker" }));
    onLoad({ filter: /.*/, namespace: "worker" }, () => ({ contents: "", loader: "text" }));
  },
};

try {
  await build({
    entryPoints: files.map((name) => join("tests", name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    plugins: [noWorkers],
    loader: { ".css": "empty", ".md": "text" },
    logLevel: "warning",
  });
  const tests = files.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  process.exitCode =
    spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...tests], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
