// Lists the screens: every file in views/, and every folder there with a screen.tsx. `npm run collect`.
import { readdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";

const LIST = "src/screens.ts";

function listed() {
  const found = readdirSync("src/views", { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile() && entry.name.endsWith(".tsx")) return [[entry.name.slice(0, -4), entry.name.slice(0, -4)]];
    if (entry.isDirectory() && existsSync(`src/views/${entry.name}/screen.tsx`))
      return [[entry.name, `${entry.name}/screen`]];
    return [];
  });
  const names = found.sort(([one], [other]) => (one < other ? -1 : 1));
  return `// Written by collect.mjs from the files in views/; \`npm run collect\` writes it again.
import type { Screen } from "./screen";
${names.map(([name, path]) => `import { screen as ${name} } from "./views/${path}";`).join("\n")}

export type ScreenName =
${names.map(([name]) => `  | "${name}"`).join("\n")};

export const SCREENS: Readonly<Record<ScreenName, Screen>> = {
${names.map(([name]) => `  ${name},`).join("\n")}
};
`;
}

const text = listed();
if (!process.argv.includes("--check")) writeFileSync(LIST, text);
else if (readFileSync(LIST, "utf8") !== text) {
  console.error(`${LIST} is not what is in views/: npm run collect`);
  process.exit(1);
}
