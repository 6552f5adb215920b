import { ENDPOINT, post } from "./post.js";

const OLDEST = "query OldestContent { contents(first: 1, orderBy: OLDEST) { nodes { id } } }";

/** The example operations as GraphiQL's tabs; none where the server has none. */
export async function loadExamples() {
  try {
    const response = await fetch(`${ENDPOINT}/examples.json`, { credentials: "omit" });
    if (!response.ok) return [];
    const examples = await response.json();
    return await Promise.all(
      examples.map(async ({ query, variables }) => ({
        query,
        variables: variables ? await fillContentId(variables) : "",
        headers: null,
      })),
    );
  } catch {
    return [];
  }
}

/** Variables as they are sent: what stands for "fresh each time" in the editor gets its value here. */
export async function fillPlaceholders(variables) {
  if (!variables) return variables;
  const text = await fillContentId(JSON.stringify(variables));
  const filled = text.replaceAll("{{uuid}}", newUuid).replaceAll("{{now}}", () => new Date().toISOString());
  return JSON.parse(filled);
}

async function fillContentId(text) {
  if (!text.includes("{{contentId}}")) return text;
  const id = await oldestContent();
  return id ? text.replaceAll("{{contentId}}", id) : text;
}

let asked = null;

async function oldestContent() {
  asked ??= post({ query: OLDEST }).then(
    ({ data }) => data?.contents?.nodes?.[0]?.id,
    () => undefined,
  );
  const id = await asked;
  if (!id) asked = null; // perhaps there will be one the next time
  return id;
}

/** RFC 9562 version 4. crypto.randomUUID is there in secure contexts only, and a server in the local network is none. */
export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
