// Who one is, where one is signed in, and the ways out.
import { el } from "../dom.js";
import { once, sureButton } from "../forms.js";
import { ask } from "../graphql.js";
import { whoever } from "../header.js";
import { tell, tellWhy } from "../news.js";
import { failed } from "../parts.js";
import { go } from "../router.js";
import { leave } from "../session.js";
import { moment, number, t } from "../words.js";
import { needsSignIn } from "./sign-in.js";

const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
];
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
];

export const account = {
  className: "account",
  operations: ["Me", "Sessions", "RevokeSession", "Logout", "RevokeAllSessions", "RefreshSession"],

  async show(content, { params, signal }) {
    if (needsSignIn()) return;
    const [{ data, refusal }, me] = await Promise.all([ask("Sessions", {}, { signal }), whoever()]);
    content.replaceChildren(el("h1", {}, t("account.title")));
    if (refusal || !data.viewer) {
      const why = refusal ?? { code: "SESSION_EXPIRED", message: "" };
      return content.append(failed(why, () => account.show(content, { params, signal })));
    }
    const list = el("ul", { class: "sessions" });
    list.append(...data.viewer.sessions.map((session) => row(session, list)));
    content.append(
      person(me),
      el(
        "section",
        { class: "card-box", "aria-labelledby": "sessions-title" },
        el("h2", { id: "sessions-title" }, t("account.sessions")),
        list,
      ),
    );
  },
};

function person(me) {
  const out = el("button", { type: "button" }, t("account.signOut"));
  out.addEventListener("click", () => once(out, () => signOut("Logout", () => t("account.signedOut"))));
  const everywhere = sureButton(t("account.signOutAll"), { class: "danger" }, () =>
    signOut("RevokeAllSessions", ({ revokeAllSessions: n }) => t("account.signedOutAll", { n: number(n) })),
  );
  return el(
    "section",
    { class: "card-box person-box", "aria-labelledby": "person-title" },
    el("span", { class: "avatar big", "aria-hidden": "true" }, [...(me?.user.displayName ?? "?")][0]),
    el(
      "div",
      {},
      el("h2", { id: "person-title" }, me?.user.displayName ?? ""),
      el("p", { class: "facts" }, [me?.email, me && t(`role.${me.role}`)].filter(Boolean).join(" · ")),
    ),
    el("div", { class: "buttons" }, out, everywhere),
  );
}

async function signOut(name, words) {
  const { data, refusal } = await ask(name);
  if (refusal && refusal.code !== "UNAUTHENTICATED") return tellWhy(refusal);
  go("#/");
  leave();
  tell(refusal ? t("account.signedOut") : words(data));
}

function row({ id, userAgent, createdAt, lastUsedAt, current }, list) {
  const item = el("li", {});
  const revoke = async () => {
    const { refusal } = await ask("RevokeSession", { input: { id } });
    if (refusal) return tellWhy(refusal);
    item.remove();
    (list.querySelector("button") ?? document.querySelector("h1")).focus();
    tell(t("account.revoked"));
  };
  const name = deviceOf(userAgent);
  item.append(
    el(
      "div",
      {},
      el("b", { title: userAgent ?? "" }, name),
      el(
        "span",
        { class: "hint" },
        `${t("account.since", { when: moment(createdAt) })}, ${t("account.lastUsed", { when: moment(lastUsedAt) })}`,
      ),
    ),
    current
      ? el("span", { class: "badge" }, t("account.current"))
      : sureButton(t("account.revoke"), { class: "danger small" }, revoke),
  );
  return item;
}

function deviceOf(userAgent) {
  const first = (names) => names.find(([mark]) => userAgent?.includes(mark))?.[1];
  const [browser, system] = [first(BROWSERS), first(SYSTEMS)];
  if (browser && system) return t("account.device", { browser, system });
  return userAgent?.slice(0, 60) || t("account.unknown");
}
