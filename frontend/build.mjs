// Builds the page: `node build.mjs [FOLDER]`, by default into the Python package.
import { build } from "esbuild";
import { relative, resolve } from "node:path";

const folder = process.argv[2] ?? "../src/convscope/page";
const common = {
  bundle: true,
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

/**
 * What the page's second module, Teach, takes from the first one: everything that keeps a state, and what is large.
 * Both modules are built from this list, so that the second has the first one's objects and not copies of them.
 */
const SHARED = [
  "preact",
  "preact/hooks",
  "preact/jsx-runtime",
  "@preact/signals",
  ...["film", "network", "store", "graph/graph", "graph/layer", "graph/tensor", "primitives/index", "numbers/digits"],
  ...["numbers/extent", "numbers/own", "language/catalogue", "language/rich", "paint/maps", "paint/pictures"],
  ...["views/parts/keys", "views/parts/own", "views/parts/parts", "views/parts/pictures"],
];
const inSource = (name) => (/^(@?preact)/.test(name) ? name : `./src/${name}`);

/** A worker's program travels inside the page as text, because an exported page is one file. */
const workers = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: "worker" }));
    onLoad({ filter: /^virtual:shared$/, namespace: "worker" }, () => ({
      contents: [
        ...SHARED.map((name, index) => `import * as m${index} from ${JSON.stringify(inSource(name))};`),
        `export default { ${SHARED.map((name, index) => `${JSON.stringify(name)}: m${index}`).join(", ")} };`,
      ].join("\n"),
      resolveDir: ".",
    }));
    onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const entryPoints = [`src/${path.slice("virtual:".length)}.ts`];
      const { outputFiles } = await build({ ...common, entryPoints, format: "iife", write: false });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

/** Shared modules are the ones that the page has handed over. */
const shared = {
  name: "shared",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /.*/ }, ({ path, resolveDir }) => {
      const name = path.startsWith(".") ? relative(resolve("src"), resolve(resolveDir, path)) : path;
      return SHARED.includes(name) ? { path: name, namespace: "shared" } : null;
    });
    onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({
      contents: `module.exports = globalThis.convscope.shared[${JSON.stringify(path)}];`,
    }));
  },
};

const page = {
  outdir: folder,
  ...common,
  loader: { ".md": "text" },
  jsx: "automatic",
  jsxImportSource: "preact",
};
await build({ entryPoints: { convscope: "src/index.ts" }, ...page, format: "esm", plugins: [workers] });
await build({
  entryPoints: { teach: "src/views/teach/whole.tsx" },
  ...page,
  format: "iife",
  plugins: [shared, workers],
});
