"""What is imported is as if it had always been here: signed in to, paid for, counted, found."""

from collections.abc import Callable
from typing import Any

from domain.importing import Kind, Outcome
from domain.search import sealed
from persistence.search_terms import put_terms
from tests.api.conftest import Api, World
from tests.importing.conftest import EXAMPLE, Desk

LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on SignedIn { tokens { accessToken } } ... on Refusal { code message } } }"""
VIEWER = """{ viewer { email firstName gender birthday points
  watchHistory(first: 5) { nodes { positionSeconds completed content { title } } }
  continueWatching(first: 5) { nodes { content { title } } } } }"""
CONTENTS = """{ contents(first: 5, orderBy: OLDEST) { nodes { title likeCount reviewCount viewCount averageRating
  genres { name } corporation { name } reviews(first: 5) { nodes { rating body author { displayName } } } } } }"""
SEARCH = "query ($text: String!) { search(query: $text) { hits { content { title } } } }"


async def signed_in(api: Api, email: str, password: str) -> str:
    answer = (await api.data(LOGIN, email=email, password=password))["login"]
    token: str = answer["tokens"]["accessToken"]
    return token


async def test_people_sign_in_with_the_passwords_they_had(api: Api, world: World, desk: Desk) -> None:
    assert (await desk.take(EXAMPLE)).outcomes == {Outcome.WRITTEN: 27}
    token = await signed_in(api, "ada@example.com", "an old password")
    viewer = (await api.data(VIEWER, token))["viewer"]
    assert viewer == {
        "email": "ada@example.com",
        "firstName": "Ada",
        "gender": "FEMALE",
        "birthday": "1990-05-17",
        "points": 20,
        "watchHistory": {
            "nodes": [
                {"positionSeconds": 1500.5, "completed": False, "content": {"title": "테스트 영화"}},
                {"positionSeconds": 6240.0, "completed": True, "content": {"title": "Silent Harbor"}},
            ]
        },
        "continueWatching": {"nodes": [{"content": {"title": "테스트 영화"}}]},
    }
    assert await signed_in(api, "MINSU@example.com", "다른 옛 비밀번호")
    hashes = await world.rows("select left(password_hash, 9) from users where password_hash is not null")
    assert hashes == [("$argon2id",)] * 2  # upgraded when they signed in
    wrong = (await api.data(LOGIN, email="eve@example.com", password=""))["login"]
    assert wrong["code"] == "BAD_CREDENTIALS"


async def test_contents_have_their_counts_reviews_and_genres(api: Api, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    harbor, film = (await api.data(CONTENTS))["contents"]["nodes"]
    assert harbor == {
        "title": "Silent Harbor",
        "likeCount": 2,
        "reviewCount": 2,
        "viewCount": 2,
        "averageRating": 7.5,
        "genres": [{"name": "Drama"}],
        "corporation": {"name": "Harbor Films"},
        "reviews": {
            "nodes": [
                {"rating": 6, "body": None, "author": {"displayName": "민수 김"}},
                {"rating": 9, "body": "The letters stay with you.", "author": {"displayName": "Ada Harbor"}},
            ]
        },
    }
    assert [genre["name"] for genre in film["genres"]] == ["Drama", "가족", "단편"]


async def test_search_finds_what_was_imported_but_not_what_lies_in_the_trash(api: Api, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    for text, titles in (("테스트", ["테스트 영화"]), ("lighthouse", ["Silent Harbor"]), ("winter", [])):
        hits = (await api.data(SEARCH, text=text))["search"]["hits"]
        assert [hit["content"]["title"] for hit in hits] == titles


async def test_it_is_found_by_the_very_terms_that_a_single_content_is_written_with(world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    terms = """select c.id, c.title, c.description, t.phrase, t.terms::text, t.seal, a.terms::text, n.folded, n.grams
        from contents c join title_terms t on t.content_id = c.id join content_terms a on a.content_id = c.id
        join content_titles n on n.content_id = c.id order by c.id"""
    words = "select * from title_words order by word"
    before, known = await world.rows(terms), await world.rows(words)
    assert len(before) == 2
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("delete from title_words")
        for content_id, title, description, *_ in before:
            await put_terms(transaction, content_id, title, description)
    assert await world.rows(terms) == before
    assert [(word, sorted(left)) for word, left in await world.rows(words)] == [(w, sorted(x)) for w, x in known]
    assert [row[5] for row in before] == [sealed(row[1], row[2]) for row in before]


async def test_points_are_ten_for_each_view_and_agree_with_the_ledger(world: World, desk: Desk) -> None:
    """R4 of GUARD, for what was earned elsewhere."""
    await desk.take(EXAMPLE)
    points = "select display_name, points from users order by id"
    assert await world.rows(points) == [("Ada Harbor", 20), ("민수 김", 10), ("Eve Evening", 0)]
    ledger = """select l.user_id = p.user_id and l.content_id = p.content_id and l.created_at = p.created_at, points,
        reason from point_entries p join view_logs l on (l.user_id, l.content_id) = (p.user_id, p.content_id)"""
    assert await world.rows(ledger) == [(True, 10, "FIRST_VIEW")] * 3


async def test_the_same_twice_changes_nothing(desk: Desk, everything: Callable[[], Any]) -> None:
    await desk.take(EXAMPLE)
    before = await everything()
    assert (await desk.take(EXAMPLE)).outcomes == {Outcome.KNOWN: 27}
    assert await everything() == before


async def test_a_dry_run_tells_the_same_and_writes_nothing(desk: Desk, everything: Callable[[], Any]) -> None:
    before = await everything()
    desk.lay("likes.jsonl", {"user_id": 17, "content_id": 204}, {"user_id": 1, "content_id": 204})
    dry = await desk.take(EXAMPLE, desk.folder, dry=True)
    assert await everything() == before
    wet = await desk.take(EXAMPLE, desk.folder)
    assert dry.outcomes == wet.outcomes == {Outcome.WRITTEN: 27, Outcome.REFUSED: 2}
    assert dry.reasons == wet.reasons


async def test_nobody_is_told_of_what_is_imported(world: World, desk: Desk) -> None:
    """A plan that ended over there is free already, so no job tells of its end."""
    await desk.take(EXAMPLE)
    for table in ("notifications", "fan_outs", "pushes"):
        assert await world.rows(f"select * from {table}") == []
    plans = "select plan::text, plan_expires_at is not null from corporations order by id"
    assert await world.rows(plans) == [("PAID", False), ("FREE", False), ("FREE", True)]


async def test_progress_goes_on_by_the_sequence_that_the_import_began(world: World, desk: Desk) -> None:
    await desk.take(EXAMPLE)
    counters = "select c.sequence, (select max(sequence) from watch_progress p where p.user_id = c.user_id), " + (
        "(select count(*)::int from progress_changes h where h.user_id = c.user_id) from progress_counters c order by 1"
    )
    assert await world.rows(counters) == [(1, 1, 1), (2, 2, 2)]


async def test_a_search_engine_is_told_of_what_is_imported(world: World, desk: Desk) -> None:
    """S1 of GUARD: by the outbox, as of every other change."""
    await world.rows("insert into outbox_topics values ('search') returning topic")
    await desk.take(EXAMPLE)
    told = await world.rows("select distinct subject::int from outbox where topic = 'search' order by 1")
    assert told == await world.rows("select id::int from contents order by id")
    assert (await desk.take(EXAMPLE)).count(Kind.CONTENTS, Outcome.KNOWN) == 3
