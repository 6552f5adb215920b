"""The catalogue: B3, B4, A9 of FEATURES."""

from tests.api.conftest import Api, World

PAGE = """query ($first: Int!, $after: String, $order: ContentOrder!) {
  contents(first: $first, after: $after, orderBy: $order) {
    totalCount
    nodes { id title }
    edges { cursor }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}"""


async def test_pages_follow_each_other_without_gap_or_double(api: Api, world: World) -> None:
    corporation = await world.corporation()
    for number in range(7):
        await world.content(corporation, title=f"T{number}")
    seen: list[str] = []
    after = None
    while True:
        page = (await api.data(PAGE, first=3, after=after, order="OLDEST"))["contents"]
        assert page["totalCount"] == 7
        seen += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"T{number}" for number in range(7)]
