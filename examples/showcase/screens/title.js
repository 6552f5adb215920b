// One title: the stage, what it is about, the like, and what people think of it.
import { el, icon, written } from "../dom.js";
import { once } from "../forms.js";
import { ask } from "../graphql.js";
import { tellWhy } from "../news.js";
import { empty, failed, poster } from "../parts.js";
import { elsewhere, stage } from "../player.js";
import { reviews } from "../reviews.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { number, t, year } from "../words.js";

export const title = {
  className: "title",
  operations: [
    "Title",
    "StartStream",
    "RecordWatchProgress",
    "WatchProgress",
    "LikeContent",
    "UnlikeContent",
    "Reviews",
    "CreateReview",
    "UpdateReview",
    "DeleteReview",
  ],

  async show(content, { id, params, signal }) {
    const { data, refusal } = await ask("Title", { id }, { signal });
    if (refusal)
      return content.replaceChildren(
        el("h1", {}, t("app.title")),
        failed(refusal, () => title.show(content, { id, params, signal })),
      );
    if (!data.content) {
      const home = el("a", { class: "button main", href: "#/" }, t("error.home"));
      return content.replaceChildren(el("h1", {}, t("title.notFound")), empty("404", home));
    }
    const found = data.content;
    content.replaceChildren(
      el("div", { class: "watch" }, stage(found, signal), elsewhere(found, signal)),
      about(found),
      await reviews(found, signal),
    );
  },
};

function about(content) {
  const facts = [
    year(content.releaseDate),
    t(`age.${content.ageRating}`),
    content.runtimeMinutes && t("content.minutes", { n: content.runtimeMinutes }),
    t("title.views", { n: number(content.viewCount) }),
  ];
  return el(
    "section",
    { class: "about", "aria-labelledby": "title" },
    poster(content, { eager: true }),
    el(
      "div",
      { class: "about-words" },
      written("h1", { id: "title" }, content.title),
      el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
      el(
        "ul",
        { class: "tags" },
        content.genres.map(({ name }) => written("li", {}, name)),
      ),
      content.description && written("p", { class: "lead" }, content.description),
      el("p", { class: "facts" }, t("title.by", { name: content.corporation.name })),
      likeButton(content),
    ),
  );
}

/** It changes at once, and back again where the server says no. */
function likeButton(content) {
  const count = el("span", { class: "number" });
  const words = el("span");
  const button = el("button", { type: "button", class: "like" }, icon("heart"), words, count);
  const show = ({ likedByViewer, likeCount }) => {
    button.setAttribute("aria-pressed", String(likedByViewer));
    words.textContent = t(likedByViewer ? "title.liked" : "title.like");
    count.textContent = number(likeCount);
  };
  let now = content;
  show(now);
  const press = async () => {
    const before = now;
    const liked = !before.likedByViewer;
    show({ likedByViewer: liked, likeCount: before.likeCount + (liked ? 1 : -1) });
    const name = liked ? "LikeContent" : "UnlikeContent";
    const { data, refusal } = await ask(name, { input: { contentId: content.id } });
    now = refusal ? before : Object.values(data)[0];
    show(now);
    if (refusal) tellWhy(refusal);
  };
  button.addEventListener("click", () => {
    if (session()) once(button, press);
    else go(`#/sign-in?next=${encodeURIComponent(location.hash)}`);
  });
  return button;
}
