// One operation over HTTP, with a token that is still good.
import { OPERATIONS } from "./operations.js";
import { catchUp, changes, leave, session, signedIn } from "./session.js";

const ENDPOINT = "/graphql";

/** "ran" after each operation; what ran last under each name is in `runs`: {variables, milliseconds, cost, code}. */
export const running = new EventTarget();
export const runs = new Map();

/**
 * Answers {data, refusal}: `refusal` is {code, message, problems}, whether the operation refused something or could not be
 * run at all, and null where all is well. Aborting throws, as fetch does. With `keepalive` it is sent at once, and
 * arrives even though the page is going.
 */
export async function ask(name, variables = {}, { signal, keepalive = false, asNobody = false } = {}) {
  let as = asNobody ? null : session();
  if (as && !keepalive && Date.now() >= as.renewAt) {
    const other = await renewed(as);
    if (other && other.who !== as.who) return ANOTHER;
    as = other;
  }
  const answer = await run(name, variables, { as, signal, keepalive });
  if (!as || keepalive || answer.refusal?.code !== "UNAUTHENTICATED") return answer;
  const other = await renewed(as); // its time was up, or somebody has ended the session
  if (other && other.who !== as.who) return ANOTHER;
  return other ? run(name, variables, { as: other, signal }) : answer;
}

/** Somebody else has come in another tab: what one person wanted is not done as the other. */
const ANOTHER = { data: null, refusal: { code: "SESSION_EXPIRED", message: "", problems: [] } };

/** Other tokens, which another tab may have fetched already; null where the session has ended. */
export function renewed(old) {
  return oneTabAtATime(async () => {
    const now = catchUp();
    if (!now || now.accessToken !== old.accessToken) return now;
    const input = { refreshToken: now.refreshToken };
    const { data, refusal } = await run("RefreshSession", { input }, { as: null });
    if (data?.refreshSession.__typename === "SignedIn") signedIn(data.refreshSession, now.who);
    else if (refusal.code === "SESSION_EXPIRED") leave(refusal);
    return session(); // where the server does not answer, the same as before
  });
}

/** A refresh token works once, and two tabs have the same one. Without a secure context, the server's grace helps. */
const oneTabAtATime = (work) => (navigator.locks ? navigator.locks.request("marquee:renewing", work) : work());

let timer;

/** Before the token ends, and not only when something is asked: streams and the live line need none then. */
function renewInTime() {
  clearTimeout(timer);
  const as = session();
  if (as) timer = setTimeout(() => renewed(as), Math.max(as.renewAt - Date.now(), 1000));
}
changes.addEventListener("changed", renewInTime);
renewInTime();

async function run(name, variables, { as, signal, keepalive = false }) {
  const began = performance.now();
  const answer = await post(name, variables, as, signal, keepalive);
  const refusal = refusalOf(answer);
  runs.set(name, {
    variables,
    milliseconds: Math.round(performance.now() - began),
    cost: answer.extensions?.cost?.requested,
    code: refusal?.code,
  });
  running.dispatchEvent(new CustomEvent("ran", { detail: { name } }));
  return { data: answer.data, refusal };
}

async function post(name, variables, as, signal, keepalive) {
  try {
    const response = await fetch(ENDPOINT, {
      method: "POST",
      credentials: "omit", // a cookie of the page at /sign-in is nobody's business here
      headers: {
        Accept: "application/graphql-response+json, application/json",
        "Content-Type": "application/json",
        ...(as && { Authorization: `Bearer ${as.accessToken}` }),
      },
      body: JSON.stringify({ query: OPERATIONS[name], variables, operationName: name }),
      signal,
      keepalive,
    });
    return await response.json();
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    return { errors: [{ message: failure.message, extensions: { code: "NO_ANSWER" } }] };
  }
}

function refusalOf({ data, errors, code, message: words }) {
  if (errors?.length) {
    const [{ message, extensions }] = errors;
    return { code: extensions?.code ?? "INTERNAL", message, problems: [] };
  }
  if (!data) return { code: code ?? "INTERNAL", message: words ?? "", problems: [] }; // refused at the door, before GraphQL
  return Object.values(data).find((value) => value?.__typename === "Refusal") ?? null;
}
