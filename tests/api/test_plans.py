"""What companies pay for, and what it opens: B4, B5 and B11 of FEATURES."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import ids
from domain.contents import Content
from domain.corporations import Corporation, Plan
from domain.users import Role
from tests.api.conftest import Answer, Api, Person, World
from tests.api.test_playback import id_of

CHANGE = """mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  ... on Corporation { id plan planExpiresAt } ... on Refusal { code problems { field } } } }"""
CREATE = """mutation ($input: CreateCorporationInput!) { createCorporation(input: $input) {
  ... on Corporation { plan planExpiresAt } ... on Refusal { code problems { field } } } }"""
READ = "query ($id: ID!) { corporation(id: $id) { plan planExpiresAt } }"
RESTORE = """mutation ($id: ID!) { restoreContent(input: {id: $id}) {
  ... on Content { id title deletedAt } ... on Refusal { code } } }"""
STATE = "select id, plan, plan_expires_at, updated_at from corporations order by id"
IN_A_YEAR = (datetime.now(UTC) + timedelta(days=365)).replace(microsecond=123456)
PAST = [datetime.now(UTC) - timedelta(seconds=2), datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
UNWRITABLE = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T24:00:00Z", "10000-01-01T00:00:00Z"]
UNWRITABLE += ["9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z"]
UNWRITABLE += ["-0001-01-01T00:00:00Z", "2999-02-29T00:00:00Z", "2999-01-01T00:00:00+24:00"]
UNWRITABLE += ["2999-01-01T00:00:00", "2999-01-01", "infinity", "-infinity", "", "now", "9" * 400]


def key_of(corporation: Corporation) -> str:
    return ids.encode("Corporation", corporation.id)


async def change(api: Api, who: Person | None, of: Corporation, plan: str, until: object = "left out") -> Answer:
    given = {} if until == "left out" else {"expiresAt": until.isoformat() if isinstance(until, datetime) else until}
    return await api.ask(CHANGE, who, input={"id": key_of(of), "plan": plan, **given})


async def changed(api: Api, who: Person, of: Corporation, plan: str, until: object = "left out") -> Any:
    answer = (await change(api, who, of, plan, until)).data["changePlan"]
    read = (await api.data(READ, id=key_of(of)))["corporation"]
    assert "code" in answer or answer == {"id": key_of(of), **read}
    return answer


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


async def test_an_admin_puts_a_company_on_a_plan(api: Api, world: World) -> None:
    admin, corporation, other = await world.person(Role.ADMIN), await world.corporation(), await world.corporation()
    free = await changed(api, admin, corporation, "FREE")
    assert (free["plan"], free["planExpiresAt"]) == ("FREE", None)
    dated = await changed(api, admin, corporation, "PAID", IN_A_YEAR)
    assert (dated["plan"], moment(dated["planExpiresAt"])) == ("PAID", IN_A_YEAR)
    endless = await changed(api, admin, corporation, "PAID")
    assert (endless["plan"], endless["planExpiresAt"]) == ("PAID", None)
    await changed(api, admin, corporation, "PAID", IN_A_YEAR)
    assert (await changed(api, admin, corporation, "FREE", None))["planExpiresAt"] is None
    assert (await changed(api, admin, corporation, "PAID", None))["plan"] == "PAID"
    assert await world.rows("select plan, plan_expires_at from corporations where id = $1", other.id) == [
        (Plan.PAID, None)
    ]


async def test_a_plan_that_ran_out_is_bought_again(api: Api, world: World) -> None:
    admin, corporation = await world.person(Role.ADMIN), await world.corporation()
    await world.rows("update corporations set plan_expires_at = now() - interval '1 second'")
    assert (await api.data(READ, id=key_of(corporation)))["corporation"]["plan"] == "FREE"
    again = await changed(api, admin, corporation, "PAID", IN_A_YEAR)
    assert (again["plan"], moment(again["planExpiresAt"])) == ("PAID", IN_A_YEAR)


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.MANAGER])
async def test_nobody_but_an_admin_changes_a_plan(api: Api, world: World, role: Role | None) -> None:
    corporation = await world.corporation(plan=Plan.FREE)
    who = await world.person(role, corporation) if role else None
    before = await world.rows(STATE)
    code = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert (await change(api, who, corporation, "PAID")).codes == code
    assert (await change(api, who, corporation, "PAID", PAST[0])).codes == code
    assert await world.rows(STATE) == before


async def test_a_company_that_is_not_there_gets_no_plan(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    wrong = [ids.encode("Corporation", 999_999), ids.encode("Corporation", 2**63 - 1), admin.id, "", "\0", "한글"]
    for id in wrong:
        for plan in ({"plan": "FREE"}, {"plan": "PAID"}, {"plan": "PAID", "expiresAt": PAST[0].isoformat()}):
            answer = await api.data(CHANGE, admin, input={"id": id, **plan})
            assert answer["changePlan"] == {"code": "NOT_FOUND", "problems": []}, (id, plan)


async def test_an_end_in_the_past_or_of_a_free_plan_is_refused(api: Api, world: World) -> None:
    admin, corporation = await world.person(Role.ADMIN), await world.corporation()
    refused = {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", "expiresAt"]}]}
    await change(api, admin, corporation, "PAID", IN_A_YEAR)
    before = await world.rows(STATE)
    for past in PAST:
        assert (await change(api, admin, corporation, "PAID", past)).data["changePlan"] == refused, past
    for any_time in (*PAST, IN_A_YEAR):
        assert (await change(api, admin, corporation, "FREE", any_time)).data["changePlan"] == refused, any_time
    assert await world.rows(STATE) == before


async def test_a_company_is_not_made_with_an_end_in_the_past(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    for plan, end in [*[("PAID", past) for past in PAST], ("FREE", PAST[0]), ("FREE", IN_A_YEAR)]:
        new = {"name": "Studio", "plan": plan, "planExpiresAt": end.isoformat()}
        assert (await api.data(CREATE, admin, input=new))["createCorporation"] == {
            "code": "VALIDATION_FAILED",
            "problems": [{"field": ["input", "planExpiresAt"]}],
        }
    assert await world.rows("select 1 from corporations") == []
    new = {"name": "Studio", "plan": "PAID", "planExpiresAt": IN_A_YEAR.isoformat()}
    made = (await api.data(CREATE, admin, input=new))["createCorporation"]
    assert (made["plan"], moment(made["planExpiresAt"])) == ("PAID", IN_A_YEAR)


@pytest.mark.parametrize(
    "end",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999998Z", "9999-12-31T23:59:59+14:00", "2999-01-01T00:00:00.5-23:59"],
)
async def test_the_latest_moments_that_can_be_written_are_kept(api: Api, world: World, end: str) -> None:
    admin, corporation = await world.person(Role.ADMIN), await world.corporation()
    answer = await changed(api, admin, corporation, "PAID", end)
    assert (answer["plan"], moment(answer["planExpiresAt"])) == ("PAID", datetime.fromisoformat(end))
    made = await api.data(CREATE, admin, input={"name": "New", "plan": "PAID", "planExpiresAt": end})
    assert moment(made["createCorporation"]["planExpiresAt"]) == datetime.fromisoformat(end)


async def test_a_moment_that_cannot_be_written_is_the_clients_mistake(api: Api, world: World) -> None:
    admin, corporation = await world.person(Role.ADMIN), await world.corporation()
    before = await world.rows(STATE)
    for strange in [*UNWRITABLE, 7, 1e300, True, {}]:
        assert (await change(api, admin, corporation, "PAID", strange)).codes == ["GRAPHQL_VALIDATION_FAILED"], strange
    for text in UNWRITABLE:
        literal = f'{{ id: "{key_of(corporation)}", plan: PAID, expiresAt: "{text}" }}'
        answer = await api.ask(f"mutation {{ changePlan(input: {literal}) {{ __typename }} }}", admin)
        assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"], text
    assert await world.rows(STATE) == before


async def test_plans_past_their_date_expire_once_however_many_look(world: World) -> None:
    gone = [await world.corporation() for _ in range(5)]
    late, endless, free = await world.corporation(), await world.corporation(), await world.corporation(plan=Plan.FREE)
    end = "update corporations set plan_expires_at = now() + make_interval(secs => $2) where id = any($1)"
    await world.rows(end, [one.id for one in gone], -1.0)
    await world.rows(end, [late.id], 3600.0)
    await world.rows(end, [free.id], -60.0)
    before = {row[0]: row for row in await world.rows(STATE)}
    database, store = world.marquee.database, world.marquee.stores.corporations

    async def expired() -> list[int]:
        async with database.writing() as transaction:
            return [corporation.id for corporation in await store.expire_plans(transaction)]

    told = [id for each in await asyncio.gather(*(expired() for _ in range(10))) for id in each]
    assert sorted(told) == [one.id for one in gone]
    after = {row[0]: row for row in await world.rows(STATE)}
    for one in gone:
        assert after[one.id][1:3] == (Plan.FREE, before[one.id][2])
        assert after[one.id][3] > before[one.id][3]
    for one in (late, endless, free):
        assert after[one.id] == before[one.id]
    await world.run("expire plans")
    assert {row[0]: row for row in await world.rows(STATE)} == after


async def test_the_job_puts_expired_plans_on_the_free_one(world: World) -> None:
    corporation = await world.corporation()
    await world.rows("update corporations set plan_expires_at = now() - interval '1 second'")
    await asyncio.gather(*(world.run("expire plans") for _ in range(10)))
    ((id, plan, end, _),) = await world.rows(STATE)
    assert (id, plan) == (corporation.id, Plan.FREE)
    assert end is not None


async def trashed(world: World, corporation: Corporation, **rest: Any) -> Content:
    content = await world.content(corporation, **rest)
    await world.rows("update contents set deleted_at = now() where id = $1", content.id)
    return content


async def restored(api: Api, who: Person, content: Content | str) -> Any:
    id = content if isinstance(content, str) else id_of(content)
    return (await api.data(RESTORE, who, id=id))["restoreContent"]


async def test_restoring_needs_the_paid_plan_of_this_very_moment(api: Api, world: World) -> None:
    corporation = await world.corporation(plan=Plan.FREE)
    manager, admin = await world.person(Role.MANAGER, corporation), await world.person(Role.ADMIN)
    content = await trashed(world, corporation, title="Back")
    for who in (manager, admin):
        assert await restored(api, who, content) == {"code": "PAID_PLAN_REQUIRED"}
    await world.rows("update corporations set plan = 'PAID', plan_expires_at = now() - interval '1 second'")
    for who in (manager, admin):
        assert await restored(api, who, content) == {"code": "PAID_PLAN_REQUIRED"}
    assert await world.rows("select plan from corporations") == [(Plan.PAID,)], "no job has run"
    assert await world.rows("select count(*) from contents where deleted_at is null") == [(0,)]
    await changed(api, admin, corporation, "PAID", IN_A_YEAR)
    back = {"id": id_of(content), "title": "Back", "deletedAt": None}
    assert await restored(api, manager, content) == back
    assert await world.rows("select count(*) from contents where deleted_at is null") == [(1,)]
    before = await world.rows("select * from contents")
    assert await restored(api, manager, content) == back
    await changed(api, admin, corporation, "FREE")
    assert await restored(api, manager, content) == back, "it is not in the trash, so nothing has to be paid"
    assert await world.rows("select * from contents") == before


async def test_twenty_restores_at_once_all_answer_the_content(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, content = await world.person(Role.MANAGER, corporation), await trashed(world, corporation, title="Back")
    answers = await asyncio.gather(*(restored(api, manager, content) for _ in range(20)))
    assert answers == [{"id": id_of(content), "title": "Back", "deletedAt": None}] * 20
    assert await world.rows("select count(*) from contents where deleted_at is null") == [(1,)]


async def test_restoring_what_others_delete_again_meanwhile_never_says_that_it_is_not_there(
    api: Api, world: World
) -> None:
    corporation = await world.corporation()
    manager, content = await world.person(Role.MANAGER, corporation), await trashed(world, corporation)
    delete = f'mutation {{ deleteContent(input: {{id: "{id_of(content)}"}}) {{ __typename }} }}'
    both = (ask for _ in range(50) for ask in (restored(api, manager, content), api.data(delete, manager)))
    answers = (await asyncio.gather(*both))[::2]
    assert {answer.get("id") for answer in answers} == {id_of(content)}, answers


async def test_nobody_restores_what_is_not_theirs(api: Api, world: World) -> None:
    corporation = await world.corporation()
    content, visible = await trashed(world, corporation), await world.content(corporation)
    stranger, member = await world.person(Role.MANAGER, await world.corporation()), await world.person()
    wrong = [id_of(content), id_of(visible), ids.encode("Content", 999_999), key_of(corporation), "", "\0"]
    for id in wrong:
        assert await restored(api, stranger, id) == {"code": "NOT_FOUND"}, id
        assert (await api.ask(RESTORE, member, id=id)).codes == ["FORBIDDEN"]
        assert (await api.ask(RESTORE, id=id)).codes == ["UNAUTHENTICATED"]
    for id in wrong[2:]:
        assert await restored(api, await world.person(Role.ADMIN), id) == {"code": "NOT_FOUND"}, id
    assert await world.rows("select count(*) from contents where deleted_at is not null") == [(1,)]


async def test_a_title_that_the_company_has_again_is_not_restored_beside_itself(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    old = await trashed(world, corporation)
    new, elsewhere = await world.content(corporation), await world.content()
    await world.rows("update contents set tmdb_id = 603 where id = any($1)", [old.id, new.id, elsewhere.id])
    assert await restored(api, manager, old) == {"code": "CONFLICT"}
    assert await world.rows("select id from contents where deleted_at is not null") == [(old.id,)]
    await world.rows("update contents set deleted_at = now() where id = $1", new.id)
    assert (await restored(api, manager, old))["deletedAt"] is None
    assert await restored(api, manager, new) == {"code": "CONFLICT"}
