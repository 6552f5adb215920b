// What every program here needs: where the server is, how to ask it, and a session that stays alive.
export const ADDRESS = process.env.MARQUEE_URL ?? "http://127.0.0.1:8000";
const [EMAIL, PASSWORD] = [process.env.EMAIL ?? "member@example.com", process.env.PASSWORD ?? "marquee-demo"];

/** The request did not do what it should: `code` says why, as of `errors[].extensions` or of a refusal. */
export class Failed extends Error {
  constructor({ code, message, problems = [], retryAfter }) {
    super([message, ...problems.map(({ field, message }) => `${field.join(".")}: ${message}`)].join("\n  "));
    Object.assign(this, { code, retryAfter });
  }
}

/** The data of an answer, whole or not at all. Raises Failed, and TypeError where the server is not reached. */
export async function ask(query, variables = {}, token = null) {
  const response = await fetch(`${ADDRESS}/graphql`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(10_000),
  });
  // A proxy in between may answer something else than JSON.
  const answer = await response.json().catch(() => ({ errors: [{ message: `HTTP ${response.status}` }] }));
  if (answer.errors) {
    const [{ message, extensions }] = answer.errors;
    throw new Failed({ code: extensions?.code, message, retryAfter: response.headers.get("Retry-After") });
  }
  return answer.data;
}

/** A result that may be a refusal: it itself, or Failed with the refusal's code, words and fields. */
export function granted(result) {
  if (result.__typename === "Refusal") throw new Failed(result);
  return result;
}

const TOKENS = `__typename
  ... on SignedIn { tokens { accessToken refreshToken } }
  ... on Refusal { code message problems { field message } }`;

export async function signIn(email = EMAIL, password = PASSWORD) {
  const query = `mutation SignIn($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`;
  return granted((await ask(query, { input: { email, password } })).login).tokens;
}

/** Two new tokens for a refresh token, which works once; the old ones where the server is not reached, to try again.
 *  Failed with SESSION_EXPIRED: sign in again. */
export async function refreshed(tokens) {
  const query = `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { ${TOKENS} } }`;
  try {
    return granted((await ask(query, { input: { refreshToken: tokens.refreshToken } })).refreshSession).tokens;
  } catch (error) {
    if (error instanceof Failed) throw error;
    return tokens;
  }
}

/** Longer and longer, and not everybody at the same moment. */
export function pause(tries) {
  const milliseconds = Math.min(200 * 2 ** tries, 5000) * (0.75 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs a program, and says in one line why it failed. */
export async function run(program) {
  try {
    await program();
  } catch (error) {
    console.error(`${error.code ?? error.cause?.code ?? "FAILED"}: ${error.message}`);
    process.exitCode = 1;
  }
}
