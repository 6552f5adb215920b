// The bar at the top: who is signed in, the points, the live line, the language, dark or light.
import { el, icon } from "./dom.js";
import { ask } from "./graphql.js";
import { line } from "./live.js";
import { tell } from "./news.js";
import { heard } from "./progress.js";
import { render } from "./router.js";
import { changes, session } from "./session.js";
import { fillWords, language, number, speak, t } from "./words.js";

const THEME = "marquee:showcase:theme";
const COUNTING_MILLISECONDS = 900;
const LATER_MILLISECONDS = 300;
const at = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** {email, role, points, user {id displayName}}; null for nobody, or nobody yet. */
export let me = null;
let asked = null;
let whose = null;
let shownPoints = 0;

export function startHeader() {
  for (const link of document.querySelectorAll("#nav [data-icon]")) link.prepend(icon(link.dataset.icon));
  at("language").addEventListener("click", () => {
    speak(language() === "ko" ? "en" : "ko");
    words();
    if (isBusy()) tell(t("nav.languageLater"));
    else render({ quietly: true });
  });
  const main = at("main");
  main.addEventListener("input", ({ target }) => target.form && (target.form.dataset.typed = "yes"));
  main.addEventListener("reset", ({ target }) => delete target.dataset.typed);
  at("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem(THEME, document.documentElement.dataset.theme);
    words();
  });
  dark.addEventListener("change", words);
  line.addEventListener("state", ({ detail: { state } }) => showLine(state));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && learn());
  words();
}

/** Something would be lost if the screen were drawn anew: a film, or what was typed. A search is in the address anyway. */
const isBusy = () => Boolean(at("main").querySelector("video, form[data-typed]:not([role=search])"));

/** Asks who this is. Whoever needs to know awaits it. */
export function learn() {
  const who = session()?.who ?? null;
  if (who !== whose) me = null;
  whose = who;
  if (!session()) {
    me = null;
    asked = null;
    show();
    return Promise.resolve(null);
  }
  asked = ask("Me").then(({ data }) => {
    if (data && session()?.who === who) me = data.viewer;
    show();
    return me;
  });
  return asked;
}

/** Who is signed in, from what is known or being asked. */
export const whoever = () => me ?? asked ?? learn();

/** Counts up to what it is now; at once for who wants no movement. */
export function setPoints(points) {
  if (me) me.points = points;
  const from = shownPoints;
  shownPoints = points;
  at("points").setAttribute("aria-label", t("points.label", { n: number(points) }));
  if (points <= from || still.matches) return writePoints(points);
  at("points").classList.remove("earned");
  requestAnimationFrame(() => at("points").classList.add("earned"));
  const began = performance.now();
  const step = (now) => {
    if (shownPoints !== points) return;
    const share = Math.min(1, Math.max(0, now - began) / COUNTING_MILLISECONDS);
    writePoints(Math.round(from + (points - from) * (1 - (1 - share) ** 3)));
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

const writePoints = (points) => {
  at("points").querySelector("b").textContent = number(points);
};

const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function words() {
  fillWords();
  const theme = t(isDark() ? "theme.toLight" : "theme.toDark");
  at("theme").replaceChildren(icon(isDark() ? "sun" : "moon"));
  at("theme").setAttribute("aria-label", theme);
  at("theme").title = theme;
  at("language").textContent = t("nav.language");
  at("language").lang = language() === "ko" ? "en" : "ko"; // it is written in the other one
  showLine(at("live").dataset.state);
  show();
}

function show() {
  const who = at("who");
  who.href = session() ? "#/account" : "#/sign-in";
  const name = session() ? (me?.user.displayName ?? t("nav.account")) : t("nav.signIn");
  const letter = el("span", { class: "letter", "aria-hidden": "true" }, [...name][0]);
  who.replaceChildren(...(session() ? [letter] : []), el("span", { class: "name" }, name));
  who.className = session() ? "button person" : "button main";
  at("points").hidden = !me;
  if (!me) shownPoints = 0;
  else if (at("points").dataset.of === me.user.id) setPoints(me.points);
  else {
    at("points").dataset.of = me.user.id; // somebody else: their points are no news
    shownPoints = me.points;
    setPoints(me.points);
  }
  at("live").hidden = !session();
}

function showLine(state) {
  at("live").dataset.state = state;
  at("live").title = t("live.label");
  at("live").firstElementChild.textContent = t(`live.${state}`);
}

// What another window has begun to watch may have earned points.
let looking;
heard.addEventListener("heard", ({ detail: { mine, isFirst } }) => {
  if (mine || !isFirst) return;
  clearTimeout(looking);
  looking = setTimeout(learn, LATER_MILLISECONDS);
});

changes.addEventListener("changed", () => {
  if (!session()) learn();
});
