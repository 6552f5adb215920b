// What one has watched, liked and earned.
import { el, written } from "../dom.js";
import { ask } from "../graphql.js";
import { setPoints } from "../header.js";
import { bar, empty, failed, grid, more, poster } from "../parts.js";
import { needsSignIn } from "./sign-in.js";
import { clock, moment, number, t } from "../words.js";

const PAGE = 12;
const ENDED = { code: "SESSION_EXPIRED", message: "" };

export const me = {
  className: "me",
  operations: ["MyPage", "WatchProgress"],

  async show(content, { params, signal }) {
    if (needsSignIn()) return;
    const { data, refusal } = await ask("MyPage", { first: PAGE, after: null }, { signal });
    content.replaceChildren(el("h1", {}, t("me.title")));
    if (refusal || !data.viewer) {
      return content.append(
        failed(refusal ?? ENDED, () => me.show(content, { params, signal })),
      );
    }
    const { points, pointEntries, watchHistory, likedContents } = data.viewer;
    setPoints(points);
    content.append(
      section("points", t("me.points"), number(points), earned(pointEntries.nodes)),
      section("history", t("me.history"), number(watchHistory.totalCount), history(watchHistory, signal)),
      section(
        "liked",
        t("me.liked"),
        number(likedContents.totalCount),
        likedContents.nodes.length ? grid(likedContents.nodes) : empty(t("me.likedNone")),
      ),
    );
  },
};

const section = (id, title, count, body) =>
  el(
    "section",
    { class: id, "aria-labelledby": `${id}-title` },
    el("div", { class: "section-head" }, el("h2", { id: `${id}-title` }, title), el("p", { class: "count" }, count)),
    body,
  );

const titleLink = (content) =>
  content
    ? written("a", { href: `#/title/${content.id}` }, content.title)
    : el("span", { class: "hint" }, t("me.gone"));

function earned(entries) {
  if (!entries.length) return empty(t("me.pointsNone"));
  const item = ({ points, reason, createdAt, content }) =>
    el(
      "li",
      {},
      el("b", { class: "plus" }, `+${number(points)}`),
      el("span", { class: "entry-words" }, titleLink(content), el("span", { class: "hint" }, ` ${t(`me.${reason}`)}`)),
      el("time", { dateTime: createdAt }, moment(createdAt)),
    );
  return el("ul", { class: "entries" }, entries.map(item));
}

function history(first, signal) {
  if (!first.nodes.length) return empty(t("me.historyNone"));
  const list = el("ul", { class: "entries history-list" }, first.nodes.map(watched));
  let { pageInfo } = first;
  if (!pageInfo.hasNextPage) return list;
  const next = async () => {
    const answer = await ask("MyPage", { first: PAGE, after: pageInfo.endCursor }, { signal });
    if (answer.refusal || !answer.data.viewer) return { refusal: answer.refusal ?? ENDED };
    const found = answer.data.viewer.watchHistory;
    pageInfo = found.pageInfo;
    const items = found.nodes.map(watched);
    list.append(...items);
    return { items, isLast: !pageInfo.hasNextPage };
  };
  return el("div", {}, list, more(next));
}

function watched(progress) {
  const { content, positionSeconds, durationSeconds, completed, observedAt } = progress;
  const at = durationSeconds
    ? t("live.at", { at: clock(positionSeconds), all: clock(durationSeconds) })
    : clock(positionSeconds);
  return el(
    "li",
    {},
    poster(content),
    el(
      "span",
      { class: "entry-words" },
      titleLink(content),
      el("span", { class: "hint" }, completed ? t("content.seen") : at),
      bar(content.id, progress),
    ),
    el("time", { dateTime: observedAt }, moment(observedAt)),
  );
}
