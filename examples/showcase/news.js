// What has happened, for eyes and voices alike: #news is a live region.
import { el } from "./dom.js";

const SECONDS = 6;
let timer;

export function tell(text, { good = true } = {}) {
  const region = document.getElementById("news");
  region.replaceChildren(el("p", { class: "toast", data: { good } }, text));
  clearTimeout(timer);
  timer = setTimeout(() => region.replaceChildren(), SECONDS * 1000);
}
