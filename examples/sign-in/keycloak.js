// Straight from this page to Keycloak and back: authorization code with PKCE (RFC 7636), as a public client.
import { note } from "./journal.js";

const CLIENT = "marquee-web";
const TRIP = "marquee:keycloak-trip";
const PLACE = "marquee:keycloak-place";

/** Where Keycloak comes back to; the realm's client has to allow it. */
const backTo = () => `${location.origin}/sign-in`;
const door = ({ url, realm }, name) => `${url}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/${name}`;

/** {url, realm} of the Keycloak that this tab went to last; null for none yet. */
export const lastPlace = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "null");

/** Leaves this page. What has to be known on the way back stays in this tab. Throws an Error for a person to read. */
export async function depart(given) {
  const keycloak = { url: addressOf(given.url), realm: given.realm.trim() };
  if (!keycloak.realm) throw new Error("The realm is missing.");
  if (!crypto.subtle) throw new Error("PKCE needs SHA-256, which browsers have for https and for localhost alone.");
  sessionStorage.setItem(PLACE, JSON.stringify(keycloak));
  const trip = { ...keycloak, state: random(), verifier: random() };
  sessionStorage.setItem(TRIP, JSON.stringify(trip));
  const question = {
    client_id: CLIENT,
    redirect_uri: backTo(),
    response_type: "code",
    scope: "openid",
    state: trip.state,
    code_challenge: await challenge(trip.verifier),
    code_challenge_method: "S256",
  };
  location.assign(`${door(keycloak, "auth")}?${new URLSearchParams(question)}`);
}

/** What Keycloak gives for the code it sent back. Throws an Error for a person to read. */
export async function arrive(parameters) {
  const trip = JSON.parse(sessionStorage.getItem(TRIP) ?? "null");
  sessionStorage.removeItem(TRIP); // a way is gone once
  if (!trip || parameters.get("state") !== trip.state) throw new Error("This sign-in was not begun in this tab.");
  const { url, realm, verifier } = trip;
  const issuer = parameters.get("iss"); // RFC 9207
  if (issuer !== null && issuer !== `${url}/realms/${realm}`) throw new Error("Another issuer has answered.");
  const error = parameters.get("error");
  if (error) throw new Error(`Keycloak says: ${parameters.get("error_description") ?? error}`);
  const form = { grant_type: "authorization_code", code: parameters.get("code") ?? "", redirect_uri: backTo() };
  const tokens = await post({ url, realm }, "token", { ...form, code_verifier: verifier });
  return { tokens, keycloak: { url, realm } };
}

/** Other tokens for the refresh token. Throws an Error where Keycloak does not give any more. */
export const renew = ({ keycloak, refreshToken }) =>
  post(keycloak, "token", { grant_type: "refresh_token", refresh_token: refreshToken });

/** Ends the session at Keycloak, which would otherwise sign in again without asking. */
export const leave = ({ keycloak, refreshToken }) => post(keycloak, "logout", { refresh_token: refreshToken });

async function post(keycloak, name, given) {
  const form = { client_id: CLIENT, ...given };
  const address = door(keycloak, name);
  const title = `Keycloak: ${name}`;
  const entry = note({ title, how: "as marquee-web", lines: [`POST ${address}`], variables: form });
  let response;
  try {
    response = await fetch(address, { method: "POST", credentials: "omit", body: new URLSearchParams(form) });
  } catch (failure) {
    entry.answered(false, "no answer", failure.message);
    throw new Error(`Keycloak does not answer this page (${failure.message}).`);
  }
  const text = await response.text();
  const answer = parsed(text);
  entry.answered(response.ok, String(response.status), answer ?? text.slice(0, 500));
  if (!response.ok) throw new Error(`Keycloak says: ${answer?.error_description ?? answer?.error ?? response.status}`);
  return answer;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function addressOf(written) {
  const { protocol, href } = URL.canParse(written) ? new URL(written) : { protocol: "", href: "" };
  if (!/^https?:$/.test(protocol)) throw new Error("Keycloak’s address must be an http or https address.");
  return href.replace(/\/+$/, "");
}

const random = () => encoded(crypto.getRandomValues(new Uint8Array(32)));

const challenge = async (verifier) =>
  encoded(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));

const encoded = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
