/** What to look at and how, with the way up in front of it. */
import type { ComponentChildren, Ref } from "preact";
import { t } from "../../language/catalogue";
import type { ScreenName } from "../../screens";
import { useStore, type Store } from "../../store";

export function Toolbar(props: { children?: ComponentChildren; class?: string; frame?: Ref<HTMLDivElement> }) {
  return (
    <div class={`toolbar ${props.class ?? ""}`} ref={props.frame}>
      <Crumbs deep />
      {props.children}
    </div>
  );
}

const TOP = "model";
export const upFrom = (store: Store, name: ScreenName): ScreenName => store.screens[name].up ?? TOP;

/** From a screen below the model down to this one. */
export function wayTo(store: Store, name: ScreenName): ScreenName[] {
  return name === TOP ? [TOP] : [...wayTo(store, upFrom(store, name)).filter((one) => one !== TOP), name];
}

export function Crumbs({ deep }: { deep: boolean }) {
  const store = useStore();
  const way = wayTo(store, store.screen.value).filter((name) => name !== TOP);
  if (deep !== way.length > 1) return null; // one step below the model is said by its tab, and for who only hears it
  const levels: (readonly [string, ScreenName])[] = [
    ...(deep ? [] : [[store.exhibit.title, TOP] as const]),
    ...way.flatMap((name) => store.screens[name].crumbs?.(store) ?? [[t(store.screens[name].title), name] as const]),
  ];
  return (
    <nav class={`crumbs ${deep ? "" : "spoken"}`} aria-label={t("Where you are")}>
      <ol>
        {levels.map(([text, to], index) => (
          <li key={index}>
            {index < levels.length - 1 ? (
              <button type="button" class="plain" onClick={() => (store.screen.value = to)}>
                {text}
              </button>
            ) : (
              <span aria-current="location">{text}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
