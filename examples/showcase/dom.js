// Elements from data. Text becomes text, whatever is in it: nothing here reads HTML.

/** `props` are properties where the element has them, else attributes; `on` are listeners, `data` is the dataset. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) made.addEventListener(type, listener);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "class") made.className = value;
    else if (name in made && !name.includes("-") && name !== "list") made[name] = value;
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Which language somebody's words are in, for voices that read them: Korean or English, which is what we have here. */
export const languageOf = (text) => (/[\u3131-\uD79D]/.test(text ?? "") ? "ko" : "en");

/** Words that somebody wrote, with their language. */
export const written = (tag, props, text) => el(tag, { ...props, lang: languageOf(text) }, text);

const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescaped = (html) =>
  html.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, digits, name) =>
    name ? (NAMED[name] ?? whole) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(digits)),
  );

/** Highlighted text comes as HTML: <em> around what was found, everything else escaped. It becomes text, and <mark>. */
export const highlighted = (html) =>
  (html ?? "")
    .split(/<em>(.*?)<\/em>/s)
    .map((part, place) => (place % 2 ? el("mark", {}, unescaped(part)) : unescaped(part)));

const PATHS = {
  browse: "M3 10.5 12 3l9 7.5M5.5 9v11h13V9M10 20v-6h4v6",
  search: "M16 16l5 5M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z",
  posts: "M4 4h16v12H9l-5 4zM8 8.5h8M8 12h5",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20.5c1-4 4-5.5 8-5.5s7 1.5 8 5.5",
  play: "M7 4.5v15l12-7.5z",
  back: "M11 5 4 12l7 7M4 12h16",
  heart: "M12 20s-8-4.7-8-10.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.5C20 15.3 12 20 12 20z",
  star: "m12 3 2.7 5.8 6.3.8-4.7 4.3 1.3 6.3L12 17l-5.6 3.2 1.3-6.3L3 9.6l6.3-.8z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  code: "m8 7-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
};

/** Beside words only: it says nothing by itself. */
export const icon = (name) =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
