// Compiles kernel/kernel.ts to src/engine/kernel.ts: `npm run kernel`; `--check` compares with what is there.
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const [SOURCE, RESULT] = ["kernel/kernel.ts", "src/engine/kernel.ts"];

async function compiled() {
  const files = {};
  const wanted = ["--outFile", "kernel.wasm", "-O3", "--runtime", "stub", "--noAssert", "--enable", "simd"];
  const { error, stderr } = await asc.main([SOURCE, ...wanted], {
    readFile: (name) => (name === SOURCE ? readFileSync(name, "utf8") : null),
    writeFile: (name, contents) => (files[name] = contents),
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return Buffer.from(files["kernel.wasm"]).toString("base64");
}

const text = `// Written by kernel.mjs from kernel/kernel.ts; \`npm run kernel\` writes it again.
// prettier-ignore
export const KERNEL = "${await compiled()}";
`;
if (!process.argv.includes("--check")) writeFileSync(RESULT, text);
else if (readFileSync(RESULT, "utf8") !== text) {
  console.error(`${RESULT} is not what ${SOURCE} compiles to: npm run kernel`);
  process.exit(1);
}
