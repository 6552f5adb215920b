// Under each screen: the operations it runs, what it last sent with them, and the way into GraphiQL.
import { el, icon } from "./dom.js";
import { openInGraphiql, prepareGraphiql } from "./graphiql.js";
import { running, runs } from "./graphql.js";
import { tell } from "./news.js";
import { OPERATIONS } from "./operations.js";
import { t } from "./words.js";

const SECRET = new Set(["password", "refreshToken"]);
const WORDS =
  /("(?:[^"\\]|\\.)*")|(#.*)|(\$\w+)|\b(query|mutation|subscription|fragment|on)\b|(\.\.\.)|(\b[A-Z]\w*)|(\d+(?:\.\d+)?)/g;
const KINDS = ["string", "comment", "variable", "keyword", "spread", "type", "number"];

export function panel(names, signal) {
  const parts = new Map(names.map((name) => [name, operation(name)]));
  const prepare = () => prepareGraphiql().finally(() => parts.forEach(({ link }) => (link.hidden = false)));
  const list = el(
    "details",
    { id: "operations", on: { toggle: prepare } },
    el("summary", {}, icon("code"), t("panel.title"), el("span", { class: "count" }, String(names.length))),
    el("p", { class: "hint" }, t("panel.hint")),
    [...parts.values()].map(({ part }) => part),
  );
  for (const { tellRun } of parts.values()) tellRun();
  running.addEventListener("ran", ({ detail: { name } }) => parts.get(name)?.tellRun(), { signal });
  return list;
}

function operation(name) {
  const said = el("span", { class: "ran" });
  const variables = el("pre", { class: "code", tabIndex: 0, "aria-label": `${t("panel.variables")}: ${name}` });
  const text = el("pre", { class: "code", tabIndex: 0, "aria-label": name }, coloured(OPERATIONS[name]));
  const link = el(
    "a",
    { class: "button", href: "/graphql", target: "_blank", rel: "opener", hidden: true }, // until it is prepared
    t("panel.open", { name }),
  );
  const open = () => openInGraphiql(OPERATIONS[name], shown(runs.get(name)?.variables));
  link.addEventListener("click", open);
  link.addEventListener("auxclick", open);
  const copy = async () => {
    await navigator.clipboard.writeText(OPERATIONS[name]);
    tell(t("panel.copied"));
  };
  const part = el(
    "section",
    { class: "operation" },
    el("header", {}, el("h2", {}, name), said),
    el("div", {}, el("h3", {}, t("panel.operation")), text),
    el("div", {}, el("h3", {}, t("panel.variables")), variables),
    el(
      "div",
      { class: "buttons" },
      link,
      navigator.clipboard && el("button", { type: "button", on: { click: copy } }, t("panel.copy", { name })), // secure contexts
    ),
  );
  const tellRun = () => {
    const run = runs.get(name);
    said.textContent = describe(run);
    said.dataset.good = run ? !run.code : "";
    variables.replaceChildren(coloured(shown(run?.variables) || "{}"));
  };
  return { part, link, tellRun };
}

function describe(run) {
  if (!run) return t("panel.notYet");
  if (run.milliseconds === undefined) return t("panel.live");
  return [run.code, t("panel.ran", { ms: run.milliseconds, cost: run.cost ?? "–" })].filter(Boolean).join(" · ");
}

const shown = (variables) =>
  variables && Object.keys(variables).length
    ? JSON.stringify(variables, (key, value) => (SECRET.has(key) ? "••••••••" : value), 2)
    : "";

/** GraphQL and JSON with their words coloured, as elements. */
function coloured(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(WORDS)) {
    parts.append(text.slice(from, match.index));
    const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)];
    parts.append(el("span", { class: `code-${kind}` }, match[0]));
    from = match.index + match[0].length;
  }
  parts.append(text.slice(from));
  return parts;
}
