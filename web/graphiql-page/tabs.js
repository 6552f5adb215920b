const PREFIX = "marquee:";
const TABS = "graphiql:tabState";

let frozen = false;

const ourKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

/** GraphiQL's memory under a prefix of ours: another GraphiQL on the same address and port keeps its tabs, and we ours. */
export const storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, value) => frozen || localStorage.setItem(PREFIX + key, value),
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
  get length() {
    return ourKeys().length;
  },
  clear: () => ourKeys().forEach((key) => localStorage.removeItem(key)),
};

/** The tab that was open when the person left, or null for somebody new. */
export function savedTab() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storage.getItem(TABS));
    return tabs[activeTabIndex] ?? tabs[0] ?? null;
  } catch {
    return null;
  }
}

/** Forget the tabs, and start again with the examples. */
export function resetTabs() {
  if (!confirm("Replace your tabs by the examples?")) return;
  frozen = true; // GraphiQL writes with a delay, and must not write the old tabs back
  for (const key of [TABS, "graphiql:query", "graphiql:variables"]) storage.removeItem(key);
  location.reload();
}
