"""Pages through the catalogue: nobody has to sign in for it.   python query.py [how many on a page]"""

import os
import sys
from collections.abc import Iterator

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError
from gql.transport.httpx import HTTPXTransport

ADDRESS = os.environ.get("MARQUEE_URL", "http://127.0.0.1:8000")
CATALOGUE = """
    query Catalogue($first: Int!, $after: String) {
      contents(first: $first, after: $after, orderBy: TITLE) {
        nodes { title averageRating genres { name } }
        pageInfo { hasNextPage endCursor }
      }
    }
"""


def titles(client: Client, first: int) -> Iterator[str]:
    after = None
    while True:
        contents = client.execute(GraphQLRequest(CATALOGUE, variable_values={"first": first, "after": after}))[
            "contents"
        ]
        for content in contents["nodes"]:
            genres = ", ".join(genre["name"] for genre in content["genres"])
            rating = "not rated" if content["averageRating"] is None else f"{content['averageRating']:.1f}"
            yield f"{content['title']} ({genres}) {rating}"
        if not contents["pageInfo"]["hasNextPage"]:
            return
        after = contents["pageInfo"]["endCursor"]


if __name__ == "__main__":
    try:
        catalogue = Client(transport=HTTPXTransport(f"{ADDRESS}/graphql", timeout=10))
        for title in titles(catalogue, int(*sys.argv[1:] or ["20"])):
            print(title)
    except TransportError as error:
        errors = getattr(error, "errors", None)  # what the server said, where it was reached
        sys.exit(f"{errors[0]['extensions']['code']}: {errors[0]['message']}" if errors else f"FAILED: {error}")
