// The live line: graphql-transport-ws by hand, one subscription to the own progress on all devices.
// After a break it goes on behind the last event that arrived (`after`), so that nothing is missed and nothing doubled.
import { renewed, running, runs } from "./graphql.js";
import { OPERATIONS } from "./operations.js";
import { changes, session } from "./session.js";

const PROTOCOL = "graphql-transport-ws";
const FORBIDDEN = 4403; // the token's time is up, or its session was ended
const STEADY_MILLISECONDS = 10_000;
const WAITS = [500, 1000, 2000, 5000, 10_000];

/** "state" with {state}: off, connecting, on, interrupted. "event" with what `watchProgress` sends. */
export const line = new EventTarget();

let socket = null;
let cursor = null;
let tries = 0;
let again;
let whose = null;

/** From now on for whoever is signed in. */
export function watchLive() {
  const as = session();
  if ((as?.who ?? null) === whose) return; // with other tokens perhaps: the server says when those of the line are over
  whose = as?.who ?? null;
  cursor = null;
  tries = 0;
  hangUp();
  if (as) open(as);
  else tell("off");
}

function open(as) {
  clearTimeout(again);
  const address = new URL("/graphql", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const opened = new WebSocket(address, PROTOCOL);
  let since = Infinity;
  const say = (message) => opened.send(JSON.stringify(message));
  const hear = {
    connection_ack() {
      since = performance.now();
      const variables = { after: cursor };
      runs.set("WatchProgress", { variables });
      running.dispatchEvent(new CustomEvent("ran", { detail: { name: "WatchProgress" } }));
      say({ id: "1", type: "subscribe", payload: { query: OPERATIONS.WatchProgress, variables } });
      tell("on");
    },
    ping: () => say({ type: "pong" }),
    next({ payload }) {
      doubt(payload.errors);
      const event = payload.data?.watchProgress;
      if (!event) return;
      tries = 0; // the line is good where something comes over it, and not where it is merely opened
      cursor = event.cursor;
      line.dispatchEvent(new CustomEvent("event", { detail: event }));
    },
    error({ payload }) {
      doubt(payload);
      opened.close(1000);
    },
    complete: () => opened.close(1000),
  };
  socket = opened;
  tell("connecting");
  opened.onopen = () => say({ type: "connection_init", payload: { authorization: `Bearer ${as.accessToken}` } });
  opened.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (socket === opened) hear[message.type]?.(message);
  };
  opened.onclose = ({ code }) => {
    if (socket !== opened) return;
    if (performance.now() - since > STEADY_MILLISECONDS) tries = 0; // nothing came, but nothing was to be said
    lost(code, as);
  };
}

/** A cursor that the server does not know is given up: it begins with how things stand. Any other trouble passes. */
function doubt(errors) {
  if (errors?.[0]?.extensions?.code === "VALIDATION_FAILED") cursor = null;
}

async function lost(code, as) {
  socket = null;
  tell("interrupted");
  const wait = WAITS[Math.min(tries, WAITS.length - 1)] * (0.75 + Math.random() / 2); // not all at the same moment
  const atOnce = code === FORBIDDEN && tries === 0;
  tries += 1;
  if (code === FORBIDDEN && session()?.accessToken === as.accessToken) await renewed(as);
  clearTimeout(again);
  again = setTimeout(() => session() && !socket && open(session()), atOnce ? 0 : wait);
}

function hangUp() {
  clearTimeout(again);
  const open = socket;
  socket = null;
  open?.close(1000);
}

const tell = (state) => line.dispatchEvent(new CustomEvent("state", { detail: { state } }));

changes.addEventListener("changed", watchLive);
addEventListener("online", () => !socket && session() && open(session()));
// A page with an open socket is not kept to come back to.
addEventListener("pagehide", hangUp);
addEventListener("pageshow", ({ persisted }) => persisted && !socket && session() && open(session()));
