"""The few doors: GraphQL itself, and what is not GraphQL: streams, media, keys, health."""
