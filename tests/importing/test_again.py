"""What becomes of things here is never undone by importing them again; what several systems share is one."""

from collections.abc import Callable
from typing import Any

from domain.importing import Kind, Outcome
from tests.api.conftest import Api, World
from tests.importing.conftest import EXAMPLE, WHEN, Desk
from tests.importing.test_importing import signed_in

UNLIKE = "mutation ($id: ID!) { unlikeContent(input: {contentId: $id}) { __typename } }"
DELETE = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { __typename } }"
LIKED = "{ contents(first: 1, orderBy: OLDEST) { nodes { id likeCount } } }"


async def test_what_was_taken_back_here_does_not_come_again(api: Api, world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    token = await signed_in(api, "ada@example.com", "an old password")
    content = (await api.data(LIKED))["contents"]["nodes"][0]
    assert content["likeCount"] == 2
    await api.data(UNLIKE, token, id=content["id"])
    assert (await desk.take(EXAMPLE)).outcomes == {Outcome.KNOWN: 27}
    assert (await api.data(LIKED))["contents"]["nodes"][0]["likeCount"] == 1


async def test_a_person_who_has_gone_stays_gone_with_all_that_was_theirs(api: Api, world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    token = await signed_in(api, "ada@example.com", "an old password")
    await api.data(DELETE, token, id=await own_id(api, token))
    assert await world.rows("select seal from imported where kind = 'people' and old_id = '17'") == [(None,)]
    again = await desk.take(EXAMPLE)
    assert again.outcomes == {Outcome.KNOWN: 20, Outcome.GONE: 7}
    assert await world.rows("select count(*)::int from users where email = 'ada@example.com'") == [(0,)]
    assert await world.rows("select count(*)::int from imported_deeds where user_id = 1") == [(0,)]


async def own_id(api: Api, token: str) -> str:
    found: str = (await api.data("{ viewer { user { id } } }", token))["viewer"]["user"]["id"]
    return found


async def test_lines_that_say_something_else_by_now_change_nothing_and_are_told(
    desk: Desk, everything: Callable[[], Any]
) -> None:
    await desk.take(EXAMPLE)
    before = await everything()
    people = desk.lay("people.jsonl", {"id": 19, "email": "eve@example.com", "first_name": "Evelyn"})
    reviews = desk.lay("reviews.jsonl", {"user_id": 17, "content_id": 204, "rating": 1})
    assert (await desk.take(people, reviews)).outcomes == {Outcome.DIFFERENT: 2}
    assert await everything() == before


async def test_a_later_export_adds_what_is_new(world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    logs = desk.lay(
        "view_logs.jsonl",
        {"user_id": 17, "content_id": 204, "created_at": "2021-03-05T20:15:00+09:00"},
        {"user_id": 19, "content_id": 204, "created_at": WHEN},
    )
    assert (await desk.take(logs)).outcomes == {Outcome.KNOWN: 1, Outcome.WRITTEN: 1}
    assert await world.rows("select points from users order by id") == [(20,), (10,), (10,)]


async def test_who_is_here_already_is_joined_and_keeps_what_they_have(api: Api, world: World, desk: Desk) -> None:
    person = await world.person(email="ada@example.com")
    await world.rows("update users set email_proven = true returning id")
    content = await world.content(title="Not of any import")
    await desk.take(EXAMPLE)
    ada = await world.rows(
        "select id, display_name, points, password_hash like '$argon2id$%' from users where id = $1", 1
    )
    assert ada == [(person.user.id, "Person 1", 20, True)]
    assert (await desk.take(EXAMPLE)).outcomes == {Outcome.KNOWN: 27}
    assert await world.rows("select view_count from contents where id = $1", content.id) == [(0,)]


async def test_each_system_has_ids_of_its_own_and_people_are_one_by_their_address(world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE, system="streaming")
    desk.lay("corporations.jsonl", {"id": 1, "name": "harbor films"}, {"id": 2, "name": "Other"})
    desk.lay("genres.jsonl", {"id": 10, "name": "DRAMA"})
    desk.lay("people.jsonl", {"id": 17, "email": "minsu@example.com"}, {"id": 18, "email": "new@example.com"})
    desk.lay("contents.jsonl", {"id": 204, "corporation_id": 2, "title": "Another", "genre_ids": [10]})
    desk.lay("reviews.jsonl", {"user_id": 17, "content_id": 204, "rating": 3})
    done = await desk.take(system="reviews", join_unproven=True)
    assert done.outcomes == {Outcome.JOINED: 3, Outcome.WRITTEN: 4}
    minsu = """select u.display_name, c.title from reviews r join users u on u.id = r.author_id
        join contents c on c.id = r.content_id where r.rating = 3"""
    assert await world.rows(minsu) == [("민수 김", "Another")]
    assert (await desk.take(system="reviews")).outcomes == {Outcome.KNOWN: 7}


async def test_people_who_were_deleted_over_there_are_left_out_with_all_that_was_theirs(
    world: World, desk: Desk
) -> None:
    desk.lay("corporations.jsonl", {"id": 1, "name": "Harbor Films"})
    desk.lay(
        "people.jsonl", {"id": 7, "email": "a@example.com", "deleted_at": WHEN}, {"id": 8, "email": "a@example.com"}
    )
    desk.lay("contents.jsonl", {"id": 5, "corporation_id": 1, "title": "Silent Harbor"})
    desk.lay("likes.jsonl", {"user_id": 7, "content_id": 5}, {"user_id": 8, "content_id": 5})
    done = await desk.take()
    assert done.outcomes == {Outcome.WRITTEN: 4, Outcome.GONE: 2}
    assert done.count(Kind.LIKES, Outcome.GONE) == 1
    assert await world.rows("select email from users") == [("a@example.com",)]


async def test_what_was_watched_in_the_trash_is_counted_there(world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    desk.lay("view_logs.jsonl", {"user_id": 17, "content_id": 206}, {"user_id": 18, "content_id": 206})
    assert (await desk.take()).outcomes == {Outcome.WRITTEN: 2}
    assert await world.rows("select view_count from contents where deleted_at is not null") == [(2,)]
