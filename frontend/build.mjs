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

function sharedName({ path, resolveDir }) {
  const name = path.startsWith(".") ? relative(resolve("src"), resolve(resolveDir, path)) : path;
  return SHARED.includes(name) ? name : null;
}

const TEACH = { entryPoints: { teach: "src/views/teach/whole.tsx" } };

/** A module with all that Teach imports from the shared ones, and nothing else of them. */
async function handedOver() {
  const outside = {
    name: "outside",
    setup: ({ onResolve }) =>
      onResolve({ filter: /.*/ }, (asked) => {
        const name = sharedName(asked);
        return name && { path: name, external: true };
      }),
  };
  const settings = { ...page, ...TEACH, minify: false, format: "esm", plugins: [outside, workers], write: false };
  const { outputFiles } = await build(settings);
  const names = new Map(SHARED.map((name) => [name, new Set()]));
  for (const [, list, name] of outputFiles[0].text.matchAll(/^import \{([^}]*)\} from "([^"]+)";/gm))
    for (const one of list.split(",")) names.get(name).add(one.trim().split(" as ")[0]);
  const used = [...names].map(([name, own]) => [name, [...own].filter(Boolean)]);
  const imports = used.map(
    ([name, own], index) =>
      `import { ${own.map((one) => `${one} as ${one}${index}`).join(", ")} } from ${JSON.stringify(inSource(name))};`,
  );
  const entries = used.map(
    ([name, own], index) => `${JSON.stringify(name)}: { ${own.map((one) => `${one}: ${one}${index}`).join(", ")} }`,
  );
  return `${imports.join("\n")}\nexport default { ${entries.join(", ")} };`;
}

/** A worker's program travels inside the page as text, because an exported page is one file. */
const workers = {
  name: "workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: "worker" }));
    onLoad({ filter: /^virtual:shared$/, namespace: "worker" }, async () => ({
      contents: await handedOver(),
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
    onResolve({ filter: /.*/ }, (asked) => {
      const name = sharedName(asked);
      return name && { path: name, namespace: "shared" };
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
