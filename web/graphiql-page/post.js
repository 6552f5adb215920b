export const ENDPOINT = "/graphql";

/**
 * One operation over HTTP. Resolves to the GraphQL answer, whatever its HTTP status;
 * rejects where nothing came, or something that is not JSON.
 */
export async function post(payload, givenHeaders = {}) {
  return read(await send(payload, givenHeaders, "application/graphql-response+json, application/json"));
}

/** The same for a subscription: one answer after another, as server-sent events, until it ends or `signal` says so. */
export async function* listen(payload, givenHeaders, signal) {
  const response = await send(payload, givenHeaders, "text/event-stream", signal);
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await read(response);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const events = (rest + piece.value).split(/\r?\n\r?\n/);
    rest = events.pop();
    for (const event of events) {
      const data = /^event: next$/m.test(event) && event.match(/^data: (.*)$/m);
      if (data) yield JSON.parse(data[1]);
    }
  }
}

function send(payload, givenHeaders, accept, signal) {
  const headers = new Headers({ accept, "content-type": "application/json" });
  for (const [name, value] of Object.entries(givenHeaders)) headers.set(name, value);
  // Bearer tokens alone say who is asking: a session cookie of the same site, such as that of /sign-in, would need a CSRF
  // header, and hide who signed in here.
  return fetch(ENDPOINT, { method: "POST", credentials: "omit", headers, body: JSON.stringify(payload), signal });
}

async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 200)}`);
  }
}
