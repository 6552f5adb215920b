// What is shown of the person who is signed in.

const PROVIDERS = { KEYCLOAK: "Keycloak", GOOGLE: "Google", GITHUB: "GitHub", KAKAO: "Kakao", OTHER: "another issuer" };
// What each of them says of itself, the first that fits: most say that they are others, too.
const BROWSERS = { "Edg/": "Edge", "OPR/": "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const APPLE = { iPhone: "iOS", iPad: "iPadOS", "Mac OS": "macOS" };
const SYSTEMS = { Windows: "Windows", Android: "Android", ...APPLE, Linux: "Linux" };
const PROFILE = ["displayName", "firstName", "lastName", "birthday", "gender", "regionCode", "email"];
const at = (id) => document.getElementById(id);
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

let before = {};

/** `actions`: unlink(provider), revoke(session), each called with the button that was pressed. */
export function showAccount(viewer, session, actions) {
  at("name").textContent = viewer.user.displayName;
  at("facts").replaceChildren(
    ...fact("E-mail", viewer.email ?? "none yet: add one to the profile"),
    ...fact("Role", viewer.role),
    ...fact("Points", String(viewer.points)),
  );
  at("carried").textContent = carried(session);
  at("refresh").hidden = session.kind === "cookie";
  at("refresh").textContent = session.kind === "keycloak" ? "Refresh at Keycloak" : "Refresh the tokens";
  showProfile(viewer);
  at("password").elements.username.value = viewer.email ?? "";
  at("sessions").replaceChildren(...viewer.sessions.map((one) => sessionRow(one, actions.revoke)));
  const linked = viewer.identities.map((one) => identityRow(one, actions.unlink));
  at("identities").replaceChildren(...(linked.length ? linked : [made("li", "hint", "None.")]));
  at("consent").textContent = viewer.needsConsent ? "You still have to give consent." : "You have given consent.";
  at("give-consent").hidden = !viewer.needsConsent;
}

/** Only what is to change, as updateProfile wants it: what is left out stays, and null clears. */
export const changesOf = (values) =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => (before[name] ?? null) !== value));

function showProfile(viewer) {
  before = { ...viewer, displayName: viewer.user.displayName };
  const { elements } = at("profile");
  for (const name of PROFILE) elements[name].value = before[name] ?? "";
  at("late-email").hidden = viewer.email !== null;
}

function carried({ kind, expiresAt, keycloak }) {
  const end = expiresAt && clock.format(expiresAt);
  if (kind === "cookie") {
    const seen = document.cookie || "nothing";
    return `A cookie carries the session, and renews itself while it is used. What scripts see of it: ${seen}.`;
  }
  if (kind === "keycloak") return `A token of ${keycloak.realm} at ${keycloak.url} carries the session, until ${end}.`;
  return `Tokens in this tab’s sessionStorage carry the session; the access token runs out at ${end}.`;
}

function sessionRow(one, revoke) {
  const row = made("li");
  const text = made("div");
  const head = made("p", "", device(one.userAgent));
  if (one.current) head.append(" ", made("span", "badge", "this device"));
  text.append(head, made("p", "hint agent", one.userAgent ?? ""), times(one));
  const button = action("End", `End the session of ${device(one.userAgent)}`, () => revoke(one, button));
  row.append(text, button);
  return row;
}

function times({ createdAt, lastUsedAt, expiresAt }) {
  const line = made("p", "hint");
  const pairs = [["Signed in ", createdAt], [", last used ", lastUsedAt], [", ends ", expiresAt]];
  for (const [words, value] of pairs) {
    const time = made("time", "", moment.format(new Date(value)));
    time.dateTime = value;
    line.append(words, time);
  }
  return line;
}

function identityRow({ provider, linkedAt }, unlink) {
  const row = made("li");
  const text = made("div");
  text.append(made("p", "", PROVIDERS[provider]), made("p", "hint", `since ${moment.format(new Date(linkedAt))}`));
  const button = action("Unlink", `Unlink ${PROVIDERS[provider]}`, () => unlink(provider, button));
  row.append(text, button);
  return row;
}

function action(text, label, press) {
  const button = made("button", "", text);
  button.type = "button";
  button.ariaLabel = label;
  button.addEventListener("click", press);
  return button;
}

/** A name for what calls itself by a whole line. */
function device(agent) {
  if (!agent) return "An unnamed device";
  const known = (names) => Object.entries(names).find(([sign]) => agent.includes(sign))?.[1];
  const browser = known(BROWSERS);
  const system = known(SYSTEMS);
  if (!browser) return agent.split("/")[0];
  return system ? `${browser} on ${system}` : browser;
}

function* fact(name, value) {
  yield made("dt", "", name);
  yield made("dd", "", value);
}

function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
