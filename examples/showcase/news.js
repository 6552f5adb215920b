// What has happened, for eyes and voices alike: #news is a live region.
import { el } from "./dom.js";
import { language, why, whyIn } from "./words.js";

const SECONDS = 6;
let timer;

export function tell(text, { good = true, lang = language() } = {}) {
  const region = document.getElementById("news");
  region.replaceChildren(el("p", { class: "toast", lang, data: { good } }, text));
  clearTimeout(timer);
  timer = setTimeout(() => region.replaceChildren(), SECONDS * 1000);
}

/** Why something was not done. */
export const tellWhy = (refusal) => tell(why(refusal), { good: false, lang: whyIn(refusal) });
