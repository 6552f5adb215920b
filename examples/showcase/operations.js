// Every operation of this app by its name, each whole, so that it can be copied into GraphiQL as it stands.
// tests/browser/test_showcase_source.py checks each of them against schema/schema.graphql.
import { CATALOGUE } from "./operations/catalogue.js";
import { PEOPLE } from "./operations/people.js";
import { POSTS } from "./operations/posts.js";
import { WATCHING } from "./operations/watching.js";

export const OPERATIONS = { ...PEOPLE, ...CATALOGUE, ...WATCHING, ...POSTS };
