// Who is signed in, in all tabs of this browser: the tokens lie in localStorage, and each tab hears when another changes them.
// A policy without foreign or inline scripts guards them; an app that shares its origin with others would ask for a
// cookie instead (`useCookie: true`, see /sign-in).

import { newId } from "./ids.js";

const KEY = "marquee:showcase:session";
const SHORTLY_MILLISECONDS = 60_000;

/** "changed" when somebody has come, gone, or got other tokens; its detail is {why}, a refusal, where a session was ended. */
export const changes = new EventTarget();

let current = kept();

/**
 * {who, accessToken, refreshToken, expiresAt, renewAt}, both in milliseconds of the epoch; null for nobody. `who` stays the same
 * as long as the same person is signed in, whatever tokens come and go.
 */
export const session = () => current;

/** As login, register and refreshSession answer it; the last of these goes on with who it was. */
export function signedIn({ tokens: { accessToken, refreshToken, expiresIn } }, who = newId()) {
  const life = expiresIn * 1000;
  const expiresAt = Date.now() + life;
  keep({ who, accessToken, refreshToken, expiresAt, renewAt: expiresAt - Math.min(SHORTLY_MILLISECONDS, life / 3) });
}

export function leave(why = null) {
  if (current) keep(null, why);
}

/** What the tabs agree upon. Another may have written it just now, and this one not have heard of it. */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep(next, why = null) {
  if (next) localStorage.setItem(KEY, JSON.stringify(next));
  else localStorage.removeItem(KEY);
  adopt(next, why);
}

function adopt(next, why = null) {
  current = next;
  changes.dispatchEvent(new CustomEvent("changed", { detail: { why } }));
}

/** What another tab has written, even if this one was asleep and did not hear of it. Answers who is signed in now. */
export function catchUp() {
  const now = kept();
  if (now?.who !== current?.who || now?.accessToken !== current?.accessToken) adopt(now);
  return current;
}

addEventListener("pageshow", ({ persisted }) => persisted && catchUp()); // one comes back to a page that was put by
addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) adopt(kept());
});
