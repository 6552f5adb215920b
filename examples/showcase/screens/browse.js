// The first screen: what most people like, what was begun, and the catalogue by genre and order.
import { el, icon, languageOf, written } from "../dom.js";
import { ask } from "../graphql.js";
import { bar, card, empty, failed, grid, more, poster } from "../parts.js";
import { heard } from "../progress.js";
import { remember } from "../router.js";
import { session } from "../session.js";
import { clock, language, number, t, year } from "../words.js";

const ORDERS = ["NEWEST", "MOST_LIKED", "TOP_RATED", "MOST_VIEWED", "TITLE", "OLDEST"];
const PAGE = 28;

export const browse = {
  className: "browse",
  operations: ["Front", "ContinueWatching", "Browse", "WatchProgress"],

  async show(content, { params, signal }) {
    const choice = { genre: params.get("genre") ?? "", order: params.get("order") ?? "NEWEST" };
    if (!ORDERS.includes(choice.order)) choice.order = "NEWEST";
    const list = el("div", { class: "catalogue" });
    const [front, begun, first] = await Promise.all([
      ask("Front", {}, { signal }),
      session() ? ask("ContinueWatching", { first: 12 }, { signal }) : null,
      page(choice, null, signal),
    ]);
    content.replaceChildren(el("h1", {}, t("browse.title")));
    if (front.refusal) return content.append(failed(front.refusal, () => browse.show(content, { params, signal })));
    const { genres, featured } = front.data;
    if (featured.nodes.length) content.append(hero(featured.nodes));
    content.append(continued(begun?.data?.viewer?.continueWatching.nodes ?? [], signal));
    content.append(catalogue(genres, choice, list, signal));
    fill(list, choice, first, signal);
  },
};

const page = ({ genre, order }, after, signal) =>
  ask("Browse", { first: PAGE, after, order, filter: genre ? { genreId: genre } : {} }, { signal });

/** The one most people like, in front of its own colours, and who comes next. */
function hero([first, ...others]) {
  const facts = [year(first.releaseDate), t(`age.${first.ageRating}`), first.genres.map(({ name }) => name).join(", ")];
  return el(
    "section",
    { class: "hero", "aria-labelledby": "hero-title" },
    el("div", { class: "hero-back", "aria-hidden": "true" }, poster(first, { eager: true })),
    el(
      "a",
      { class: "hero-poster", href: `#/title/${first.id}`, tabIndex: -1, "aria-hidden": "true" },
      poster(first, { eager: true }),
    ),
    el(
      "div",
      { class: "hero-words" },
      el(
        "p",
        { class: "eyebrow" },
        icon("heart"),
        `${t("browse.featured")} · ${t("browse.likes", { n: number(first.likeCount) })}`,
      ),
      written("h2", { id: "hero-title" }, first.title),
      el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
      first.description && written("p", { class: "lead" }, first.description),
      el("a", { class: "button main", href: `#/title/${first.id}` }, icon("play"), t("browse.open")),
    ),
    el(
      "ul",
      { class: "hero-others" },
      others.slice(0, 4).map((other) => el("li", {}, card(other, { eager: true }))),
    ),
  );
}

/** What was begun and not finished. It changes while another window plays. */
function continued(nodes, signal) {
  const row = el("ul", { class: "row" });
  const section = el(
    "section",
    { class: "continue", "aria-labelledby": "continue-title" },
    el("h2", { id: "continue-title" }, t("browse.continue")),
    row,
  );
  const put = (progress) => {
    row.querySelector(`[data-content="${CSS.escape(progress.content.id)}"]`)?.remove();
    if (!progress.completed) row.prepend(begunItem(progress));
    section.hidden = !row.children.length;
  };
  for (const progress of [...nodes].reverse()) put(progress);
  section.hidden = !row.children.length;
  heard.addEventListener("heard", ({ detail: { progress } }) => move(row, progress, put), { signal });
  return section;
}

/** Whoever is on the item with the keyboard stays on it. */
function move(row, progress, put) {
  const old = row.querySelector(`[data-content="${CSS.escape(progress.content.id)}"]`);
  const time = old?.querySelector(".time");
  if (time && !progress.completed && old === row.firstElementChild) time.textContent = times(progress);
  else if (!old?.contains(document.activeElement)) put(progress);
}

const times = ({ positionSeconds, durationSeconds }) =>
  durationSeconds ? t("live.at", { at: clock(positionSeconds), all: clock(durationSeconds) }) : clock(positionSeconds);

const begunItem = (progress) =>
  el(
    "li",
    { data: { content: progress.content.id } },
    el(
      "a",
      { class: "begun", href: `#/title/${progress.content.id}` },
      poster(progress.content),
      el(
        "span",
        { class: "begun-words" },
        written("span", { class: "card-title" }, progress.content.title),
        el("span", { class: "time" }, times(progress)),
        bar(progress.content.id, progress),
      ),
      el("span", { class: "begun-play" }, icon("play")),
    ),
  );

function catalogue(genres, choice, list, signal) {
  const order = el(
    "select",
    { id: "order" },
    ORDERS.map((value) => el("option", { value, selected: value === choice.order }, t(`order.${value}`))),
  );
  const chips = el("div", { class: "chips", role: "group", "aria-label": t("browse.genres") });
  const again = async () => {
    remember({ genre: choice.genre, order: choice.order === "NEWEST" ? "" : choice.order });
    list.setAttribute("aria-busy", "true");
    const wanted = { ...choice };
    const first = await page(choice, null, signal).catch(() => null);
    if (first && wanted.genre === choice.genre && wanted.order === choice.order) fill(list, choice, first, signal);
  };
  order.addEventListener("change", () => {
    choice.order = order.value;
    again();
  });
  const chip = (id, name) => {
    const button = el(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": String(choice.genre === id),
        lang: id ? languageOf(name) : null,
      },
      name,
    );
    button.addEventListener("click", () => {
      choice.genre = id;
      for (const one of chips.children) one.setAttribute("aria-pressed", String(one === button));
      again();
    });
    return button;
  };
  // Those in the language that is spoken come first.
  const foreign = ({ name }) => languageOf(name) !== language();
  const sorted = [...genres.filter((genre) => !foreign(genre)), ...genres.filter(foreign)];
  chips.append(chip("", t("browse.all")), ...sorted.map(({ id, name }) => chip(id, name)));
  return el(
    "section",
    { "aria-labelledby": "catalogue-title" },
    el(
      "div",
      { class: "section-head" },
      el("h2", { id: "catalogue-title" }, t("browse.catalogue")),
      el("p", { class: "count", role: "status" }),
      el("div", { class: "inline-field" }, el("label", { htmlFor: "order" }, t("browse.order")), order),
    ),
    chips,
    list,
  );
}

/** The first page, with a button for the next ones. */
function fill(list, choice, { data, refusal }, signal) {
  list.removeAttribute("aria-busy");
  if (refusal) {
    const again = async () => fill(list, choice, await page(choice, null, signal), signal);
    return list.replaceChildren(failed(refusal, again));
  }
  const { totalCount, nodes } = data.contents;
  let { pageInfo } = data.contents;
  list.parentElement.querySelector(".count").textContent = t("browse.count", { n: number(totalCount) });
  if (!nodes.length) return list.replaceChildren(empty(t("browse.empty")));
  const shown = grid(nodes);
  list.replaceChildren(shown);
  if (!pageInfo.hasNextPage) return;
  const next = async () => {
    const answer = await page(choice, pageInfo.endCursor, signal);
    if (answer.refusal) return answer;
    pageInfo = answer.data.contents.pageInfo;
    const items = [...grid(answer.data.contents.nodes).children];
    shown.append(...items);
    return { items, isLast: !pageInfo.hasNextPage };
  };
  list.append(more(next));
}
