// Pages through the catalogue: nobody has to sign in for it.   node query.mjs [how many on a page]
import { ask, run } from "./marquee.mjs";

const CATALOGUE = `
  query Catalogue($first: Int!, $after: String) {
    contents(first: $first, after: $after, orderBy: TITLE) {
      nodes { title averageRating genres { name } }
      pageInfo { hasNextPage endCursor }
    }
  }`;

await run(async () => {
  const first = Number(process.argv[2] ?? 20);
  let after = null;
  for (;;) {
    const { contents } = await ask(CATALOGUE, { first, after });
    for (const { title, averageRating, genres } of contents.nodes) {
      console.log(`${title} (${genres.map(({ name }) => name).join(", ")}) ${averageRating?.toFixed(1) ?? "not rated"}`);
    }
    if (!contents.pageInfo.hasNextPage) break;
    after = contents.pageInfo.endCursor;
  }
});
