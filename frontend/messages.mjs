// Lists what the page says, for the catalogues of other languages: `node messages.mjs` writes JSON.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

/** Which arguments of a function are text, and which is the context. */
const SAYING = { t: { text: [0] }, msg: { text: [0] }, rich: { text: [0] }, tn: { text: [0, 1] }, tc: { text: [1] } };

/** Every literal that an argument may be: both sides of a condition, parts put together; null where it is known later. */
function literals(node) {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return literals(node.expression);
  if (ts.isConditionalExpression(node)) {
    const [one, other] = [literals(node.whenTrue), literals(node.whenFalse)];
    return one && other && [...one, ...other];
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [one, other] = [literals(node.left), literals(node.right)];
    return one && other && one.flatMap((first) => other.map((second) => first + second));
  }
  return null;
}

/** What a file imports from language/: a function of another origin may have the same name. */
function namesFrom(file) {
  const imports = file.statements.filter((one) => ts.isImportDeclaration(one));
  const ours = imports.filter((one) => one.moduleSpecifier.text.includes("language/"));
  return new Set(ours.flatMap((one) => one.importClause.namedBindings.elements.map(({ name }) => name.text)));
}

/** The messages of one file, in their order: text, the form for many, context, and where it is said. */
export function messagesIn(path, content) {
  const file = ts.createSourceFile(path, content, ts.ScriptTarget.Latest, true);
  const found = [];
  const imported = namesFrom(file);
  const visit = (node) => {
    const name = ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text;
    if (name && imported.has(name) && Object.hasOwn(SAYING, name)) {
      const texts = SAYING[name].text.map((place) => literals(node.arguments[place]));
      // A text that is known when the page runs was marked where it is written.
      if (texts.every(Boolean)) {
        const context = name === "tc" ? literals(node.arguments[0])[0] : undefined;
        if (name === "tn") found.push({ text: texts[0][0], many: texts[1][0], where: path });
        else for (const text of texts[0]) found.push({ text, context, where: path });
      } else if (name === "msg" || name === "tn") throw new Error(`${path}: ${name} takes a text that is written out`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The headings and paragraphs of an article, as `article/markdown.ts` reads them. */
function articleIn(path, content) {
  const parts = content.trim().split(/\n(?=#)|(?<=^#.*)\n|\n\s*\n/m);
  const texts = parts.map((part) => part.replace(/^#+ /, "").replace(/\s+/g, " ").trim());
  return texts.filter(Boolean).map((text) => ({ text, where: path }));
}

/** The messages of all files. */
export function allMessages(folder = "src") {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  const code = paths
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .flatMap((path) => messagesIn(path, readFileSync(path, "utf8")));
  const articles = paths.filter((path) => path.endsWith(".md"));
  return [...code, ...articles.flatMap((path) => articleIn(path, readFileSync(path, "utf8")))];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(JSON.stringify(allMessages()));
