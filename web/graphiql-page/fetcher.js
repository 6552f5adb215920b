import { parse } from "graphql";
import { createClient } from "graphql-ws";
import { fillPlaceholders } from "./examples.js";
import { player } from "./Player.jsx";
import { ENDPOINT, listen, post } from "./post.js";
import { forget, isUnauthenticated, learnName, session, signIn } from "./session.js";

const SESSION_STARTS = ["register", "login", "exchangeLoginCode", "refreshSession", "issueTestToken"];
const FORBIDDEN = 4403; // the server ends a socket with it when its token expires or its session is revoked

/** What GraphiQL calls for every operation: a promise of one answer, or an observable for a subscription. */
export async function fetcher({ query, variables, operationName }, options) {
  const operation = chooseOperation(query, operationName);
  const { token } = session.get();
  const headers = lowercased(options?.headers);
  const ours = token !== null && !("authorization" in headers) && !startsSession(operation);
  if (ours) headers.authorization = `Bearer ${token}`;

  const payload = { query, variables: await fillPlaceholders(variables), operationName: operation?.name?.value };
  const sent = { operation, token: ours ? token : null };

  if (operation?.operation === "subscription") return subscribe(payload, headers, sent);
  try {
    const answer = await post(payload, headers);
    notice(answer, sent);
    return answer;
  } catch (failure) {
    return { errors: readable(failure) };
  }
}

/** Who signs in again may have a token that has run out, and should not be refused for it. */
const startsSession = (operation) =>
  operation?.selectionSet.selections.every(({ name }) => SESSION_STARTS.includes(name?.value));

const lowercased = (headers) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** GraphiQL learns of an edit a moment late, so the name it gives may be of the tab before: the text decides. */
function chooseOperation(query, operationName) {
  let document;
  try {
    document = parse(query);
  } catch {
    return undefined; // the server says what is wrong with it
  }
  const operations = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
  return operations.find(({ name }) => name?.value === operationName) ?? operations[0];
}

/** Read what the page itself can use from an answer: tokens, a sign-out, a stream to watch, a session that ended. */
function notice({ data, errors }, { operation, token }) {
  for (const [key, value] of Object.entries(data ?? {})) {
    const accessToken = value?.tokens?.accessToken; // empty where a cookie was asked for, and this page takes none
    if (typeof accessToken === "string" && accessToken) signIn(accessToken);
    if (value === true && fieldName(operation, key) === "logout") forget();
    if (typeof value?.url === "string" && value.contentType?.startsWith?.("video/")) player.set(value);
  }
  if (isUnauthenticated(errors)) tokenRefused(token);
}

const fieldName = (operation, key) =>
  operation?.selectionSet.selections.find(({ alias, name }) => (alias ?? name)?.value === key)?.name?.value;

function tokenRefused(token) {
  if (token !== null && token === session.get().token) learnName();
}

/* One socket at a time, and never one with the token of somebody who has left. */

let socket = null;

function socketFor(connectionParams) {
  const key = JSON.stringify(connectionParams);
  if (socket?.key !== key) {
    closeSocket();
    const url = new URL(ENDPOINT, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const shouldRetry = (event) => event?.code !== FORBIDDEN;
    socket = { key, client: createClient({ url: url.href, connectionParams, retryAttempts: 3, shouldRetry }) };
  }
  return socket.client;
}

function closeSocket() {
  socket?.client.dispose();
  socket = null;
}

let lastToken = session.get().token;
session.subscribe(({ token }) => {
  if (token !== lastToken) closeSocket();
  lastToken = token;
});

function subscribe(payload, headers, sent) {
  if (!("authorization" in headers)) return subscribeAsNobody(payload, headers);
  return {
    subscribe(sink) {
      const unsubscribe = socketFor(headers).subscribe(payload, {
        next(answer) {
          notice(answer, sent);
          sink.next(answer);
        },
        error(failure) {
          if (isUnauthenticated(failure) || failure?.code === FORBIDDEN) tokenRefused(sent.token);
          sink.error(readable(failure));
        },
        complete: () => sink.complete(),
      });
      return { unsubscribe };
    },
  };
}

/** A browser sends its cookies with every WebSocket, and whose they are is nothing to this page: these come by events. */
function subscribeAsNobody(payload, headers) {
  return {
    subscribe(sink) {
      const hangUp = new AbortController();
      const hear = async () => {
        for await (const answer of listen(payload, headers, hangUp.signal)) sink.next(answer);
        sink.complete();
      };
      hear().catch((failure) => hangUp.signal.aborted || sink.error(readable(failure)));
      return { unsubscribe: () => hangUp.abort() };
    },
  };
}

/** As the server writes errors, whatever it was: an Error would be shown with the stack of this page's own code. */
function readable(failure) {
  if (Array.isArray(failure)) return failure;
  if (failure instanceof TypeError) return [{ message: `The server does not answer (${failure.message}).` }];
  if (failure instanceof Error) return [{ message: failure.message }];
  const { code, reason } = failure ?? {};
  if (code === FORBIDDEN) return [{ message: `${reason || "This session has ended."} Sign in again to go on.` }];
  return [{ message: `The WebSocket was closed: ${[code, reason].filter(Boolean).join(" ") || "no connection"}` }];
}
