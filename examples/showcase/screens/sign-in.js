// Ways in: a password, a new account, or somebody of the demonstration.
import { el } from "../dom.js";
import { field, onSubmit, once, say } from "../forms.js";
import { ask } from "../graphql.js";
import { tell } from "../news.js";
import { place } from "../router.js";
import { session, signedIn } from "../session.js";
import { t } from "../words.js";

// As `make run` prints them; tests/web/test_showcase.py compares them with the demonstration.
const PASSWORD = "marquee-demo";
const PEOPLE = [
  { email: "member@example.com", name: "Mina Member", role: "MEMBER" },
  { email: "manager@example.com", name: "Min Manager", role: "MANAGER" },
  { email: "admin@example.com", name: "Ada Admin", role: "ADMIN" },
];

/** Sends whoever is not signed in there, and back afterwards; whether it did. */
export function needsSignIn() {
  if (session()) return false;
  tell(t("in.needed"));
  location.replace(`#/sign-in?next=${encodeURIComponent(location.hash)}`);
  return true;
}

export const signIn = {
  className: "sign-in",
  operations: ["Login", "Me"],
  show: (content, { params }) =>
    isIn(params) || content.replaceChildren(el("h1", {}, t("in.title")), cards(params, loginForm())),
};

export const register = {
  className: "sign-in",
  operations: ["Register", "Me"],
  show: (content, { params }) =>
    isIn(params) || content.replaceChildren(el("h1", {}, t("in.registerTitle")), cards(params, registerForm())),
};

/** Where to go on, if it is a screen of ours; whoever is in already goes on at once. */
function isIn(params) {
  if (!session()) return false;
  const next = params.get("next") ?? "";
  location.replace(next.startsWith("#/") ? next : "#/");
  return true;
}

const cards = (params, form) =>
  el("div", { class: "ways" }, el("div", { class: "card-box" }, form, otherWay(params)), people());

function otherWay(params) {
  const next = params.get("next") ? `?next=${encodeURIComponent(params.get("next"))}` : "";
  const isNew = place().name === "register";
  return el(
    "p",
    { class: "other-way" },
    isNew ? null : `${t("in.newHere")} `,
    el("a", { href: isNew ? `#/sign-in${next}` : `#/register${next}` }, t(isNew ? "in.haveOne" : "in.register")),
    " · ",
    el("a", { href: "/sign-in" }, t("in.others")),
  );
}

const input = (name, type, autocomplete, more = {}) => el("input", { name, type, autocomplete, ...more });

function loginForm() {
  const form = el(
    "form",
    {},
    field(t("in.email"), input("email", "email", "username", { required: true })),
    field(t("in.password"), input("password", "password", "current-password", { required: true })),
    el("div", { class: "buttons" }, el("button", { type: "submit", class: "main" }, t("in.submit"))),
  );
  onSubmit(form, (values) => enter("Login", values));
  return form;
}

function registerForm() {
  const form = el(
    "form",
    {},
    field(t("in.email"), input("email", "email", "username", { required: true })),
    field(t("in.password"), input("password", "password", "new-password", { required: true }), t("in.passwordHint")),
    el(
      "div",
      { class: "pair" },
      field(t("in.firstName"), input("firstName", "text", "given-name")),
      field(t("in.lastName"), input("lastName", "text", "family-name")),
    ),
    el("div", { class: "buttons" }, el("button", { type: "submit", class: "main" }, t("in.registerSubmit"))),
  );
  onSubmit(form, (values) =>
    enter("Register", Object.fromEntries(Object.entries(values).filter(([, value]) => value))),
  );
  return form;
}

/** Answers why not. Once one is in, the screen is drawn anew, and leads on. */
async function enter(name, values) {
  const { data, refusal } = await ask(name, { input: values }, { asNobody: true });
  if (refusal) return refusal;
  const answer = Object.values(data)[0];
  signedIn(answer);
  tell(t("in.welcome", { name: answer.viewer.user.displayName }));
  return null;
}

function people() {
  const said = el("p", { class: "said", role: "alert" });
  const buttons = PEOPLE.map(({ email, name, role }) => {
    const button = el(
      "button",
      { type: "button", class: "demo", "aria-label": t("in.demoAs", { name }) },
      el("span", { class: "avatar", "aria-hidden": "true" }, name[0]),
      el(
        "span",
        { class: "demo-words" },
        el("b", {}, name),
        el("span", { class: "hint" }, `${t(`role.${role}`)} · ${email}`),
      ),
    );
    button.addEventListener("click", () =>
      once(button, async () => {
        say(said, null);
        const refusal = await enter("Login", { email, password: PASSWORD });
        if (refusal) say(said, refusal.code === "BAD_CREDENTIALS" ? { key: "in.demoMissing" } : refusal);
      }),
    );
    return button;
  });
  return el(
    "section",
    { class: "card-box demos", "aria-labelledby": "demo-title" },
    el("h2", { id: "demo-title" }, t("in.demo")),
    buttons,
    said,
  );
}
