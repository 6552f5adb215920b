// What is said, in Korean and English, and numbers, times and dates as each writes them.
import { EN } from "./words.en.js";
import { KO } from "./words.ko.js";

const KEY = "marquee:showcase:language";
const WORDS = { en: EN, ko: KO };

/** Which is spoken: en or ko. It is in the document's `lang`, where early.js has put it before anything was drawn. */
export const language = () => document.documentElement.lang;

export function speak(next) {
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next;
}

/** The words for a key, with the values that go into their {places}; `key.one` has those for an n of 1, where they differ. */
export function t(key, values = {}) {
  const own = WORDS[language()];
  const words = (String(values.n) === "1" && own[`${key}.one`]) || (own[key] ?? EN[key] ?? key);
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const has = (key) => key in WORDS[language()];

/** A refusal in words: the server's, which are English and know more; ours in another language, or where it has none. */
export const why = (refusal) => (ours(refusal) ? t(ours(refusal)) : refusal.message || t("refusal.INTERNAL"));

/** The language of these words, for voices that read them. */
export const whyIn = (refusal) => (ours(refusal) || !refusal.message ? language() : "en");

/** `key` is that of a refusal of this side, which the server has never heard of. */
function ours({ code, message, key = `error.${code}` }) {
  if (has(key)) return key;
  return has(`refusal.${code}`) && (language() !== "en" || !message) ? `refusal.${code}` : null;
}

/** What is wrong with a field, as `why` and `whyIn` say it; our own words know the field alone. */
export function problem({ field, message }) {
  const key = `problem.${field.at(-1)}`;
  return language() !== "en" && has(key) ? { words: t(key), lang: language() } : { words: message, lang: "en" };
}

/** Fills in what index.html only names: data-words is the text, data-words-label the accessible name. */
export function fillWords(root = document) {
  for (const element of root.querySelectorAll("[data-words]")) element.textContent = t(element.dataset.words);
  for (const element of root.querySelectorAll("[data-words-label]")) {
    element.setAttribute("aria-label", t(element.dataset.wordsLabel));
  }
}

export const number = (value) => new Intl.NumberFormat(language()).format(value);

export const decimal = (value) => new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);

export const moment = (iso) =>
  new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

export const year = (date) => date?.slice(0, 4);

/** Seconds as players show them: 1:05, 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
