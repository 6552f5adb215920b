"""Posts: E8 of FEATURES, Z1 and Z3 of GUARD."""

from typing import Any

import pytest

from domain import ids
from domain.users import Role
from tests.api.conftest import Person
from tests.api.media.conftest import Stage, announced, picture

SHOWN = "id body imageUrl image { id status contentType } author { displayName }"
ONE = f"query ($id: ID!) {{ post(id: $id) {{ {SHOWN} }} node(id: $id) {{ ... on Post {{ {SHOWN} }} }} }}"
PAGE = f"""query ($first: Int! = 20, $after: String) {{ posts(first: $first, after: $after) {{
  totalCount nodes {{ {SHOWN} }} edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }} }}"""
DELETE = """mutation ($id: ID!) { deletePost(input: {id: $id}) { ... on Deleted { id } ... on Refusal { code } } }"""


async def deleted(stage: Stage, who: Person, post_id: str) -> Any:
    return (await stage.api.data(DELETE, who, id=post_id))["deletePost"]


async def test_words_alone_are_a_post_that_everybody_reads(stage: Stage) -> None:
    person = await stage.world.person()
    made = await stage.post(person, "  첫 글 <b>\n둘째 줄  ")
    assert made["upload"] is None
    post = {
        "id": made["post"]["id"],
        "body": "첫 글 <b>\n둘째 줄",
        "imageUrl": None,
        "image": None,
        "author": {"displayName": person.user.display_name},
    }
    for reader in (person, await stage.world.person(), None):
        assert await stage.api.data(ONE, reader, id=post["id"]) == {"post": post, "node": post}
        assert (await stage.api.data(PAGE, reader))["posts"]["nodes"] == [post]


async def test_a_picture_is_seen_by_others_once_it_is_complete(stage: Stage) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    made = await stage.post(person, image=announced())
    post_id, image_id = made["post"]["id"], made["upload"]["image"]["id"]
    assert made["post"]["image"] == {"id": image_id, "status": "PENDING"}
    assert made["post"]["imageUrl"] is None
    seen = (await stage.api.data(ONE, other, id=post_id))["post"]
    assert (seen["image"], seen["imageUrl"]) == (None, None)
    await stage.send(made["upload"], picture())
    await stage.complete(person, image_id)
    for reader in (person, other, None):
        seen = (await stage.api.data(ONE, reader, id=post_id))["post"]
        assert seen["image"] == {"id": image_id, "status": "READY", "contentType": "image/png"}
        assert (await stage.client.get(seen["imageUrl"])).content == picture()


async def test_posts_come_newest_first_page_by_page(stage: Stage) -> None:
    person = await stage.world.person()
    bodies = [f"Post {number}" for number in range(5)]
    for body in bodies:
        await stage.post(person, body)
    after, found = None, []
    while True:
        page = (await stage.api.data(PAGE, None, first=2, after=after))["posts"]
        assert page["totalCount"] == 5
        found += [post["body"] for post in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == bodies[::-1]


async def test_a_page_costs_the_same_number_of_statements_however_long_it_is(stage: Stage) -> None:
    person = await stage.world.person()
    await stage.post_with_picture(person)
    few = (await stage.api.ask(PAGE, None)).statements
    for _ in range(4):
        await stage.post_with_picture(await stage.world.person())
    assert (await stage.api.ask(PAGE, None)).statements == few


@pytest.mark.parametrize(
    ("body", "image", "code", "field"),
    [
        ("", None, "VALIDATION_FAILED", ["input", "body"]),
        (" \n ", None, "VALIDATION_FAILED", ["input", "body"]),
        ("x" * 10_001, None, "VALIDATION_FAILED", ["input", "body"]),
        ("x" * 70_000, None, "VALIDATION_FAILED", ["input", "body"]),
        ("NUL\0", None, "VALIDATION_FAILED", ["input", "body"]),
        ("Look", announced(size=10**8), "FILE_TOO_LARGE", ["input", "image", "sizeBytes"]),
        ("Look", announced() | {"filename": ""}, "VALIDATION_FAILED", ["input", "image", "filename"]),
        ("Look", announced() | {"filename": "a.svg"}, "UNSUPPORTED_FILE_TYPE", ["input", "image", "filename"]),
        ("Look", announced("gif"), "UNSUPPORTED_FILE_TYPE", ["input", "image", "contentType"]),
    ],
)
async def test_a_post_that_cannot_be_taken_leaves_nothing(
    stage: Stage, body: str, image: dict[str, Any] | None, code: str, field: list[str]
) -> None:
    refused = await stage.post(await stage.world.person(), body, image)
    assert refused == {"code": code, "problems": [{"field": field}]}
    assert await stage.world.rows("select (select count(*) from posts), (select count(*) from images)") == [(0, 0)]


async def test_problems_of_the_words_and_of_the_picture_are_told_together(stage: Stage) -> None:
    refused = await stage.post(await stage.world.person(), "", announced(size=0) | {"filename": ""})
    told = [problem["field"] for problem in refused["problems"]]
    assert told == [["input", "body"], ["input", "image", "filename"], ["input", "image", "sizeBytes"]]


async def test_the_author_deletes_a_post_with_its_picture_and_nobody_else_but_administrators(stage: Stage) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    manager = await stage.world.person(Role.MANAGER, await stage.world.corporation())
    made, second = await stage.post_with_picture(person), await stage.post(person)
    post_id, key = made["post"]["id"], made["upload"]["image"]["key"]
    for somebody in (other, manager):
        assert await deleted(stage, somebody, post_id) == {"code": "NOT_FOUND"}
    assert (await stage.api.ask(DELETE, None, id=post_id)).codes == ["UNAUTHENTICATED"]
    assert await deleted(stage, person, post_id) == {"id": post_id}
    assert await deleted(stage, person, post_id) == {"code": "NOT_FOUND"}
    assert await deleted(stage, person, ids.encode("Post", 999)) == {"code": "NOT_FOUND"}
    assert await stage.api.data(ONE, person, id=post_id) == {"post": None, "node": None}
    assert await stage.url(person, key) is None
    assert await stage.is_stored(key)
    await stage.settle()
    assert not await stage.is_stored(key)
    admin = await stage.world.person(Role.ADMIN)
    assert await deleted(stage, admin, second["post"]["id"]) == {"id": second["post"]["id"]}
    assert await stage.world.rows("select 1 from images") == []


async def test_a_person_who_goes_takes_posts_and_pictures_along(stage: Stage) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    made, own = await stage.post_with_picture(person), await stage.image(person)
    await stage.post(other, "Stays")
    delete = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { ... on Deleted { id } ... on Refusal { code } } }"
    assert await stage.api.data(delete, person, id=person.id) == {"deleteUser": {"id": person.id}}
    assert [post["body"] for post in (await stage.api.data(PAGE, None))["posts"]["nodes"]] == ["Stays"]
    await stage.settle()
    for key in (made["upload"]["image"]["key"], own["key"]):
        assert not await stage.is_stored(key)
