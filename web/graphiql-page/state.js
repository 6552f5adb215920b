import { useSyncExternalStore } from "react";

/** A value outside React: whoever listens hears of every change. */
export function createState(initial) {
  let value = initial;
  const listeners = new Set();
  const subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of listeners) listener(next);
    },
    subscribe,
    use: () => useSyncExternalStore(subscribe, () => value),
  };
}
