/** What the page says goes through a catalogue: no text for a reader is written out, but as an argument of t and its kin. */

const SAYING = new Set(["t", "tc", "tn", "msg", "rich"]);
const SHOWN =
  /^(title|label|text|caption|action|tryIt|placeholder|alt|aria-(label|roledescription|description|valuetext))$/;
/** Names are the same in every language. */
const NAMES = /^\s*(convscope|NumPy|Keras|CSV|CNN|Grad-CAM)\s*$/;
const LETTERS = /\p{L}{2}/u;
/** Words with a space between them; selectors, paths of SVG and colours have other signs. */
const PROSE = /^[^.#[{>]*\p{L}{2,}[,;:]? \p{L}+[^>[{=]*$/u;
/** What passes a text on: the way up from a text to where it is shown leads through these. */
const PASSING = new Set([
  "ConditionalExpression",
  "LogicalExpression",
  "TemplateLiteral",
  "BinaryExpression",
  "JSXExpressionContainer",
  "TSAsExpression",
]);
const COMPARING = new Set(["===", "!==", "in"]);

/** What a program reads: selectors and the words of a link. */
const ASKING = new Set(["closest", "matches", "querySelector", "querySelectorAll", "matchMedia"]);
const isAsking = ({ type, callee }) => type === "CallExpression" && ASKING.has((callee.property ?? callee).name);

const isSaying = (node) => node.type === "CallExpression" && SAYING.has(node.callee.name);

/** Where a text ends up: an attribute, a property or an element; null where a program reads it. */
function sinkOf(node) {
  let [child, parent] = [node, node.parent];
  while (PASSING.has(parent.type)) {
    if (parent.type === "BinaryExpression" && COMPARING.has(parent.operator)) return null;
    if (parent.type === "ConditionalExpression" && parent.test === child) return null;
    [child, parent] = [parent, parent.parent];
  }
  return parent;
}

function isAttribute(node, names) {
  for (let one = node; one; one = one.parent)
    if (one.type === "JSXAttribute") return names.test(one.name.name.name ?? one.name.name);
  return false;
}

function isSaid(node) {
  for (let one = node.parent; one; one = one.parent) {
    if (isSaying(one) || isAsking(one)) return true;
    if (/Function|Program/.test(one.type)) return false;
  }
  return false;
}

export const said = {
  meta: { type: "problem", schema: [], messages: { plain: "a reader sees this: put it into t(), msg() or rich()" } },
  create(context) {
    const check = (node, text) => {
      if (!LETTERS.test(text) || NAMES.test(text) || isSaid(node)) return;
      if (/^TS|Import|Export/.test(node.parent.type) && node.parent.type !== "TSAsExpression") return;
      if (isAttribute(node, /^(class|style|d|key|id|accept|transform|viewBox|points)$/)) return;
      const sink = sinkOf(node);
      if (!sink) return;
      const shown =
        (sink.type === "JSXAttribute" && SHOWN.test(sink.name.name)) ||
        (sink.type === "Property" && sink.value !== node.parent.key && SHOWN.test(sink.key.name ?? "")) ||
        /^JSX(Element|Fragment)$/.test(sink.type);
      if (shown || PROSE.test(text)) context.report({ node, messageId: "plain" });
    };
    return {
      JSXText: (node) =>
        LETTERS.test(node.value) && !NAMES.test(node.value) && context.report({ node, messageId: "plain" }),
      Literal: (node) => typeof node.value === "string" && check(node, node.value),
      TemplateLiteral: (node) => check(node, node.quasis.map(({ value }) => value.cooked).join("0")),
    };
  },
};
