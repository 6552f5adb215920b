"""What the operations that matter cost: their SQL is committed beside this file, so that a query too many shows.

Run with UPDATE_STATEMENTS=1 to write the files anew.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain import ids
from domain.metering import meter
from domain.users import Role
from persistence.statements import Statement
from tests.api.conftest import Api, Person, World

HERE = Path(__file__).parent / "statements"
CARD = "id title genres { name } corporation { name } videoAssets { id } likeCount likedByViewer viewerProgress { id }"
EVENT = '{eventId: "7f1b3c1e-7a55-4b52-9d0e-0c6f3f5d7a11", contentId: "%s", positionSeconds: 9, observedAt: "NOW"}'
OPERATIONS = {
    "content": '{ content(id: "%s") { title likeCount } }',
    "page": f"{{ contents(first: 50) {{ nodes {{ {CARD} }} }} }}",
    "page_filtered": '{ contents(filter: {titleContains: "a"}, orderBy: TITLE) { totalCount nodes { id } } }',
    "reviews": "{ contents { nodes { reviews(first: 5) { totalCount nodes { body author { displayName }}}}}}",
    "liked": "{ viewer { likedContents { totalCount nodes { title viewerReview { rating } } } } }",
    "users": "{ users { totalCount nodes { email corporation { name } } } }",
    "history": "{ viewer { watchHistory { nodes { positionSeconds content { title } } } } }",
    "continue": "{ viewer { continueWatching { nodes { positionSeconds content { title genres { name } } } } } }",
    "points": "{ viewer { points pointEntries { nodes { points content { title } } } viewLogs { nodes { id } } } }",
    "view_logs": "{ viewLogs { totalCount nodes { user { displayName } content { title } } } }",
    "corporations": "{ corporations { nodes { contents(first: 2) { totalCount nodes { id } } members { totalCount }}}}",
    "notifications": "{ viewer { unreadNotificationCount notifications { nodes { title content { title } } } } }",
    "personas": "{ viewer { personas { imageUrl instagram { username } instagramAuthorizedUntil } devices { id } } }",
    "create_content": 'mutation { createContent(input: {title: "Tide", genres: ["Drama"]}) { __typename } }',
    "register_device": 'mutation { registerDevice(input: {platform: IOS, token: "phone"}) { __typename } }',
    "sessions": "{ viewer { sessions { id current } } }",
    "start_stream": 'mutation { startStream(input: {contentId: "%s"}) { ... on StreamStarted { pointsBalance } } }',
    "record_progress": f"mutation {{ recordWatchProgress(input: {{events: [{EVENT}]}}) {{ __typename }} }}",
    "review": 'mutation { createReview(input: {contentId: "%s", rating: 7}) { ... on Review { rating } } }',
    "like": 'mutation { likeContent(input: {contentId: "%s"}) { ... on Content { likeCount } } }',
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL that runs, as it runs."""
    statements: list[str] = []
    fetch = Statement._fetch

    async def listening(self: Statement[Any], connection: Any, values: dict[str, object]) -> Any:
        if (current := meter.get()) and not current.job:  # what a job does meanwhile is no part of the operation
            statements.append(self.compiled[0])
        return await fetch(self, connection, values)

    monkeypatch.setattr(Statement, "_fetch", listening)
    return statements


async def fill(world: World, contents: int) -> tuple[Person, str]:
    """An ADMIN who has seen some contents and not finished them, and the id of one not seen."""
    corporation = await world.corporation()
    admin = await world.person(Role.ADMIN, corporation)
    user_id = admin.user.id
    for _ in range(contents):
        content = await world.content(corporation, genres=("Drama", "Comedy"))
        await world.rows(
            "insert into view_logs (user_id, content_id, corporation_id) values ($1, $2, $3)",
            *(user_id, content.id, corporation.id),
        )
        await world.rows(
            "insert into watch_progress (user_id, content_id, position_seconds, completed, observed_at, sequence)"
            " values ($1, $2, 5, false, now(), $2)",
            *(user_id, content.id),
        )
    await world.rows(
        "insert into notifications (user_id, kind, title, body, content_id, event)"
        " select $1, 'REVIEW_ADDED', 'New', 'Really', id, 'content:' || id from contents",
        user_id,
    )
    await world.rows(
        "insert into personas (user_id, number, name, options) select $1, n, 'Mina', '{}'"
        " from generate_series(1, least($2::int, 10)) n",
        *(user_id, contents),
    )
    await world.rows("insert into progress_counters (user_id, sequence) values ($1, 1000)", user_id)
    return admin, ids.encode("Content", (await world.content(corporation)).id)


def operation(name: str, content: str) -> str:
    text = OPERATIONS[name].replace("NOW", datetime.now(UTC).isoformat())
    return text % content if "%s" in text else text


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_runs_exactly_the_statements_that_were_reviewed(
    api: Api, world: World, heard: list[str], name: str
) -> None:
    admin, content = await fill(world, contents=2)
    heard.clear()
    answer = await api.ask(operation(name, content), admin)
    assert answer.data
    assert answer.statements == len(heard)
    written = ";\n\n".join(sorted(heard)) + ";\n"
    kept = HERE / f"{name}.sql"
    if os.environ.get("UPDATE_STATEMENTS"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(written)
    assert kept.read_text() == written, "a statement changed: UPDATE_STATEMENTS=1 writes it, review reads it"


@pytest.mark.parametrize("name", OPERATIONS)
async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    api: Api, world: World, name: str
) -> None:
    admin, content = await fill(world, contents=2)
    few = (await api.ask(operation(name, content), admin)).statements
    admin, content = await fill(world, contents=30)
    many = await api.ask(operation(name, content), admin)
    assert many.data
    assert many.statements == few


async def test_a_page_of_contents_with_all_its_company_costs_at_most_seven_statements(api: Api, world: World) -> None:
    admin, _ = await fill(world, contents=49)
    page = "{ contents(first: 50) { nodes { genres { name } corporation { name } videoAssets { key } likeCount"
    answer = await api.ask(page + " viewerProgress { positionSeconds } } } }", admin)
    assert len(answer.data["contents"]["nodes"]) == 50
    assert answer.statements <= 7
