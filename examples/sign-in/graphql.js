// One operation over HTTP, as the one whose session it is.
import { note, shortened } from "./journal.js";
import { OPERATIONS } from "./operations.js";
import { keep, session } from "./session.js";

const ENDPOINT = "/graphql";

/**
 * Answers {data, errors}, and nothing else: where the server does not answer, that is an error too.
 * With tokens the browser's cookie stays at home, so that it cannot be taken for the one who asks.
 */
export async function ask(name, variables = {}, { as = session(), quiet = false } = {}) {
  const answer = await post(name, variables, as, quiet);
  if (as.kind === "cookie" && codeOf(answer) === "CSRF_TOKEN_REQUIRED") {
    // Another tab has another session in the same cookie since: what it wants to hear is told to who may read answers.
    const csrfToken = (await post("Csrf", {}, as, true)).data?.viewer?.csrfToken;
    if (csrfToken) {
      if (session().kind === "cookie") keep({ ...session(), csrfToken });
      return post(name, variables, { ...as, csrfToken }, quiet);
    }
  }
  return answer;
}

/** Why it was not done: {code, message, details, problems}; null where it was. */
export function refusalOf({ data, errors }) {
  const [error] = errors ?? [];
  if (error) {
    const { code = "ERROR", details = [] } = error.extensions ?? {};
    return { code, message: error.message, details, problems: [] };
  }
  const refusal = Object.values(data ?? {}).find((value) => value?.__typename === "Refusal");
  return refusal ? { details: [], ...refusal } : null;
}

export const codeOf = (answer) => refusalOf(answer)?.code;

async function post(name, variables, as, quiet) {
  const query = OPERATIONS[name];
  const headers = headersOf(as, query);
  const entry = note({
    title: name,
    how: HOW[as.kind],
    lines: [`POST ${ENDPOINT}`, ...shown(headers, as)],
    text: query,
    variables,
    quiet,
  });
  const answer = await fetched(headers, { query, variables, operationName: name }, as);
  const refusal = refusalOf(answer);
  const { data, errors, status } = answer;
  entry.answered(!refusal, refusal ? refusal.code : String(status), { data, errors });
  return answer;
}

const HOW = { nobody: "as nobody", tokens: "by token", cookie: "by cookie", keycloak: "by Keycloak’s token" };

function headersOf(as, query) {
  const headers = {};
  if (as.accessToken) headers.Authorization = `Bearer ${as.accessToken}`;
  if (as.kind === "cookie" && as.csrfToken && query.startsWith("mutation")) headers["X-CSRF-Token"] = as.csrfToken;
  return headers;
}

function shown(headers, as) {
  const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value.replace(/[^ ]+$/, shortened)}`);
  return as.kind === "cookie" ? [...lines, "Cookie: whatever the browser has"] : lines;
}

async function fetched(headers, body, as) {
  try {
    const response = await fetch(ENDPOINT, {
      method: "POST",
      credentials: as.kind === "cookie" ? "same-origin" : "omit",
      headers: {
        Accept: "application/graphql-response+json, application/json",
        "Content-Type": "application/json",
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return { ...(await response.json()), status: response.status };
  } catch (failure) {
    const message = `The server does not answer (${failure.message}).`;
    return { errors: [{ message, extensions: { code: "NO_ANSWER" } }] };
  }
}
