// Who this browser tab is signed in as, and by what. Tokens are kept in sessionStorage alone: no other tab reads it,
// and it goes with the tab. Of a cookie there is nothing to keep: the browser has it, and no script can see it.

const KEY = "marquee:sign-in";

export const NOBODY = Object.freeze({ kind: "nobody" });

let current = kept();

/**
 * `kind` is what carries it: nobody, tokens, cookie, or keycloak for a token that Keycloak gave.
 * Beside it: accessToken, refreshToken, expiresAt (in milliseconds of the epoch), csrfToken, keycloak {url, realm}.
 */
export const session = () => current;

export function keep(next) {
  current = next;
  if (next.accessToken) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
}

/** As register, login and all the others answer it. */
export function signedIn({ tokens, csrfToken }) {
  if (tokens.tokenType === "cookie") keep({ kind: "cookie", csrfToken });
  else keep({ kind: "tokens", ...lifetimes(tokens.accessToken, tokens.refreshToken, tokens.expiresIn) });
}

/** As Keycloak answers it. */
export function signedInByKeycloak(tokens, keycloak) {
  keep({
    kind: "keycloak",
    ...lifetimes(tokens.access_token, tokens.refresh_token, tokens.expires_in),
    keycloak,
  });
}

/** Whether the access token has run out by itself. Otherwise, if it is refused, somebody has ended its session. */
export const hasExpired = () => Boolean(current.accessToken) && Date.now() >= current.expiresAt - 2000;

const lifetimes = (accessToken, refreshToken, seconds) => ({
  accessToken,
  refreshToken,
  expiresAt: Date.now() + seconds * 1000,
});

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? NOBODY;
  } catch {
    return NOBODY;
  }
}
