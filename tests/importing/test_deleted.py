"""What was deleted, here or over there, and what is left of those whom it concerns."""

from datetime import UTC, datetime
from typing import Any

from domain.importing import Kind, Outcome
from tests.api.conftest import World
from tests.importing.conftest import WHEN, Desk
from tests.importing.test_refusals import BOTH, COMPANY, CONTENT, PERSON, lay

GONE = PERSON | {"id": 70, "email": "gone@example.com", "deleted_at": WHEN}


async def lay_gone(desk: Desk) -> None:
    await lay(desk)
    desk.lay("people.jsonl", PERSON, GONE)
    desk.lay("likes.jsonl", BOTH, BOTH | {"user_id": 70})
    desk.lay("reviews.jsonl", BOTH | {"user_id": 70, "rating": 5})


async def test_a_dry_run_leaves_out_what_the_import_leaves_out(desk: Desk) -> None:
    await lay_gone(desk)
    dry, wet = await desk.take(dry=True), await desk.take()
    assert dry.tally == wet.tally
    assert dry.outcomes == {Outcome.WRITTEN: 4, Outcome.GONE: 3}


async def test_of_people_who_were_deleted_over_there_nothing_is_kept_but_their_id(world: World, desk: Desk) -> None:
    await lay_gone(desk)
    await desk.take()
    kept = "select old_id, new_id is null, seal is null from imported where kind = 'people' order by old_id"
    assert await world.rows(kept) == [("7", False, False), ("70", True, True)]
    again = await desk.take()
    assert again.outcomes == {Outcome.KNOWN: 5, Outcome.GONE: 2}


async def test_who_belonged_to_a_company_that_was_deleted_here_comes_without_it(world: World, desk: Desk) -> None:
    companies = desk.lay("corporations.jsonl", COMPANY)
    await desk.take(companies)
    await world.rows("delete from corporations returning id")
    manager = {"id": 8, "email": "m@example.com", "role": "MANAGER", "corporation_id": 1}
    people = desk.lay("people.jsonl", PERSON | {"corporation_id": 1}, manager)
    done = await desk.take(people)
    assert done.outcomes == {Outcome.WRITTEN: 1, Outcome.REFUSED: 1}
    reason = "corporation_id: The company that this MANAGER manages was deleted here. (1)"
    assert done.reasons == {("people.jsonl", 2): [reason]}
    assert await world.rows("select email, corporation_id from users") == [("ada@example.com", None)]


async def test_a_content_of_a_genre_that_was_deleted_here_comes_without_it(world: World, desk: Desk) -> None:
    await lay(desk)
    await desk.take(desk.lay("genres.jsonl", {"id": 1, "name": "Drama"}, {"id": 2, "name": "Comedy"}))
    await world.rows("delete from genres where name = 'Drama' returning id")
    desk.lay("contents.jsonl", CONTENT | {"genre_ids": [1, 2]})
    assert (await desk.take()).count(Kind.CONTENTS, Outcome.WRITTEN) == 1
    named = "select g.name from content_genres c join genres g on g.id = c.genre_id"
    assert await world.rows(named) == [("Comedy",)]


async def lay_two(desk: Desk) -> None:
    """A person and a content that are one in any system."""
    desk.lay("corporations.jsonl", COMPANY)
    desk.lay("people.jsonl", PERSON | {"email_verified": True})
    desk.lay("contents.jsonl", CONTENT | {"tmdb_id": 7})


async def test_what_was_taken_back_here_does_not_come_from_another_system_either(world: World, desk: Desk) -> None:
    await lay_two(desk)
    desk.lay("likes.jsonl", BOTH)
    await desk.take(system="one")
    await world.rows("delete from content_likes returning user_id")
    for _ in range(2):
        assert (await desk.take(system="two", dry=True)).count(Kind.LIKES, Outcome.GONE) == 1
        assert (await desk.take(system="two")).count(Kind.LIKES, Outcome.GONE) == 1
    assert (await desk.take(system="one")).count(Kind.LIKES, Outcome.KNOWN) == 1
    assert await world.rows("select * from content_likes") == []


async def test_each_system_says_something_of_its_own_about_the_same_two(world: World, desk: Desk) -> None:
    await lay_two(desk)
    for system, rating, first in (("one", 9, Outcome.WRITTEN), ("two", 4, Outcome.JOINED)):
        desk.lay("reviews.jsonl", BOTH | {"rating": rating})
        for outcome in (first, Outcome.KNOWN):
            assert (await desk.take(system=system)).count(Kind.REVIEWS, outcome) == 1
    assert (await desk.take(system="one")).count(Kind.REVIEWS, Outcome.DIFFERENT) == 1
    assert await world.rows("select rating from reviews") == [(9,)]


async def test_an_id_by_which_nothing_is_known_may_change(desk: Desk) -> None:
    await lay(desk)
    for number in (1, 2):
        desk.lay("likes.jsonl", BOTH | {"id": number})
        desk.lay("video_assets.jsonl", {"id": number, "content_id": 5, "key": "a.mp4", "size_bytes": 1})
        done = await desk.take()
    assert done.outcomes == {Outcome.KNOWN: 5}


async def test_what_does_not_say_when_it_was_made_was_there_by_its_earliest_moment(world: World, desk: Desk) -> None:
    """Else it would have been changed, or deleted, before it was made."""
    early, late = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
    desk.lay("corporations.jsonl", COMPANY | {"plan": "PAID", "plan_expires_at": "2999-01-01T00:00:00Z"})
    desk.lay("contents.jsonl", CONTENT | {"updated_at": late, "deleted_at": early})
    desk.lay("people.jsonl", PERSON | {"consented_at": early})
    desk.lay("reviews.jsonl", BOTH | {"rating": 5, "updated_at": late})
    assert (await desk.take()).outcomes == {Outcome.WRITTEN: 4}
    found: dict[str, Any] = {
        table: (await world.rows(f"select created_at from {table}"))[0][0]
        for table in ("contents", "users", "reviews", "corporations")
    }
    assert found.pop("corporations") > datetime(2026, 1, 1, tzinfo=UTC)
    assert {table: moment.year for table, moment in found.items()} == {"contents": 2020, "users": 2020, "reviews": 2021}
