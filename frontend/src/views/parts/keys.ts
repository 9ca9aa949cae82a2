/** Keys of the screen in view: they work wherever in it the focus is, as long as nobody types. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { ARROWS } from "./parts";
import { useStore } from "../../store";

/** `press` says whether it did anything; a key that it takes goes nowhere else. */
export function useKeys(press: (event: KeyboardEvent) => boolean): void {
  const store = useStore();
  const latest = useRef(press);
  latest.current = press;
  useLayoutEffect(() => {
    const own = (event: KeyboardEvent): boolean => latest.current(event);
    store.keys = own;
    return () => {
      if (store.keys === own) store.keys = null;
    };
  }, [store]);
}

/** Arrow keys as steps down and to the right; `move` says whether there was anywhere to go. */
export function useArrows(
  move: (down: number, right: number) => unknown,
  open?: () => void,
  also?: (event: KeyboardEvent) => boolean,
): void {
  useKeys((event) => {
    if (also?.(event)) return true;
    const step = ARROWS[event.key];
    if (step) return move(...step) !== false;
    if (event.key !== "Enter" || !open || (event.target as HTMLElement).closest("button, a, summary, input"))
      return false;
    open();
    return true;
  });
}
