import { session, signOut } from "./session.js";
import { resetTabs } from "./tabs.js";

export function Bar() {
  const { token, name, ended } = session.use();
  let status = "Not signed in – run the first tab";
  if (token) status = name ? `Signed in as ${name}` : "Signed in";
  else if (ended) status = "Your session has ended – run the first tab to sign in again";
  return (
    <header id="marquee-bar">
      <img src="/graphql/static/icon.svg" alt="" width="22" height="22" />
      <h1>Marquee</h1>
      <p id="marquee-status" role="status" data-state={token ? "in" : ended ? "ended" : "out"}>
        {status}
      </p>
      {token && (
        <button id="marquee-sign-out" type="button" onClick={signOut}>
          Sign out
        </button>
      )}
      <button id="marquee-reset" type="button" onClick={resetTabs}>
        Reset examples
      </button>
    </header>
  );
}
