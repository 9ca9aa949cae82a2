/** What a screen says about itself; each file in `views/` declares one, and is all that it takes to add one. */
import type { FunctionComponent } from "preact";
import type { Message } from "./language/catalogue";
import type { ScreenName } from "./screens";
import type { Store } from "./store";

/** A key as the footer writes it, and what it does. */
export type KeyHint = readonly [key: string, does: Message];

export interface Screen {
  /** What its tab says, or its step in "where you are". */
  readonly title: Message;
  /** Its place among the tabs; a screen without one is reached from another. */
  readonly tab?: number;
  /** Where Esc leads; the model, unless it says otherwise. */
  readonly up?: ScreenName;
  /** Keys that work as soon as it is in view, besides Esc. */
  readonly keys?: readonly KeyHint[];
  /** Whether there is anything to show; yes, unless it says otherwise. */
  readonly isShown?: (store: Store) => boolean;
  /** The steps that lead to it below its parent, where they say more than its title. */
  readonly crumbs?: (store: Store) => readonly (readonly [text: string, to: ScreenName])[];
  /** What its colours and marks mean, at the foot of the page. */
  readonly Legend?: FunctionComponent;
  readonly View: FunctionComponent;
}
