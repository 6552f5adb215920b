import { post } from "./post.js";
import { createState } from "./state.js";

const KEY = "marquee:accessToken";

/** What can be sent as a Bearer token; a header would not take anything else. */
const kept = sessionStorage.getItem(KEY)?.match(/^[\w.~+/-]+=*$/)?.[0] ?? null;

/** Who is signed in, for this browser tab only: {token, name, ended}. */
export const session = createState({ token: kept, name: null, ended: false });

export function signIn(token) {
  sessionStorage.setItem(KEY, token);
  session.set({ token, name: null, ended: false });
  learnName();
}

export function forget({ ended = false } = {}) {
  sessionStorage.removeItem(KEY);
  session.set({ token: null, name: null, ended });
}

export async function signOut() {
  const { token } = session.get();
  forget();
  // Should the server not be there to hear it, the token is forgotten here all the same.
  await post({ query: "mutation SignOut { logout }" }, { authorization: `Bearer ${token}` }).catch(() => {});
}

/** Ask the server whose token this is. A token that is nobody's (any more) is not sent again. */
export async function learnName() {
  const { token } = session.get();
  if (!token) return;
  let answer;
  try {
    answer = await post(
      { query: "query WhoAmI { viewer { user { displayName } } }" },
      { authorization: `Bearer ${token}` },
    );
  } catch {
    return;
  }
  if (session.get().token !== token) return;
  const viewer = answer.data?.viewer;
  if (viewer) session.set({ token, name: viewer.user?.displayName ?? null, ended: false });
  else if (answer.data?.viewer === null || isUnauthenticated(answer.errors)) forget({ ended: true });
}

export const isUnauthenticated = (errors) =>
  Array.isArray(errors) && errors.some((error) => error.extensions?.code === "UNAUTHENTICATED");
