// Builds the page: `node build.mjs [FOLDER]`, by default into the Python package.
import { build } from "esbuild";

const folder = process.argv[2] ?? "../src/convscope/page";
await build({
  entryPoints: { convscope: "src/index.ts" },
  outdir: folder,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});
