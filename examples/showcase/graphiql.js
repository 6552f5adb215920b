// GraphiQL with an operation in a tab of its own, signed in as one is here. Its page keeps its tabs in localStorage, under
// `marquee:`, and its token in sessionStorage, which a window that is opened from here begins with a copy of.
import { newId } from "./ids.js";
import { changes, session } from "./session.js";

const TABS = "marquee:graphiql:tabState";
const TOKEN = "marquee:accessToken";
let examples = [];

/** Who was never there shall find the examples too, beside what is asked for. */
export async function prepareGraphiql() {
  if (examples.length || localStorage.getItem(TABS)) return;
  const response = await fetch("/graphql/examples.json", { credentials: "omit" });
  if (response.ok) examples = await response.json();
}

/** Before the browser follows the link. */
export function openInGraphiql(query, variables) {
  const tabs = kept() ?? examples.map((example) => tab(example.query, example.variables));
  let index = tabs.findIndex((one) => one.query === query && one.variables === variables);
  if (index < 0) index = tabs.push(tab(query, variables)) - 1;
  localStorage.setItem(TABS, JSON.stringify({ tabs, activeTabIndex: index }));
  if (session()) sessionStorage.setItem(TOKEN, session().accessToken);
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(TABS)).tabs;
  } catch {
    return null;
  }
}

function tab(query, variables) {
  const title = query.match(/^\s*(?:query|mutation|subscription)\s+(\w+)/m)?.[1] ?? "<untitled>";
  return { id: newId(), hash: null, title, operationName: null, query, variables, headers: null, response: null };
}

changes.addEventListener("changed", () => session() || sessionStorage.removeItem(TOKEN));
