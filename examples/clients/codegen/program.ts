// Uses what is generated: variables and answers have types, which the compiler holds us to.
import { CatalogueDocument, PlayDocument, type PlayMutation, type TypedDocumentString } from "./generated/graphql";

async function ask<Data, Variables>(
  address: string,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  token?: string,
): Promise<Data> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: { message: string }[] };
  if (errors) throw new Error(errors[0]?.message);
  return data;
}

function told(result: PlayMutation["startStream"]): string {
  switch (result.__typename) {
    case "StreamStarted":
      return `${result.url}, from ${result.resumeAtSeconds} s, until ${result.expiresAt}`;
    case "Refusal":
      return result.code === "NOT_FOUND" ? "It is gone." : result.message;
  }
}

export async function playFirst(address: string, token: string): Promise<string> {
  const { contents } = await ask(address, CatalogueDocument, { first: 1 });
  const [newest] = contents.nodes;
  if (!newest) return "There is nothing to play.";
  const { startStream } = await ask(address, PlayDocument, { input: { contentId: newest.id } }, token);
  return `${newest.title}: ${told(startStream)}`;
}
