// Screens by the address behind #. Each is a function (main, {id, params, signal}) that fills `main`; `signal` is aborted when
// the person goes on, and takes listeners, requests and timers with it.
import { el } from "./dom.js";
import { panel } from "./panel.js";
import { language, t } from "./words.js";

let screens = {};
let nowhere = null;
let everywhere = [];
let leaving = new AbortController();
let last = null;

/** `table` is from the first word of the path to {show, operations}; `always` are the operations that each screen runs. */
export function route(table, otherwise, always) {
  screens = table;
  everywhere = always;
  nowhere = otherwise;
  addEventListener("hashchange", () => render());
  render({ first: true });
}

export function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/").map(decodeURIComponent);
  return { name, id, params: new URLSearchParams(query), path };
}

export const go = (hash) => {
  if (location.hash === hash) render();
  else location.hash = hash;
};

/** Where this screen is, to come back to with the same choices: the address changes, and nothing is drawn anew. */
export function remember(params) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value)).toString();
  history.replaceState(null, "", `#/${place().path}${query ? `?${query}` : ""}`);
}

/** Draws the screen; `quietly` keeps the focus where it is, as when only the language has changed. */
export async function render({ first = false, quietly = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { name, id, params, path } = place();
  const screen = Object.hasOwn(screens, name) ? screens[name] : nowhere;
  const main = document.getElementById("main");
  const content = el(
    "div",
    { class: `screen ${screen.className ?? ""}` },
    el("p", { class: "loading" }, t("app.loading")),
  );
  main.replaceChildren(content, panel([...new Set([...(screen.operations ?? []), ...everywhere])], signal));
  main.lang = language(); // it may stay longer than that is spoken
  mark(name);
  const isNew = path !== last;
  last = path;
  if (isNew && !first && !quietly) scrollTo(0, 0);
  try {
    await screen.show(content, { id, params, signal });
  } catch (failure) {
    if (failure.name !== "AbortError" || !signal.aborted) throw failure;
    return;
  }
  if (signal.aborted) return;
  const isLost = document.activeElement === document.body; // what had the focus is gone
  arrived(content, !first && ((isNew && !quietly) || isLost));
}

/** The heading says where one is: to the title of the window, and to who listens, by the focus. */
function arrived(content, moved) {
  const heading = content.querySelector("h1");
  document.title = heading ? `${heading.textContent} – ${t("app.title")}` : t("app.title");
  if (!moved || !heading || content.contains(document.activeElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function mark(name) {
  for (const link of document.querySelectorAll("#nav a, #who")) {
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
