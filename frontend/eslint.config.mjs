// What the page's code keeps to: `npm run check`.
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";
import { noCircles } from "./rules/circles.mjs";
import { said } from "./rules/said.mjs";

export default ts.config(
  { ignores: ["kernel/"] }, // AssemblyScript, which its own compiler checks
  js.configs.recommended,
  ts.configs.strict,
  ts.configs.stylistic,
  {
    files: ["src/**/*.{ts,tsx}", "tests/**/*.ts"],
    plugins: { "react-hooks": hooks, convscope: { rules: { "no-circles": noCircles, said } } },
    rules: {
      "convscope/no-circles": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.object.name='Math'] > SpreadElement",
          message: "many numbers do not fit on the stack: use largest or smallest of numbers/extent",
        },
      ],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/no-non-null-assertion": "off", // a Map that was just filled has what was put in
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    ignores: [
      "src/primitives/**", // what a primitive calls its terms is translated where it is shown
      "src/engine/**", // a worker knows no language
      "src/playground/code.ts", // programs
    ],
    rules: { "convscope/said": "error" },
  },
  {
    // What Python wrote: its form is said by the name of its schema, and by the types that it is read into.
    files: ["src/bundle.ts", "src/primitives/types.ts"],
    rules: { "@typescript-eslint/no-explicit-any": "off", "@typescript-eslint/no-empty-object-type": "off" },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
