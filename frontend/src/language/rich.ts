/** Sentences with elements in them, whole in the catalogue: "Open {layer} in <a>the lab</a>." */
import { cloneElement, type ComponentChildren, type VNode } from "preact";
import { said, type Places } from "./catalogue";

type Tags<Text extends string> = Text extends `${string}<${infer Name}>${string}</${string}>${infer Rest}`
  ? Name | Tags<Rest>
  : never;

/** Fill places with elements, and put the words between tags into the elements that are given for them. */
export function rich<Text extends string>(
  text: Text,
  values: Readonly<Record<Places<Text> | Tags<Text>, ComponentChildren>>,
): ComponentChildren[] {
  const known: Readonly<Record<string, ComponentChildren>> = values;
  // "before", then a place or a tag with its words, "between", ...
  return said(text, text)
    .split(/(\{\w+\}|<\w+>.*?<\/\w+>)/)
    .map((part) => {
      const [, place] = /^\{(\w+)\}$/.exec(part) ?? [];
      if (place) return known[place];
      const [, tag, words] = /^<(\w+)>(.*)<\/\w+>$/.exec(part) ?? [];
      return tag ? cloneElement(known[tag] as VNode, {}, words) : part;
    });
}
