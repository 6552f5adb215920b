"""What tests of notifications share."""

from typing import Any

from tests.api.conftest import Api, Person

NOTIFICATION = "id kind title body readAt createdAt content { id title }"
MINE = f"""query ($first: Int! = 20, $after: String) {{ viewer {{ unreadNotificationCount
  notifications(first: $first, after: $after) {{
    totalCount nodes {{ {NOTIFICATION} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
REVIEW = """mutation ($contentId: ID!, $rating: Int! = 8, $body: String) {
  createReview(input: {contentId: $contentId, rating: $rating, body: $body}) {
    ... on Review { id } ... on Refusal { code } } }"""
CREATE = """mutation ($title: String!, $genres: [String!]! = []) {
  createContent(input: {title: $title, genres: $genres}) { ... on Content { id } ... on Refusal { code message } } }"""
LIKE = "mutation ($id: ID!) { likeContent(input: {contentId: $id}) { __typename } }"
REGISTER = """mutation ($token: String!, $platform: DevicePlatform! = ANDROID) {
  registerDevice(input: {platform: $platform, token: $token}) {
    ... on Device { id platform registeredAt } ... on Refusal { code message problems { field } } } }"""


async def notifications(api: Api, who: Person) -> list[dict[str, Any]]:
    """The person's, newest first."""
    found: list[dict[str, Any]] = (await api.data(MINE, who))["viewer"]["notifications"]["nodes"]
    return found


async def kinds(api: Api, who: Person) -> list[str]:
    return [one["kind"] for one in await notifications(api, who)]


async def registered(api: Api, who: Person, token: str, platform: str = "ANDROID") -> dict[str, Any]:
    return dict((await api.data(REGISTER, who, token=token, platform=platform))["registerDevice"])
