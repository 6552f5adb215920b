// Hears of the own progress on all devices, by EventSource.   node subscription-sse.mjs [end after so many events]
import { EventSource } from "eventsource"; // as browsers have it, and may send a header besides
import { ADDRESS, Failed, pause, refreshed, run, signIn } from "./marquee.mjs";

const WATCH = `
  subscription Watch($after: String) {
    watchProgress(after: $after) { cursor progress { positionSeconds content { title } } }
  }`;

/** One stream, until it breaks: then it answers why. Each event goes to `hear`, which says whether that was enough. */
function listen(after, token, hear) {
  const address = new URL("/graphql", ADDRESS);
  address.search = new URLSearchParams({ query: WATCH, variables: JSON.stringify({ after }) });
  // With a cookie in place of a token, a browser's own does it: new EventSource(address, { withCredentials: true })
  const authorized = (url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  const source = new EventSource(address, { fetch: authorized });
  return new Promise((resolve) => {
    const end = (why) => {
      source.close(); // left to itself it would come again with the same `after`, and hear everything since twice
      resolve(why);
    };
    source.addEventListener("next", ({ data }) => {
      if (source.readyState === EventSource.CLOSED) return; // it came along with the last one
      const { data: told, errors } = JSON.parse(data);
      if (errors) end({ code: errors[0].extensions?.code, status: errors[0].extensions?.status, ...errors[0] });
      else if (hear(told.watchProgress)) end({ enough: true });
    });
    source.addEventListener("complete", () => end({ code: "COMPLETE", message: "The server has no more to say." }));
    source.addEventListener("error", ({ code, message }) => end({ status: code, message }));
  });
}

await run(async () => {
  const most = Number(process.argv[2] ?? Infinity);
  let tokens = await signIn();
  let [after, heard, tries] = [null, 0, 0];
  const hear = ({ cursor, progress }) => {
    after = cursor;
    tries = 0;
    console.log(`${progress.content.title}: ${progress.positionSeconds} s`);
    return ++heard === most;
  };
  for (;;) {
    const why = await listen(after, tokens.accessToken, hear);
    if (why.enough) return;
    if (why.status === 401) tokens = await refreshed(tokens); // Failed where the session is over
    else if (why.status >= 400 && why.status < 500 && why.status !== 429) throw new Failed(why);
    await pause(tries++);
  }
});
