export const ENDPOINT = "/graphql";

/**
 * One operation over HTTP. Resolves to the GraphQL answer, whatever its HTTP status;
 * rejects where nothing came, or something that is not JSON.
 */
export async function post(payload, givenHeaders = {}) {
  const headers = new Headers({
    accept: "application/graphql-response+json, application/json",
    "content-type": "application/json",
  });
  for (const [name, value] of Object.entries(givenHeaders)) headers.set(name, value);
  // Bearer tokens alone say who is asking: a session cookie of the same site would need a CSRF header, and hide who signed in here.
  const response = await fetch(ENDPOINT, {
    method: "POST",
    credentials: "omit",
    headers,
    body: JSON.stringify(payload),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 200)}`);
  }
}
