/**
 * What the page says, in the reader's language. The English text in the code is the message's name; a catalogue has the
 * others. What is read while a component draws itself is drawn again when the language changes.
 */
import { computed, signal } from "@preact/signals-core";
import { isPseudo, pseudo } from "./pseudo";

export interface Catalogue {
  /** What to say, by the English text, after its context and a `CONTEXT` mark if it has one; one form per kind of number. */
  readonly messages: Readonly<Record<string, string | readonly string[]>>;
}

type Value = string | number;
type Values = Readonly<Record<string, Value>>;
/** The names in braces of a text that is written out in the code. */
export type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;
/** A value for each place; none where there is no place, or where the text is not known before it runs. */
export type Given<Text extends string, Kind> = [Places<Text>] extends [never]
  ? [values?: Readonly<Record<string, Kind>>]
  : [values: Readonly<Record<Places<Text>, Kind>>];

const CONTEXT = "\u0004";
const ENGLISH: Catalogue = { messages: {} };
const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi", "qps-plocm"]);

/** The language that is spoken, and its catalogue. */
const spoken = signal<{ code: string; catalogue: Catalogue }>({ code: "en", catalogue: ENGLISH });

export const language = (): string => spoken.value.code;
export const direction = (code: string): "ltr" | "rtl" =>
  RIGHT_TO_LEFT.has(code) || RIGHT_TO_LEFT.has(code.split("-")[0]) ? "rtl" : "ltr";
/** The language whose rules for numbers and plurals hold: a pseudo-language has those of English. */
const rules = (): string => (isPseudo(language()) ? "en" : language());

let offered: readonly string[] = [];
let load: (code: string) => Catalogue | Promise<Catalogue> = () => ENGLISH;

/** Say which languages there are besides English, and how their catalogues are had. */
export function offer(codes: readonly string[], how: typeof load): void {
  [offered, load] = [codes, how];
}

/** Offer every language that a JSON text has a catalogue for. */
export function offerAll(words: string): void {
  const known = JSON.parse(words) as Record<string, Catalogue>;
  offer(Object.keys(known), (code) => known[code]);
}

export const languages = (): readonly string[] => ["en", ...offered];

/** Speak a language; the one that is spoken now stays until its catalogue is here, or if it cannot be had. */
export async function speak(code: string): Promise<void> {
  if (code === spoken.peek().code) return;
  const found = code === "en" || isPseudo(code) ? ENGLISH : load(code);
  // Nothing is drawn in between where the catalogue is here already.
  const catalogue = found instanceof Promise ? await found.catch(() => null) : found;
  if (catalogue) spoken.value = { code, catalogue };
}

/** A text that is in the catalogues, in English; `t` puts it into words where it is shown. */
export type Message = string & { readonly said: unique symbol };
/** Mark a text where it is written, before the language is known. */
export const msg = (text: string): Message => text as Message;

/** A text in the language of the reader; its places in braces take values. */
export function t<Text extends string>(text: Text, ...[values]: Given<Text, Value>): string {
  return filled(said(text, text), values);
}

/** The same for a text that means several things: the context says which, and is not shown. */
export function tc<Text extends string>(context: string, text: Text, ...[values]: Given<Text, Value>): string {
  return filled(said(context + CONTEXT + text, text), values);
}

/** What is said later, where the language is known: by a worker, or before the reader changes the language. */
export interface Told {
  readonly text: Message;
  readonly values?: Values;
}
export const inWords = ({ text, values }: Told): string => t(text, values);

/** "1 row", "12 rows": the form for a whole number, which stands in the place {n}. */
export function tn(one: string, many: string, n: number, values?: Values): string {
  const { catalogue, code } = spoken.value;
  const forms = catalogue.messages[one];
  const kinds = new Intl.PluralRules(rules());
  const kind = kinds.select(n);
  const english = kind === "one" ? one : many;
  const text = Array.isArray(forms) ? forms[formsOf(kinds).indexOf(kind)] : english;
  return filled(isPseudo(code) ? pseudo(code, text) : text, { n: wholeText(n), ...values });
}

const ORDER = ["zero", "one", "two", "few", "many", "other"];
/** The kinds of numbers in the order in which a catalogue has their forms. */
function formsOf(kinds: Intl.PluralRules): string[] {
  const known: readonly string[] = kinds.resolvedOptions().pluralCategories;
  return ORDER.filter((kind) => known.includes(kind));
}

/** A message without its values. */
export function said(name: string, english: string): string {
  const { catalogue, code } = spoken.value;
  const found = catalogue.messages[name];
  return isPseudo(code) ? pseudo(code, english) : typeof found === "string" ? found : english;
}

const filled = (text: string, values?: Values): string =>
  values ? text.replace(/\{(\w+)\}/g, (place, name: string) => valueText(values[name] ?? place)) : text;

/** A number that no digits were asked for keeps its own, with the language's decimal mark. */
const valueText = (value: Value): string =>
  typeof value === "string" ? value : String(value).replace("-", "−").replace(".", marks.value.decimal);

/**
 * The marks in numbers of the language. Between thousands a narrow space where the language has a point, because a point
 * is the decimal mark of the arithmetic on the same screen, which is written as a program and a pocket calculator write it.
 */
const marks = computed(() => {
  const parts = new Intl.NumberFormat(rules(), { useGrouping: "always" }).formatToParts(12345.6);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  // Spanish, among others, leaves four digits together.
  const leastGrouped = new Intl.NumberFormat(rules()).format(1234).length > 4 ? 4 : 5;
  return { decimal: of("decimal"), group: of("group").replace(".", "\u202f"), leastGrouped };
});

/** A number as English has it, "12,345.678", with the marks of the language. */
export function digitsText(english: string): string {
  const { decimal, group, leastGrouped } = marks.value;
  const digits = /^\D*([\d,]*)/.exec(english)![1].replaceAll(",", "").length;
  return english.replace(/[,.]/g, (sign) => (sign === "." ? decimal : digits < leastGrouped ? "" : group));
}

/** A whole number in text. */
export const wholeText = (n: number): string => digitsText(n.toLocaleString("en").replace("-", "−"));
