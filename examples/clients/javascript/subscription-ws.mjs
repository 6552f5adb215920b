// Hears of the own progress on all devices, by graphql-ws.   node subscription-ws.mjs [end after so many events]
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { ADDRESS, Failed, pause, refreshed, run, signIn } from "./marquee.mjs";

const WATCH = `
  subscription Watch($after: String) {
    watchProgress(after: $after) { cursor progress { positionSeconds content { title } } }
  }`;
const ENDED = 4403; // the access token has run out, or its session was ended

await run(async () => {
  const most = Number(process.argv[2] ?? Infinity);
  let tokens = await signIn();
  let hasEnded = false;
  let frozen;

  const client = createClient({
    url: `${ADDRESS.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket, // browsers, and Node from 22 on, have their own
    connectionParams: async () => {
      if (hasEnded) tokens = await refreshed(tokens); // Failed where the session is over: then nothing is tried again
      hasEnded = false;
      return { authorization: `Bearer ${tokens.accessToken}` };
    },
    retryAttempts: Infinity,
    shouldRetry: (problem) => !(problem instanceof Failed), // by itself it gives up where a call is not answered
    retryWait: pause,
    keepAlive: 10_000, // a line that was cut without a word answers no ping
    on: {
      ping: (received) => received || (frozen = setTimeout(() => client.terminate(), 5_000)),
      pong: (received) => received && clearTimeout(frozen),
      closed: ({ code }) => {
        clearTimeout(frozen);
        hasEnded ||= code === ENDED;
      },
    },
  });

  // After a break graphql-ws sends the same payload again. So `after` is moved here, with each event as it arrives:
  // a loop over `client.iterate` would move it later, when some had arrived already, and hear these twice.
  const payload = { query: WATCH, variables: { after: null } };
  let heard = 0;
  await new Promise((resolve, reject) => {
    client.subscribe(payload, {
      next({ data, errors }) {
        if (errors) return reject(new Failed({ code: errors[0].extensions?.code, message: errors[0].message }));
        if (heard === most) return; // on its way before the server knew
        const { cursor, progress } = data.watchProgress;
        payload.variables.after = cursor;
        console.log(`${progress.content.title}: ${progress.positionSeconds} s`);
        if (++heard === most) resolve();
      },
      error(problem) {
        const [{ message, reason, code, extensions }] = [problem].flat(); // errors of GraphQL come as a list
        reject(new Failed({ code: extensions?.code ?? code, message: reason || message }));
      },
      complete: resolve,
    });
  });
  await client.dispose();
});
