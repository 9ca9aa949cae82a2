/** Keys of the screen in view: they work wherever in it the focus is, as long as nobody types. */
import { useEffect, useRef } from "preact/hooks";
import { useStore } from "../../store";

/** `press` says whether it did anything; a key that it takes goes nowhere else. */
export function useKeys(press: (event: KeyboardEvent) => boolean): void {
  const store = useStore();
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const own = (event: KeyboardEvent): boolean => latest.current(event);
    store.keys = own;
    return () => {
      if (store.keys === own) store.keys = null;
    };
  }, [store]);
}
