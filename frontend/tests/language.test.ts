import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { h } from "preact";
import { direction, msg, offer, offerAll, speak, t, tc, tn, wholeText } from "../src/language/catalogue";
import { languageOf, wanted } from "../src/language/choose";
import { pseudo } from "../src/language/pseudo";
import { rich } from "../src/language/rich";
import { formatNumber, numberText } from "../src/numbers/digits";
import { originText } from "../src/numbers/words";

afterEach(() => speak("en"));

const CATALOGUE = {
  "Open {layer}": "Abre {layer}",
  open: "abierto",
  "key\u0004open": "abrir",
  "{n} row": ["{n} fila", "{n} filas", "{n} filas"],
  "Read <a>the article</a> on {what}": "Sobre {what}, lee <a>el artículo</a>",
};

async function speakTested() {
  offerAll(JSON.stringify({ es: { messages: CATALOGUE } }));
  await speak("es");
}

test("a text is said in the language that is spoken, and in English where there is no translation", async () => {
  assert.equal(t("Open {layer}", { layer: "conv" }), "Open conv");
  await speakTested();
  assert.equal(t("Open {layer}", { layer: "conv" }), "Abre conv");
  assert.equal(t("Nobody translated this"), "Nobody translated this");
  assert.equal(t(msg("open")), "abierto");
  assert.equal(tc("key", "open"), "abrir");
});

test("plurals follow the language's rules", async () => {
  assert.deepEqual(
    [1, 2, 1234].map((n) => tn("{n} row", "{n} rows", n)),
    ["1 row", "2 rows", "1,234 rows"],
  );
  await speakTested();
  assert.deepEqual(
    [0, 1, 1000000].map((n) => tn("{n} row", "{n} rows", n)),
    ["0 filas", "1 fila", "1\u202f000\u202f000 filas"],
  );
});

test("a sentence with elements in it may order them as its language does", async () => {
  const said = () =>
    rich("Read <a>the article</a> on {what}", { a: h("a", { href: "#article" }), what: h("b", {}, "CNNs") });
  const seen = (parts: ReturnType<typeof said>) =>
    parts.map((part) =>
      typeof part === "object" && part && "type" in part ? `${part.type}:${part.props.children}` : part,
    );
  assert.deepEqual(seen(said()).filter(Boolean), ["Read ", "a:the article", " on ", "b:CNNs"]);
  await speakTested();
  assert.deepEqual(seen(said()).filter(Boolean), ["Sobre ", "b:CNNs", ", lee ", "a:el artículo"]);
});

test("numbers in a sentence follow the language, arithmetic does not", async () => {
  assert.equal(numberText(-12345.678), "−12,345.678");
  await speakTested();
  assert.equal(numberText(-12345.678), "−12\u202f345,678");
  assert.equal(numberText(1234.5, 1, true), "+1234,5"); // four digits stay together in Spanish
  assert.equal(numberText(-Infinity), "−∞");
  assert.equal(wholeText(1234), "1234");
  assert.equal(t("every {rate}", { rate: -0.03 }), "every −0,03");
  assert.equal(formatNumber(-12345.678), "−12,345.678");
});

test("the link's language comes first, then the browser's, and English where there is none", async () => {
  await speakTested();
  assert.equal(wanted("es", ["en"]), "es");
  assert.equal(wanted("", ["fr", "es-MX", "en"]), "es");
  assert.equal(wanted("xx", ["fr"]), "en");
  assert.equal(wanted("en", ["es"]), "en");
  assert.equal(wanted("qps-ploc", ["es"]), "qps-ploc");
  assert.equal(languageOf("#pixel?layer=conv2d&lang=es"), "es");
  assert.equal(languageOf("pixel"), "");
});

test("a catalogue that cannot be had leaves the language as it is", async () => {
  offer(["es"], () => Promise.reject(new Error("no")));
  await speak("es");
  assert.equal(t("Open {layer}", { layer: "conv" }), "Open conv");
});

test("the pseudo-languages are longer, strange, and keep places and tags", () => {
  const text = pseudo("qps-ploc", "Read <a>the article</a> on {what}");
  assert.match(text, /^Réàd <a>thé àrtîçlé<\/a> öñ \{what\}/);
  assert.ok(text.length >= 1.4 * "Read the article on ".length);
  assert.match(pseudo("qps-plocm", "Run {n}"), /^\u202eRüñ \u202c\{n\}/);
  assert.deepEqual(["qps-plocm", "ar-EG", "qps-ploc", "es"].map(direction), ["rtl", "rtl", "ltr", "ltr"]);
});

test("a message keeps its places and tags in every language", () => {
  const words = JSON.parse(readFileSync("../src/convscope/page/words.json", "utf8"));
  const placesOf = (text: string) => (text.match(/\{\w+\}|<\/?\w+>|\]\(#[^)]*\)/g) ?? []).sort();
  for (const { messages } of Object.values<{ messages: Record<string, string | string[]> }>(words))
    for (const [name, forms] of Object.entries(messages))
      for (const form of [forms].flat())
        assert.deepEqual(placesOf(form), placesOf(name.split("\u0004").pop()!), `${name} / ${form}`);
});

test("whatever the code says is in the catalogue of every language, in all forms", () => {
  const words = JSON.parse(readFileSync("../src/convscope/page/words.json", "utf8"));
  const listed = JSON.parse(execFileSync(process.execPath, ["messages.mjs"], { encoding: "utf8" }));
  assert.ok(listed.length > 900 && Object.keys(words).length > 0);
  for (const [code, { messages }] of Object.entries<{ messages: Record<string, string | string[]> }>(words)) {
    const kinds = new Intl.PluralRules(code).resolvedOptions().pluralCategories.length;
    for (const { text, many, context } of listed) {
      const found = messages[context ? `${context}\u0004${text}` : text];
      assert.equal(many ? found?.length : typeof found, many ? kinds : "string", `${code}: ${text}`);
    }
  }
});

test("what Python tells of a layer's numbers is said in the reader's language", async () => {
  offerAll(readFileSync("../src/convscope/page/words.json", "utf8"));
  const told = ["largest of 2 × 2", "mean of 3 × 3; 28 / 3, rounded down", "(3·3·1 + 1)·4", "no parameters"];
  assert.deepEqual(told.map(originText), told);
  await speak("es");
  assert.deepEqual(told.map(originText), [
    "el mayor de 2 × 2",
    "la media de 3 × 3; 28 / 3, redondeado hacia abajo",
    "(3·3·1 + 1)·4",
    "sin parámetros",
  ]);
});
