// The stage: the poster with what can be done, and then the video, which goes on where one stopped.
import { el, icon, languageOf } from "./dom.js";
import { once, say } from "./forms.js";
import { ask } from "./graphql.js";
import { setPoints } from "./header.js";
import { tell } from "./news.js";
import { poster } from "./parts.js";
import { heard, progressOf, report } from "./progress.js";
import { session } from "./session.js";
import { clock, number, t } from "./words.js";

const AGAIN_MILLISECONDS = 10_000;

export function stage(content, signal) {
  const place = el("div", { class: "stage" });
  const words = el("div", { class: "stage-words" });
  const said = el("p", { class: "said", role: "alert" });
  place.append(el("div", { class: "stage-back", "aria-hidden": "true" }, poster(content, { eager: true })), words);
  let starting = null;
  const begin = (from) => {
    starting ??= start(content, from, place, said, signal).finally(() => {
      starting = null;
      if (isStale) offer();
    });
    return starting; // one player, whatever is pressed meanwhile
  };
  let isStale = false;
  const offer = () => {
    isStale = starting !== null;
    if (isStale || place.querySelector("video")) return;
    const held = words.contains(document.activeElement);
    words.replaceChildren(...choices(content, begin), said);
    if (held) words.querySelector("button, a")?.focus();
  };
  offer();
  heard.addEventListener("heard", ({ detail }) => detail.progress.content.id === content.id && offer(), { signal });
  return place;
}

/** Buttons for how to begin; another window may have gone on meanwhile. */
function choices(content, begin) {
  if (!content.videoAssets.length) return [el("p", { class: "stage-note" }, t("content.noVideo"))];
  if (!session()) {
    const next = encodeURIComponent(location.hash);
    return [el("a", { class: "button main big", href: `#/sign-in?next=${next}` }, icon("play"), t("title.signIn"))];
  }
  const button = (words, className, from) => {
    const made = el("button", { type: "button", class: className }, className.includes("main") && icon("play"), words);
    made.addEventListener("click", () => once(made, () => begin(from)));
    return made;
  };
  const progress = progressOf(content.id, content.viewerProgress);
  if (progress && !progress.completed && progress.positionSeconds >= 1) {
    return [
      button(t("title.resume", { at: clock(progress.positionSeconds) }), "main big", null),
      button(t("title.restart"), "big glass", 0),
    ];
  }
  const note = progress?.completed && el("p", { class: "stage-note" }, t("title.finished"));
  return [note, button(t("title.play"), "main big", null)].filter(Boolean);
}

/** `from` is where to begin, in seconds; null for where one stopped, as the server says. */
async function start(content, from, place, said, signal) {
  say(said, null);
  const { data, refusal } = await ask("StartStream", { input: { contentId: content.id } });
  if (signal.aborted) return;
  if (refusal) return say(said, refusal);
  const stream = data.startStream;
  reward(stream);
  const video = el("video", {
    controls: true,
    playsInline: true,
    preload: "auto",
    "aria-label": t("title.player", { title: content.title }),
    lang: languageOf(content.title),
  });
  place.replaceChildren(video);
  place.after(controls(video, said));
  report(video, content.id, signal);
  signal.addEventListener("abort", () => {
    video.pause();
    video.removeAttribute("src"); // or it would go on loading
    video.load();
  });
  goOnIfBroken(video, content, said, signal);
  load(video, stream.url, from ?? stream.resumeAtSeconds);
  video.focus();
}

function reward({ firstView, pointsAwarded, pointsBalance }) {
  setPoints(pointsBalance);
  if (firstView) tell(t("points.earned", { n: number(pointsAwarded), sum: number(pointsBalance) }));
}

function load(video, url, from) {
  video.src = url;
  video.addEventListener("loadedmetadata", () => from > 0 && (video.currentTime = from), { once: true });
  video.play().catch(() => {}); // a browser that wants a press first shows its own button
}

/** A stream's address ends with its time or its session: then another is asked for, and it goes on at the same place. */
function goOnIfBroken(video, content, said, signal) {
  let lately = -Infinity;
  video.addEventListener(
    "error",
    async () => {
      if (signal.aborted) return;
      const at = video.currentTime;
      const isAgain = performance.now() - lately < AGAIN_MILLISECONDS;
      lately = performance.now();
      const answer = isAgain ? null : await ask("StartStream", { input: { contentId: content.id } });
      if (answer && !answer.refusal) load(video, answer.data.startStream.url, at);
      else say(said, answer?.refusal ?? { key: "title.broken" });
    },
    { signal },
  );
}

function controls(video, said) {
  const jump = (seconds, words) => {
    const move = () => {
      video.currentTime = Math.min(video.duration || 0, Math.max(0, video.currentTime + seconds));
    };
    return el("button", { type: "button", on: { click: move } }, words);
  };
  return el("div", { class: "controls" }, jump(-10, t("title.back10")), jump(10, t("title.forward10")), said);
}

/** What another window plays, as it comes. */
export function elsewhere(content, signal) {
  const time = el("span", { class: "time" });
  const meter = el("span", { class: "bar" }, el("span"));
  const badge = el(
    "p",
    { class: "elsewhere", hidden: true },
    icon("screen"),
    el("b", {}, t("live.elsewhere")),
    time,
    meter,
  );
  let newest = Date.parse(content.viewerProgress?.observedAt ?? 0);
  heard.addEventListener(
    "heard",
    ({ detail: { progress, mine } }) => {
      if (progress.content.id !== content.id || Date.parse(progress.observedAt) <= newest) return;
      newest = Date.parse(progress.observedAt);
      badge.hidden = mine;
      const { positionSeconds: at, durationSeconds: all } = progress;
      time.textContent = t("live.at", { at: clock(at), all: all ? clock(all) : "–" });
      meter.firstElementChild.style.width = `${all ? (at / all) * 100 : 0}%`;
    },
    { signal },
  );
  return badge;
}
