// What several screens are made of: posters, cards, bars of progress, lists that go on.
import { el, svg, written } from "./dom.js";
import { once, say } from "./forms.js";
import { tellWhy } from "./news.js";
import { heard, progressOf, share } from "./progress.js";
import { decimal, t, year } from "./words.js";

/** The poster, or a drawn one where there is none or it does not come. Beside a title it says nothing more. */
export function poster({ title, posterUrl }, { eager = false } = {}) {
  const frame = el("div", { class: "poster" });
  if (!posterUrl) frame.append(...drawn(title));
  else {
    const image = el("img", { src: posterUrl, alt: "", loading: eager ? "eager" : "lazy", decoding: "async" });
    image.addEventListener("error", () => frame.replaceChildren(...drawn(title)), { once: true });
    frame.append(image);
  }
  return frame;
}

/** Hills under a moon, in colours and places that the title decides. */
function drawn(title) {
  const seed = [...title].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7);
  const pick = (place, size) => (seed >>> place) % size;
  const hue = pick(0, 360);
  const hill = (y, swing, lightness) =>
    svg("path", {
      d: `M0 ${y} C 80 ${y - swing} 120 ${y + swing} 180 ${y} S 260 ${y - swing} 300 ${y - 10} V450 H0z`,
      fill: `hsl(${hue} 45% ${lightness}%)`,
    });
  const picture = svg(
    "svg",
    { viewBox: "0 0 300 450", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    svg("rect", { width: 300, height: 450, fill: `hsl(${(hue + 30) % 360} 50% 34%)` }),
    svg("circle", { cx: 60 + pick(3, 180), cy: 80 + pick(5, 70), r: 40, fill: `hsl(${hue} 80% 88%)` }),
    hill(250 + pick(7, 40), 40, 26),
    hill(310 + pick(9, 30), 30, 19),
    hill(360, 20, 12),
  );
  return [picture, written("span", { class: "drawn-title", "aria-hidden": "true" }, title)];
}

/** A content as a card that leads to it. */
export function card(content, { eager } = {}) {
  const facts = [year(content.releaseDate), t(`age.${content.ageRating}`)];
  const rating = content.averageRating;
  return el(
    "a",
    { class: "card", href: `#/title/${content.id}` },
    el(
      "div",
      { class: "card-picture" },
      poster(content, { eager }),
      rating &&
        el(
          "span",
          { class: "rating", "aria-label": t("content.rating", { n: decimal(rating) }), role: "img" },
          `★ ${decimal(rating)}`,
        ),
      bar(content.id, content.viewerProgress),
    ),
    written("span", { class: "card-title" }, content.title),
    el("span", { class: "card-facts" }, facts.filter(Boolean).join(" · ")),
  );
}

export const grid = (contents, options) =>
  el(
    "ul",
    { class: "grid" },
    contents.map((content) => el("li", {}, card(content, options))),
  );

/** How far one is in it; it moves while another window plays, wherever it stands on a screen. */
export function bar(contentId, given) {
  const made = el("span", { class: "bar", role: "img", data: { progressOf: contentId } }, el("span"));
  showBar(made, progressOf(contentId, given));
  return made;
}

function showBar(made, progress) {
  made.hidden = !progress;
  if (!progress) return;
  const percent = Math.round(share(progress) * 100);
  made.firstElementChild.style.width = `${percent}%`;
  made.setAttribute("aria-label", progress.completed ? t("content.seen") : t("content.progress", { percent }));
}

heard.addEventListener("heard", ({ detail: { progress, mine } }) => {
  for (const one of document.querySelectorAll(`[data-progress-of="${CSS.escape(progress.content.id)}"]`)) {
    showBar(one, progress);
    if (mine) continue;
    one.classList.remove("moved");
    requestAnimationFrame(() => one.classList.add("moved"));
  }
});

/** Where there is nothing to show. */
export const empty = (text, ...more) => el("div", { class: "empty" }, el("p", {}, text), ...more);

/** What could not be fetched, and another try. */
export function failed(refusal, again) {
  const button = el("button", { type: "button" }, t("list.retry"));
  button.addEventListener("click", () => once(button, again));
  const words = el("p");
  say(words, refusal);
  return el("div", { class: "empty", role: "alert" }, words, again && button);
}

/**
 * A button that fetches the next page: `next` answers {refusal}, which is told, or {items, isLast}. The focus goes on to the
 * first item, and the button goes after the last.
 */
export function more(next) {
  const button = el("button", { type: "button", class: "more" }, t("list.more"));
  button.addEventListener("click", () =>
    once(button, async () => {
      const { refusal, items: [first] = [], isLast = false } = await next();
      if (refusal) return tellWhy(refusal);
      if (isLast) button.remove();
      const target = first?.querySelector("a, button") ?? first;
      if (target === first && first) first.tabIndex = -1;
      target?.focus();
    }),
  );
  return button;
}
