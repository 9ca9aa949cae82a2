// Builds the page: `node build.mjs [FOLDER]`, by default into the Python package.
import { build } from "esbuild";

const folder = process.argv[2] ?? "../src/convscope/page";
const common = {
  bundle: true,
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

/** A worker's program travels inside the page as text, because an exported page is one file. */
const workers = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: "worker" }));
    onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const entryPoints = [`src/${path.slice("virtual:".length)}.ts`];
      const { outputFiles } = await build({ ...common, entryPoints, format: "iife", write: false });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

await build({
  entryPoints: { convscope: "src/index.ts" },
  outdir: folder,
  ...common,
  format: "esm",
  plugins: [workers],
  loader: { ".md": "text" },
  jsx: "automatic",
  jsxImportSource: "preact",
});
