// What people think of a title, and what one thinks oneself: once, and then by changing it.
import { el, written } from "./dom.js";
import { field, onSubmit, sureButton } from "./forms.js";
import { ask } from "./graphql.js";
import { tell, tellWhy } from "./news.js";
import { empty, failed, more } from "./parts.js";
import { session } from "./session.js";
import { decimal, moment, number, t } from "./words.js";

const PAGE = 10;
const GONE = { code: "NOT_FOUND", message: "" };

/** The whole section, of a content as the operation Title answers it. */
export async function reviews(content, signal) {
  const said = el("p", { class: "count" });
  const list = el("div");
  const own = el("div", { class: "own-review" });
  const state = { content, mine: content.viewerReview, list, said, own, signal };
  state.refresh = async () => showAll(state, await page(content.id, null, signal));
  showOwn(state);
  await state.refresh();
  return el(
    "section",
    { class: "reviews", "aria-labelledby": "reviews-title" },
    el("div", { class: "section-head" }, el("h2", { id: "reviews-title" }, t("review.heading")), said),
    el("div", { class: "reviews-body" }, own, list),
  );
}

const page = (id, after, signal) => ask("Reviews", { id, first: PAGE, after }, { signal });

function showAll({ list, said, content, signal, refresh }, { data, refusal }) {
  if (refusal || !data.content) {
    said.textContent = "";
    return list.replaceChildren(failed(refusal ?? GONE, refresh));
  }
  const { averageRating, reviewCount, reviews: found } = data.content;
  said.textContent = reviewCount
    ? t("review.average", { average: decimal(averageRating), n: number(reviewCount) })
    : "";
  if (!found.nodes.length) return list.replaceChildren(empty(t("review.none")));
  const shown = el("ul", { class: "review-list" }, found.nodes.map(review));
  list.replaceChildren(shown);
  let { pageInfo } = found;
  if (!pageInfo.hasNextPage) return;
  const next = async () => {
    const answer = await page(content.id, pageInfo.endCursor, signal);
    if (answer.refusal || !answer.data.content) return { refusal: answer.refusal ?? GONE };
    pageInfo = answer.data.content.reviews.pageInfo;
    const items = answer.data.content.reviews.nodes.map(review);
    shown.append(...items);
    return { items, isLast: !pageInfo.hasNextPage };
  };
  list.append(more(next));
}

const review = ({ rating, body, createdAt, updatedAt, author }) =>
  el(
    "li",
    { class: "review" },
    el(
      "header",
      {},
      written("b", {}, author.displayName),
      stars(rating),
      el("time", { dateTime: createdAt }, moment(createdAt)),
      updatedAt !== createdAt && el("span", { class: "hint" }, t("review.edited")),
    ),
    body && written("p", {}, body),
  );

const stars = (rating) =>
  el("span", { class: "stars", role: "img", "aria-label": t("review.stars", { n: rating }) }, `★ ${rating}`);

function showOwn(state) {
  const { own, mine } = state;
  if (!session()) {
    const next = encodeURIComponent(location.hash);
    return own.replaceChildren(el("a", { class: "button", href: `#/sign-in?next=${next}` }, t("review.signIn")));
  }
  if (!mine) return own.replaceChildren(form(state));
  const edit = el("button", { type: "button" }, t("review.edit"));
  edit.addEventListener("click", () => {
    own.replaceChildren(form(state));
    own.querySelector("textarea").focus();
  });
  own.replaceChildren(
    el("h3", {}, t("review.yours")),
    stars(mine.rating),
    mine.body && written("p", {}, mine.body),
    el(
      "div",
      { class: "buttons" },
      edit,
      sureButton(t("review.delete"), { class: "danger" }, () => remove(state)),
    ),
  );
}

async function remove(state) {
  const { refusal } = await ask("DeleteReview", { input: { id: state.mine.id } });
  if (refusal) return tellWhy(refusal);
  await changed(state, null, t("review.deleted"));
}

async function changed(state, mine, words) {
  state.mine = mine;
  showOwn(state);
  tell(words);
  state.own.querySelector("button, textarea")?.focus();
  await state.refresh();
}

function form(state) {
  const { content, mine } = state;
  const body = el("textarea", { name: "body", rows: 3, value: mine?.body ?? "" });
  const back = () => {
    showOwn(state);
    state.own.querySelector("button").focus(); // the one that led here
  };
  const cancel = mine && el("button", { type: "button", on: { click: back } }, t("review.cancel"));
  const made = el(
    "form",
    { class: "review-form" },
    el("h3", {}, t("review.yours")),
    ratingChoice(mine?.rating),
    field(t("review.body"), body),
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "submit", class: "main" }, t(mine ? "review.save" : "review.publish")),
      cancel,
    ),
  );
  onSubmit(made, async ({ rating, body: text }) => {
    const given = { rating: Number(rating), body: text.trim() || null };
    const [name, input] = mine
      ? ["UpdateReview", { id: mine.id, ...given }]
      : ["CreateReview", { contentId: content.id, ...given }];
    const { data, refusal } = await ask(name, { input });
    if (refusal) return refusal;
    await changed(state, Object.values(data)[0], t(mine ? "review.saved" : "review.published"));
  });
  return made;
}

/** Ten radio buttons that look like stars: arrows move, and the number is read. */
function ratingChoice(chosen = 8) {
  const choices = Array.from({ length: 10 }, (_, place) => {
    const value = place + 1;
    const id = `rating-${value}`;
    return [
      el("input", { type: "radio", name: "rating", id, value: String(value), checked: value === chosen }),
      el("label", { htmlFor: id, class: "hidden" }, t("review.stars", { n: value })),
    ];
  });
  const told = el("output", { class: "rating-told", "aria-hidden": "true" }, String(chosen));
  const fieldset = el("fieldset", { class: "rating-choice" }, el("legend", {}, t("review.rating")), choices, told);
  fieldset.addEventListener("change", ({ target }) => (told.textContent = target.value));
  return fieldset;
}
