// Marquee's page to try every way in: what is pressed, and what comes of it. Each of the others does one thing alone.
import { changesOf, clock, showAccount } from "./account.js";
import { onClick, onSubmit, say, words } from "./forms.js";
import { ask, codeOf, refusalOf } from "./graphql.js";
import * as keycloak from "./keycloak.js";
import { hangUp, listen } from "./live.js";
import { showProviders, wasOnTheWay } from "./providers.js";
import { hasExpired, keep, NOBODY, session, signedIn, signedInByKeycloak } from "./session.js";

const CARRIER = "marquee:carrier";
const COOKIE = { kind: "cookie" }; // whosever it is, if there is one
const BY = { tokens: "by tokens", cookie: "by cookie", keycloak: "by Keycloak’s token" };
const at = (id) => document.getElementById(id);

let lineOf = null; // whose line is open

/* Ways in. */

/** Signs in by a mutation that answers a SignedIn; answers why not, or nothing. */
async function signIn(name, input, { useCookie = carrier() === "cookie" } = {}) {
  const cookie = session().kind === "cookie" ? session() : COOKIE;
  const answer = await ask(name, { input }, { as: useCookie ? cookie : NOBODY });
  const refusal = refusalOf(answer);
  if (refusal) return refusal;
  stopListening();
  signedIn(Object.values(answer.data)[0]);
  for (const form of at("ways").querySelectorAll("form")) form.reset(); // a password shall not wait there
  await arrive();
}

async function arrive() {
  banner("");
  if (await look()) at("account-title").focus();
}

const carrier = () => document.querySelector("#carrier input:checked").value;
const carried = (values) => ({ ...values, useCookie: carrier() === "cookie" });

onSubmit(at("login"), (values) => signIn("Login", carried(values)));
onSubmit(at("register"), (values) => signIn("Register", carried(values)));
onSubmit(at("test"), (values) => signIn("IssueTestToken", values, { useCookie: false }));
onSubmit(at("keycloak"), async (values) => {
  try {
    await keycloak.depart(values);
  } catch (failure) {
    return { code: "KEYCLOAK", message: failure.message };
  }
});
at("carrier").addEventListener("change", () => sessionStorage.setItem(CARRIER, carrier()));

/** Who comes back from elsewhere brings a code or an error in the address, from where both go at once. */
async function comeBack() {
  const { pathname, searchParams } = new URL(location.href);
  if (!searchParams.has("code") && !searchParams.has("error")) return;
  history.replaceState(null, "", "/sign-in");
  const refusal = await (pathname === "/auth/callback" ? fromProvider(searchParams) : fromKeycloak(searchParams));
  if (refusal) banner(words(refusal));
}

function fromProvider(parameters) {
  const code = parameters.get("code");
  if (!wasOnTheWay()) return { code: "SESSION_EXPIRED", message: "This sign-in was not begun in this tab." };
  if (code) return signIn("ExchangeLoginCode", carried({ code }));
  return { code: parameters.get("error").toUpperCase(), message: parameters.get("error_description") ?? "" };
}

async function fromKeycloak(parameters) {
  try {
    const { tokens, keycloak: where } = await keycloak.arrive(parameters);
    signedInByKeycloak(tokens, where);
  } catch (failure) {
    return { code: "KEYCLOAK", message: failure.message };
  }
  await arrive();
}

/* Being in. */

/** Asks who is signed in, and shows it; whether anybody is. */
async function look() {
  const answer = await asked("Viewer", {}, { quiet: true });
  const viewer = answer.data?.viewer;
  if (!viewer) {
    if (refusalOf(answer)) await unknown(refusalOf(answer));
    else if (session().kind === "nobody") showSignedOut();
    else ended("This session has ended.");
    return false;
  }
  if (viewer.csrfToken) keep({ kind: "cookie", csrfToken: viewer.csrfToken });
  showSignedIn(viewer);
  return true;
}

/** The server did not say who this is. */
async function unknown(refusal) {
  if (refusal.code === "UNAUTHENTICATED") return; // which has been dealt with
  if (refusal.code === "USER_NOT_FOUND") {
    const why = "Keycloak has signed you in, but nobody here has your verified e-mail address yet.";
    await out(`${words(refusal)}. ${why}`, { good: false });
    return;
  }
  at("status").textContent = "The server does not say who is signed in";
  banner(words(refusal));
}

/** Asks as who is signed in, if need be with a token that has been refreshed. */
async function asked(name, variables, { quiet = false } = {}) {
  const once = () => ask(name, variables, { as: session().kind === "nobody" ? COOKIE : session(), quiet });
  let answer = await once();
  if (codeOf(answer) === "UNAUTHENTICATED" && hasExpired() && !(await renew())) answer = await once();
  if (codeOf(answer) === "UNAUTHENTICATED") ended(answer.errors[0].message);
  return answer;
}

/** Does something and shows how things are afterwards; answers why it was not done, or what to say. */
async function change(name, input, done) {
  const answer = await asked(name, input ? { input } : {});
  const refusal = refusalOf(answer);
  if (refusal) return refusal;
  await look();
  return { good: done };
}

/** Other tokens; why not, or nothing. */
async function renew() {
  if (session().kind === "keycloak") {
    const { keycloak: where } = session();
    try {
      signedInByKeycloak(await keycloak.renew(session()), where);
    } catch (failure) {
      return { code: "KEYCLOAK", message: failure.message };
    }
    return null;
  }
  const answer = await ask("RefreshSession", { input: { refreshToken: session().refreshToken } }, { as: NOBODY });
  if (refusalOf(answer)) return refusalOf(answer);
  signedIn(answer.data.refreshSession);
  return null;
}

onClick(at("refresh"), async () => {
  const refusal = await renew();
  if (refusal?.code === "SESSION_EXPIRED") ended(refusal.message);
  if (refusal) return refusal;
  await look();
  return { good: "Here are others; of the old ones, the refresh token is worthless from now on." };
});
onSubmit(at("profile"), (values) => change("UpdateProfile", changesOf(values), "Saved."));
onClick(at("give-consent"), () => change("GiveConsent", null, "Thank you."));
onSubmit(at("password"), async ({ currentPassword, newPassword }) => {
  stopListening(); // this page's own line ends with all the others, and is no news
  const answer = await asked("ChangePassword", { input: { currentPassword, newPassword } });
  const refusal = refusalOf(answer);
  if (!refusal) {
    signedIn(answer.data.changePassword);
    at("password").reset();
  }
  if (session().kind !== "nobody") await look();
  return refusal ?? { good: "Changed. Every other session has ended." };
});

const actions = {
  async unlink(provider, button) {
    say(button, await change("UnlinkIdentity", { provider }, "Unlinked."));
  },
  async revoke({ id, current }, button) {
    const card = button.closest("article"); // the row will be another one
    if (!current) return say(card, await change("RevokeSession", { id }, "That session has ended."));
    stopListening();
    const refusal = refusalOf(await asked("RevokeSession", { input: { id } }));
    if (!refusal) return out("This session has ended.");
    await look();
    say(card, refusal);
  },
};

/* Out again. */

onClick(at("logout"), () => signOut("Logout", () => "Signed out. This session has ended, at once and everywhere."));
onClick(at("revoke-all"), () =>
  signOut("RevokeAllSessions", ({ revokeAllSessions: many }) => `Signed out everywhere. Sessions ended: ${many}.`),
);

async function signOut(name, done) {
  stopListening();
  const answer = await asked(name, {});
  const refusal = refusalOf(answer);
  if (!refusal) return out(done(answer.data));
  if (session().kind !== "nobody") await look();
  return refusal;
}

async function out(text, { good = true } = {}) {
  const failure = session().kind === "keycloak" ? await leaveKeycloak() : "";
  leave();
  banner(`${text} ${failure}`.trim(), { good: good && !failure });
}

/** Or it would sign the same person in again without asking; why it did not work, if so. */
async function leaveKeycloak() {
  try {
    await keycloak.leave(session());
    return "";
  } catch (failure) {
    return failure.message;
  }
}

function leave() {
  stopListening();
  keep(NOBODY);
  showSignedOut();
}

/** Somebody has ended it elsewhere, or its time is up. */
function ended(why) {
  if (session().kind === "nobody") return;
  leave();
  told("ended", why);
  banner(`You are signed out: ${why}`);
}

/* The live line. */

function startListening() {
  const line = session().accessToken ?? session().csrfToken;
  if (line === lineOf) return;
  lineOf = line;
  listen(session(), heard);
}

function stopListening() {
  lineOf = null;
  hangUp();
  at("live").hidden = true;
}

async function heard(state, why) {
  told(state, why);
  if (state !== "ended") return;
  lineOf = null;
  // Another tab may have put another session into the same cookie; a token that ran out by itself can be refreshed.
  if (session().kind === "cookie" || (hasExpired() && !(await renew()))) await look();
  else ended(why);
}

function told(state, why = "") {
  const texts = {
    connecting: "Opening the line …",
    on: "Live: still signed in",
    interrupted: `The line broke off (${why}); trying again …`,
    ended: `Ended at ${clock.format(new Date())}: ${why}`,
  };
  at("live").hidden = false;
  at("live").dataset.state = state;
  at("live").textContent = texts[state];
}

/* What is shown. */

function showSignedIn(viewer) {
  showAccount(viewer, session(), actions);
  at("status").textContent = `Signed in as ${viewer.user.displayName}, ${BY[session().kind]}`;
  at("status").dataset.kind = session().kind;
  if (at("account").hidden) at("ways").open = false;
  at("account").hidden = false;
  at("ways-title").textContent = "Sign in in another way";
  startListening();
}

function showSignedOut() {
  at("status").textContent = "Nobody is signed in";
  at("status").dataset.kind = "nobody";
  at("account").hidden = true;
  for (const said of at("account").querySelectorAll(".said")) said.textContent = "";
  at("ways").open = true;
  at("ways-title").textContent = "Ways in";
}

function banner(text, { good = false } = {}) {
  at("banner").textContent = text;
  at("banner").dataset.good = good;
  at("banner").hidden = !text;
}

const chosen = sessionStorage.getItem(CARRIER);
if (chosen) document.querySelector(`#carrier input[value="${CSS.escape(chosen)}"]`).checked = true;
for (const [name, value] of Object.entries(keycloak.lastPlace() ?? {})) {
  at("keycloak").elements[name].defaultValue = value; // and not `value`: it stays when the form is reset
}
ask("Providers", {}, { as: NOBODY, quiet: true }).then(({ data }) => data && showProviders(data.signInProviders));
await comeBack();
if (at("account").hidden) await look();
