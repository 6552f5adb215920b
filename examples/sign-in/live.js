// A line that is open as long as the session is: graphql-transport-ws, by a subscription to the own progress.
import { note, shortened } from "./journal.js";
import { OPERATIONS } from "./operations.js";

const PROTOCOL = "graphql-transport-ws";
const ENDED = 4403; // the server closes the socket with it as soon as the session or its token ends
const WAITS = [500, 1000, 2000, 5000];

let socket = null;
let again = 0;

/** `tell(state, why)` hears of: connecting, on, ended, interrupted. Only one line is open at a time. */
export function listen(session, tell, tries = 0) {
  hangUp();
  const address = new URL("/graphql", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const parameters = session.accessToken ? { authorization: `Bearer ${session.accessToken}` } : {};
  const entry = note({
    title: "Live",
    how: "WebSocket",
    lines: [`${address.pathname}, ${PROTOCOL}`, `connection_init ${shown(parameters)}`],
    text: OPERATIONS.Live,
    quiet: true,
  });
  const opened = new WebSocket(address, PROTOCOL);
  const send = (message) => opened.send(JSON.stringify(message));
  socket = opened;
  tell("connecting");
  opened.onopen = () => send({ type: "connection_init", payload: parameters });
  opened.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "ping") send({ type: "pong" });
    else entry.heard(message.type !== "error", message.type, message);
    if (message.type === "connection_ack") {
      tries = 0;
      send({ type: "subscribe", id: "live", payload: { query: OPERATIONS.Live } });
      tell("on");
    }
  };
  opened.onclose = ({ code, reason }) => {
    entry.heard(false, `closed ${code}`, reason || "without a reason");
    if (socket !== opened) return; // hung up here, or another has taken its place
    socket = null;
    if (code === ENDED) {
      tell("ended", reason);
      return;
    }
    tell("interrupted", `${code} ${reason}`.trim());
    again = setTimeout(() => listen(session, tell, tries + 1), WAITS[Math.min(tries, WAITS.length - 1)]);
  };
}

export function hangUp() {
  clearTimeout(again);
  socket?.close(1000);
  socket = null;
}

const shown = ({ authorization }) =>
  authorization ? `{"authorization": "Bearer ${shortened(authorization.slice(7))}"}` : "{} and the cookie";
