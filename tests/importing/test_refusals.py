"""A line that cannot be taken is refused with a reason, leaves no trace, and holds up no other."""

import json
from typing import Any

import pytest

from domain.importing import Kind, Outcome, Unreadable
from tests.api.conftest import World
from tests.importing.conftest import WHEN, Desk

COMPANY: dict[str, Any] = {"id": 1, "name": "Harbor Films"}
PERSON: dict[str, Any] = {"id": 7, "email": "ada@example.com"}
CONTENT: dict[str, Any] = {"id": 5, "corporation_id": 1, "title": "Silent Harbor"}
BCRYPT = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
BOTH: dict[str, Any] = {"user_id": 7, "content_id": 5}


async def lay(desk: Desk) -> None:
    """A company, a person and a content that others may name."""
    desk.lay("corporations.jsonl", COMPANY)
    desk.lay("people.jsonl", PERSON)
    desk.lay("contents.jsonl", CONTENT)


BAD: dict[str, tuple[str, Any, str]] = {
    "not JSON": ("genres", "{'id': 1}", "This is not JSON."),
    "no object": ("genres", "[1]", "This is JSON, but no object."),
    "not UTF-8": ("genres", b'{"id": 1, "name": "\xff\xfe"}', "This is not JSON."),
    "deep JSON": ("genres", "[" * 100_000, "This is not JSON."),
    "too long": ("genres", json.dumps({"id": 1, "name": "x" * 10_000_000}), "This line is longer than 1048576 bytes."),
    "unknown column": ("genres", {"id": 1, "name": "Drama", "colour": "red"}, "colour: There is no such column."),
    "no id": ("genres", {"name": "Drama"}, "id: This must not be empty."),
    "id of another type": ("genres", {"id": 1.5, "name": "Drama"}, "id: This must be an id"),
    "NUL in an id": ("genres", {"id": "1\0", "name": "Drama"}, "id: An id has from 1 to 200 characters"),
    "NUL": ("genres", {"id": 1, "name": "Dra\0ma"}, "name: This contains characters that cannot be stored"),
    "number as text": ("genres", {"id": 1, "name": 5}, "name: This must be text."),
    "empty name": ("genres", {"id": 1, "name": "  "}, "name: This must not be empty."),
    "invisible name": ("genres", {"id": 1, "name": "\u200b"}, "name: This must not be empty."),
    "long genre": ("genres", {"id": 1, "name": "x" * 51}, "name: This may have at most 50 characters"),
    "no e-mail": ("people", {"id": 1, "email": "ada"}, "email: This is not an e-mail address."),
    "other hash": ("people", PERSON | {"id": 8, "password_hash": "5f4dcc3b"}, "password_hash: This is not a bcrypt"),
    "dear hash": (
        "people",
        PERSON | {"id": 8, "password_hash": BCRYPT.replace("$12$", "$31$")},
        "password_hash: A bcrypt hash of a cost above 15",
    ),
    "hash alone": (
        "people",
        {"id": 8, "display_name": "A", "password_hash": BCRYPT},
        "password_hash: A password needs",
    ),
    "nameless": ("people", {"id": 8}, "display_name: This must not be empty where there is neither"),
    "old birthday": ("people", PERSON | {"birthday": "1899-12-31"}, "birthday: A birthday is a day from 1900-01-01"),
    "role": ("people", PERSON | {"role": "KING"}, "role: This must be one of MEMBER, MANAGER, ADMIN."),
    "manager of nothing": ("people", PERSON | {"role": "MANAGER"}, "corporation_id: A MANAGER manages a company"),
    "unknown company": ("people", PERSON | {"corporation_id": 99}, "corporation_id: There is no such company"),
    "no zone": ("people", PERSON | {"created_at": "2021-03-01 09:00:00"}, "created_at: This moment has no time zone."),
    "future": ("people", PERSON | {"created_at": "2999-03-01T09:00:00Z"}, "created_at: This is in the future."),
    "no moment": ("people", PERSON | {"created_at": "soon"}, "created_at: This must be a moment from 1900 on"),
    "end of a free plan": (
        "corporations",
        COMPANY | {"plan_expires_at": "2999-01-01T00:00:00Z"},
        "plan_expires_at: Only",
    ),
    "long title": ("contents", CONTENT | {"title": "x" * 301}, "title: This may have at most 300 characters"),
    "long description": (
        "contents",
        CONTENT | {"description": "x" * 10_001},
        "description: This may have at most 10000",
    ),
    "runtime": ("contents", CONTENT | {"runtime_minutes": 0}, "runtime_minutes: This must be a number from 1 to 6000."),
    "half a minute": ("contents", CONTENT | {"runtime_minutes": 1.5}, "runtime_minutes: This must be a whole number"),
    "age": ("contents", CONTENT | {"age_rating": "18"}, "age_rating: This must be one of ALL, AGE_12, AGE_15, AGE_19."),
    "day": ("contents", CONTENT | {"release_date": "2021-02-30"}, "release_date: This must be a day"),
    "many genres": (
        "contents",
        CONTENT | {"genres": [f"g{n}" for n in range(21)]},
        "genres: A content may have at most 20",
    ),
    "unknown genre": ("contents", CONTENT | {"genre_ids": [3]}, "genre_ids: There is no such genre"),
    "order": (
        "contents",
        CONTENT | {"created_at": WHEN, "updated_at": "2021-01-01T00:00:00Z"},
        "updated_at: This is before created_at.",
    ),
    "climbing key": ("video_assets", {"content_id": 5, "key": "../a.mp4", "size_bytes": 1}, "key: This is no key"),
    "no video": ("video_assets", {"content_id": 5, "key": "a.txt", "size_bytes": 1}, "key: Only .mp4 .avi .mov .mkv"),
    "no size": (
        "video_assets",
        {"content_id": 5, "key": "a.mp4", "size_bytes": 0},
        "size_bytes: This must be a number",
    ),
    "unknown person": ("view_logs", {"user_id": 8, "content_id": 5}, "user_id: There is no such person"),
    "unknown content": ("likes", {"user_id": 7, "content_id": "five"}, "content_id: There is no such content"),
    "rating": ("reviews", BOTH | {"rating": 11}, "rating: This must be a number from 1 to 10."),
    "no rating": ("reviews", BOTH, "rating: This must not be empty."),
    "long review": ("reviews", BOTH | {"rating": 5, "body": "x" * 10_001}, "body: This may have at most 10000"),
    "position": (
        "watch_progress",
        BOTH | {"position_seconds": -1, "observed_at": WHEN},
        "position_seconds: This must be a number from 0 to 360000.",
    ),
    "not observed": ("watch_progress", BOTH | {"position_seconds": 1}, "observed_at: This must not be empty."),
}


@pytest.mark.parametrize(("kind", "line", "reason"), BAD.values(), ids=BAD)
async def test_a_bad_line_is_refused_and_the_next_one_taken(
    world: World, desk: Desk, kind: str, line: Any, reason: str
) -> None:
    await lay(desk)
    good: dict[str, dict[str, Any]] = {
        "genres": {"id": 2, "name": "Good"},
        "people": PERSON,
        "contents": CONTENT,
        "corporations": COMPANY,
    }
    deeds: dict[str, dict[str, Any]] = {
        "reviews": {"rating": 5},
        "watch_progress": {"position_seconds": 1, "observed_at": WHEN},
    }
    next_one = good.get(kind) or BOTH | deeds.get(kind, {})
    if kind == "video_assets":
        next_one = {"content_id": 5, "key": "good.mp4", "size_bytes": 1}
    if kind == "people" and isinstance(line, dict):  # whoever has an address first has it, even if refused
        line = line | ({"email": "bad@example.com"} if line.get("email") == PERSON["email"] else {}) | {"id": 8}
    elif kind in {"contents", "corporations"}:
        line = line | {"id": 8} | ({"name": "Bad"} if kind == "corporations" else {})
    desk.lay(f"{kind}.jsonl", line, next_one)
    done = await desk.take()
    ((place, reasons),) = done.reasons.items()
    assert place == (f"{kind}.jsonl", 1)
    assert [one for one in reasons if one.startswith(reason)], reasons
    assert done.count(Kind(kind), Outcome.REFUSED) == 1
    assert done.count(Kind(kind), Outcome.WRITTEN) == 1
    tables = {"people": "users", "likes": "content_likes"}
    assert await world.rows(f"select count(*)::int from {tables.get(kind, kind)}") == [(1,)]


async def test_all_that_is_wrong_with_a_line_is_told_at_once(desk: Desk) -> None:
    await lay(desk)
    desk.lay("contents.jsonl", CONTENT | {"title": "", "runtime_minutes": 0, "age_rating": "OLD"})
    done = await desk.take()
    assert [reason.partition(":")[0] for reason in done.reasons["contents.jsonl", 1]] == [
        "title",
        "age_rating",
        "runtime_minutes",
    ]


async def test_doubles_are_refused_and_name_the_line_that_was_first(world: World, desk: Desk) -> None:
    await lay(desk)
    desk.lay("genres.jsonl", {"id": 1, "name": "Drama"}, {"id": "1", "name": "Comedy"})
    desk.lay("people.jsonl", PERSON, {"id": 8, "email": "ADA@example.com"}, {"id": 9, "email": "b@example.com"})
    desk.lay("corporations.jsonl", COMPANY, COMPANY | {"id": 2, "name": "HARBOR films"})
    desk.lay("likes-2019.jsonl", BOTH)
    desk.lay("likes-2020.jsonl", BOTH, BOTH | {"user_id": 9})
    done = await desk.take()
    assert done.reasons == {
        ("corporations.jsonl", 2): ["name: Another line has the same. (line 1)"],
        ("genres.jsonl", 2): ["id: Another line has the same. (line 1)"],
        ("people.jsonl", 2): ["email: Another line has the same. (line 1)"],
        ("likes-2020.jsonl", 1): [
            f"content_id: Another line is of the same person and content. (line 1 of {desk.folder}/likes-2019.jsonl)"
        ],
    }
    assert await world.rows("select count(*)::int from content_likes") == [(2,)]


async def test_what_refers_to_a_refused_line_is_refused_with_it(world: World, desk: Desk) -> None:
    await lay(desk)
    desk.lay("corporations.jsonl", {"id": 1, "name": ""})
    desk.lay("reviews.jsonl", BOTH | {"rating": 5})
    done = await desk.take()
    assert set(done.reasons) == {("corporations.jsonl", 1), ("contents.jsonl", 1), ("reviews.jsonl", 1)}
    assert await world.rows("select * from reviews") == []


async def test_an_address_that_another_id_of_the_system_has_is_refused_in_a_later_run_too(desk: Desk) -> None:
    path = desk.lay("people.jsonl", PERSON)
    await desk.take(path)
    path = desk.lay("people.jsonl", PERSON | {"id": 70})
    done = await desk.take(path)
    reason = "email: Another person of this system has this e-mail address. (it has the id 7)"
    assert done.reasons == {("people.jsonl", 1): [reason]}


async def test_a_row_that_only_the_database_refuses_is_found_among_its_batch(world: World, desk: Desk) -> None:
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("alter table genres add constraint no_thirteen check (name <> 'Genre 13')")
    try:
        desk.lay("genres.jsonl", *({"id": n, "name": f"Genre {n}"} for n in range(30)))
        done = await desk.take()
    finally:
        async with world.marquee.database.writing() as transaction:
            await transaction.execute("alter table genres drop constraint no_thirteen")
    assert done.reasons == {("genres.jsonl", 14): ["The database does not take this line. (no_thirteen)"]}
    assert await world.rows("select count(*)::int from genres") == [(29,)]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("genres.csv", "id,colour\n1,red\n", "There are no such columns: colour. These columns are missing: name."),
        ("genres.csv", "id,name,name\n", "These come twice: name."),
        ("genres.csv", "", "its first line must name the columns"),
        ("genre.csv", "id,name\n", "genre.csv is no file that can be imported."),
    ],
    ids=["columns", "twice", "empty", "name"],
)
async def test_files_that_cannot_be_meant_are_refused_before_anything_is_written(
    world: World, desk: Desk, name: str, text: str, problem: str
) -> None:
    await lay(desk)
    (desk.folder / name).write_text(text)
    with pytest.raises(Unreadable, match=problem.replace(".", r"\.")):
        await desk.take()
    assert await world.rows("select * from corporations") == []
