// Where one is in what one watches: told to the server by the player, and heard from it by all other screens.
import { ask } from "./graphql.js";
import { newId } from "./ids.js";
import { line } from "./live.js";
import { changes, session } from "./session.js";

const EVERY_MILLISECONDS = 10_000;
const SAME_PLACE_SECONDS = 0.05;
const MOST_WAITING = 100; // and no batch may have more
const MOST_REMEMBERED = 20;
/** Why nothing has been judged: the same events may be taken later. Any other answer would be the same again. */
const LATER = new Set(["NO_ANSWER", "UNAVAILABLE", "INTERNAL", "RATE_LIMITED", "UNAUTHENTICATED", "TOO_SLOW"]);

/** "heard" with {progress, mine, isFirst}: `mine` is what this tab itself has told, `isFirst` the first word of a content. */
export const heard = new EventTarget();
const latest = new Map();
const told = new Map();
let waiting = [];
let whose = session()?.who;

/** What is known of a content: from the answer `given`, or from what was heard since. */
export function progressOf(contentId, given) {
  const known = latest.get(contentId);
  return known && (!given || at(known) >= at(given)) ? known : given;
}

export const share = ({ positionSeconds, durationSeconds, completed }) =>
  completed ? 1 : durationSeconds ? Math.min(1, positionSeconds / durationSeconds) : 0;

const at = ({ observedAt }) => Date.parse(observedAt);

function hear(progress) {
  const { id } = progress.content;
  if (latest.has(id) && at(latest.get(id)) > at(progress)) return;
  const isFirst = !latest.has(id);
  latest.set(id, progress);
  const mine = (told.get(id) ?? []).some((place) => Math.abs(place - progress.positionSeconds) < SAME_PLACE_SECONDS);
  heard.dispatchEvent(new CustomEvent("heard", { detail: { progress, mine, isFirst } }));
}

line.addEventListener("event", ({ detail }) => hear(detail.progress));
changes.addEventListener("changed", () => {
  if (session()?.who === whose) return;
  whose = session()?.who;
  waiting = []; // the next person has watched nothing of it
  latest.clear();
  told.clear();
});

/** Reports where a player is: every ten seconds while it plays, and wherever it stops. Until `signal` is aborted. */
export function report(video, contentId, signal) {
  let last = null;
  const tell = ({ going = false } = {}) => {
    const position = video.currentTime;
    if (!video.duration || (last !== null && Math.abs(position - last) < SAME_PLACE_SECONDS)) return;
    last = position;
    note({ contentId, positionSeconds: position, durationSeconds: video.duration }, going);
  };
  const timer = setInterval(() => video.paused || tell(), EVERY_MILLISECONDS);
  const listen = (target, type, listener) => target.addEventListener(type, listener, { signal });
  listen(video, "pause", () => tell());
  listen(video, "ended", () => tell());
  listen(video, "seeked", () => video.paused && tell());
  listen(document, "visibilitychange", () => document.visibilityState === "hidden" && tell({ going: true }));
  listen(window, "pagehide", () => tell({ going: true }));
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    tell();
  });
}

/** By place, not by time: where a clock here is ahead, the server takes its own. */
function remember({ contentId, positionSeconds }) {
  const places = told.get(contentId) ?? [];
  told.delete(contentId); // and behind all others again, so that the first is the longest ago
  told.set(contentId, [...places, positionSeconds].slice(-MOST_REMEMBERED));
  if (told.size > MOST_REMEMBERED) told.delete(told.keys().next().value);
}

/** What did not arrive goes along with the next one: the same eventId again changes nothing. */
async function note(place, going) {
  const who = session()?.who;
  if (!who) return;
  const event = { eventId: newId(), ...place, observedAt: new Date().toISOString() };
  remember(place);
  const events = [...waiting, event].slice(-MOST_WAITING);
  waiting = events;
  const { data, refusal } = await ask("RecordWatchProgress", { input: { events } }, { keepalive: going });
  if (session()?.who !== who || LATER.has(refusal?.code)) return;
  waiting = waiting.filter((one) => !events.includes(one));
  for (const progress of data?.recordWatchProgress?.progress ?? []) hear(progress);
}
