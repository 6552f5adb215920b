"""People as others manage them, and what becomes of what they had open: B2 and B12 of FEATURES."""

import asyncio
from typing import Any

import pytest

from composition import Marquee
from domain import ids
from domain.corporations import Corporation
from domain.users import Role
from tests.api.conftest import Answer, Api, Person, World
from tests.api.test_playback import started
from tests.api.test_subscriptions import LOG_ADDED, WATCH, Socket, connected, report, until

UPDATE = """mutation ($input: UpdateUserInput!) { updateUser(input: $input) {
  ... on User { id role corporation { id } } ... on Refusal { code problems { field } } } }"""
DELETE = """mutation ($id: ID!) { deleteUser(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code } } }"""
PAGE = """query ($first: Int!, $after: String) { users(first: $first, after: $after) {
  totalCount nodes { id email role } pageInfo { hasNextPage endCursor } } }"""
STRANGE_IDS = [ids.encode("User", 999_999), ids.encode("User", 2**63 - 1), "", "nonsense", "VXNlcjow", "\0", "한글"]


def key_of(corporation: Corporation) -> str:
    return ids.encode("Corporation", corporation.id)


async def change(api: Api, who: Person | None, of: Person | str, **changes: Any) -> Answer:
    return await api.ask(UPDATE, who, input={"id": of if isinstance(of, str) else of.id, **changes})


async def changed(api: Api, who: Person, of: Person | str, **changes: Any) -> tuple[Any, Any]:
    """What it answers: the refusal's code and the problems' fields, or the role and the id of the company."""
    told = (await change(api, who, of, **changes)).data["updateUser"]
    if "code" in told:
        return told["code"], [problem["field"] for problem in told["problems"]]
    assert told["id"] == (of if isinstance(of, str) else of.id)
    return told["role"], told["corporation"] and told["corporation"]["id"]


async def people(world: World) -> list[Any]:
    return await world.rows("select id, role, corporation_id from users order by id")


async def test_all_people_are_listed_for_admins_in_pages(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    everybody = [admin, *[await world.person(Role.MEMBER, await world.corporation()) for _ in range(4)]]
    seen: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        page = (await api.data(PAGE, admin, first=2, after=after))["users"]
        assert page["totalCount"] == 5
        seen += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    expected = [{"id": one.id, "email": one.user.email, "role": one.user.role.value} for one in everybody]
    assert seen == expected
    for first, cursor in ((0, None), (101, None), (2, "nonsense")):
        assert (await api.ask(PAGE, admin, first=first, after=cursor)).codes == ["VALIDATION_FAILED"]


async def test_all_people_are_listed_for_nobody_else(api: Api, world: World) -> None:
    for role in (Role.MEMBER, Role.MANAGER):
        who = await world.person(role, await world.corporation())
        assert (await api.ask(PAGE, who, first=2)).codes == ["FORBIDDEN"]
    assert (await api.ask(PAGE, first=2)).codes == ["UNAUTHENTICATED"]


async def test_an_admin_gives_and_takes_roles_and_companies(api: Api, world: World) -> None:
    admin, person, corporation = await world.person(Role.ADMIN), await world.person(), await world.corporation()
    own = key_of(corporation)
    assert await changed(api, admin, person, role="MANAGER", corporationId=own) == ("MANAGER", own)
    assert await changed(api, admin, person) == ("MANAGER", own)
    assert await changed(api, admin, person, role="MEMBER") == ("MEMBER", own)
    assert await changed(api, admin, person, role="ADMIN") == ("ADMIN", own)
    assert await changed(api, admin, person, corporationId=None) == ("ADMIN", None)
    assert await changed(api, person, admin, role="MEMBER") == ("MEMBER", None)
    assert await people(world) == [(admin.user.id, Role.MEMBER, None), (person.user.id, Role.ADMIN, None)]


async def test_what_cannot_be_written_is_refused_and_changes_nothing(api: Api, world: World) -> None:
    corporation = await world.corporation()
    admin, person = await world.person(Role.ADMIN), await world.person(Role.MANAGER, corporation)
    before = await people(world)
    assert await changed(api, admin, person, role=None) == ("VALIDATION_FAILED", [["input", "role"]])
    assert await changed(api, admin, person, role=None, corporationId=None) == (
        "VALIDATION_FAILED",
        [["input", "role"]],
    )
    for strange in [ids.encode("Corporation", 999_999), ids.encode("Corporation", 2**63 - 1), "", "\0", person.id]:
        assert await changed(api, admin, person, role="MEMBER", corporationId=strange) == ("NOT_FOUND", [])
    for strange in [*STRANGE_IDS, key_of(corporation)]:
        assert await changed(api, admin, strange, role="MANAGER") == ("NOT_FOUND", [])
    assert (await change(api, admin, person, role="OWNER")).codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert await people(world) == before


async def test_a_manager_manages_the_own_companys_people(api: Api, world: World) -> None:
    corporation = await world.corporation()
    own = key_of(corporation)
    manager, member = await world.person(Role.MANAGER, corporation), await world.person(Role.MEMBER, corporation)
    assert await changed(api, manager, member, role="MANAGER") == ("MANAGER", own)
    assert await changed(api, manager, member, role="MEMBER", corporationId=own) == ("MEMBER", own)
    # Who has left is no longer the manager's to see: the answer tells the role and the company no more.
    assert await changed(api, manager, member, corporationId=None) == (None, None)
    assert await people(world) == [
        (manager.user.id, Role.MANAGER, corporation.id),
        (member.user.id, Role.MEMBER, None),
    ]
    assert await changed(api, manager, member, corporationId=own) == ("NOT_FOUND", [])


async def test_a_manager_finds_nobody_outside_the_own_company(api: Api, world: World) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    manager, drifting = await world.person(Role.MANAGER, ours), await world.person(Role.MANAGER)
    others = [await world.person(), await world.person(Role.ADMIN), await world.person(Role.MANAGER, theirs)]
    others += [await world.person(Role.MEMBER, theirs), await world.person(Role.ADMIN, theirs)]
    before = await people(world)
    for other in [*[other.id for other in others], drifting.id, *STRANGE_IDS]:
        for what in ({"role": "MEMBER"}, {"corporationId": key_of(ours)}, {"corporationId": None}, {"role": "ADMIN"}):
            assert await changed(api, manager, other, **what) == ("NOT_FOUND", []), (other, what)
    # A manager of no company manages nobody, not even those who have none either.
    for homeless in (drifting, others[0], others[1]):
        assert await changed(api, drifting, homeless, role="MEMBER") == ("NOT_FOUND", [])
    assert await people(world) == before


async def test_a_manager_moves_nobody_into_another_company(api: Api, world: World) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    manager, member = await world.person(Role.MANAGER, ours), await world.person(Role.MEMBER, ours)
    before = await people(world)
    for who in (member, manager):
        for company in (key_of(theirs), ids.encode("Corporation", 999_999), "nonsense"):
            assert await changed(api, manager, who, corporationId=company) == ("NOT_FOUND", [])
    assert await people(world) == before


async def test_a_manager_makes_and_changes_no_admin(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, member = await world.person(Role.MANAGER, corporation), await world.person(Role.MEMBER, corporation)
    admin = await world.person(Role.ADMIN, corporation)
    await world.person(Role.ADMIN)
    before = await people(world)
    for who in (member, manager):
        assert (await change(api, manager, who, role="ADMIN")).codes == ["FORBIDDEN"]
        assert (await change(api, manager, who, role="ADMIN", corporationId=None)).codes == ["FORBIDDEN"]
    for what in ({"role": "MEMBER"}, {"role": "MANAGER"}, {"role": "ADMIN"}, {"corporationId": None}, {}):
        assert (await change(api, manager, admin, **what)).codes == ["FORBIDDEN"], what
    assert await people(world) == before


async def test_a_member_and_nobody_change_nobody(api: Api, world: World) -> None:
    corporation = await world.corporation()
    member, other = await world.person(Role.MEMBER, corporation), await world.person(Role.MEMBER, corporation)
    before = await people(world)
    for target in (member.id, other.id, *STRANGE_IDS):
        assert (await change(api, member, target, role="MEMBER")).codes == ["FORBIDDEN"]
        assert (await change(api, None, target, role="MEMBER")).codes == ["UNAUTHENTICATED"]
    assert await people(world) == before


async def test_a_manager_who_leaves_is_a_member_unless_told_otherwise(api: Api, world: World) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    admin = await world.person(Role.ADMIN, ours)
    leaving, moving, staying, kept = [await world.person(Role.MANAGER, ours) for _ in range(4)]
    assert await changed(api, admin, leaving, corporationId=None) == ("MEMBER", None)
    assert await changed(api, admin, moving, corporationId=key_of(theirs)) == ("MEMBER", key_of(theirs))
    assert await changed(api, admin, staying, corporationId=key_of(ours)) == ("MANAGER", key_of(ours))
    given = await changed(api, admin, kept, corporationId=key_of(theirs), role="MANAGER")
    assert given == ("MANAGER", key_of(theirs))
    assert await changed(api, admin, admin, corporationId=None) == ("ADMIN", None)
    assert await changed(api, staying, staying, corporationId=None) == ("MEMBER", None)
    assert (await change(api, staying, staying, corporationId=key_of(ours))).codes == ["FORBIDDEN"]


async def test_the_last_admin_is_neither_lowered_nor_deleted(api: Api, world: World) -> None:
    last, other = await world.person(Role.ADMIN), await world.person(Role.ADMIN)
    assert await changed(api, last, other, role="MEMBER") == ("MEMBER", None)
    for role in ("MEMBER", "MANAGER"):
        assert await changed(api, last, last, role=role) == ("CONFLICT", [])
    assert (await api.data(DELETE, last, id=last.id))["deleteUser"] == {"code": "CONFLICT"}
    assert await people(world) == [(last.user.id, Role.ADMIN, None), (other.user.id, Role.MEMBER, None)]
    assert await api.data("{ viewer { role } }", last) == {"viewer": {"role": "ADMIN"}}


@pytest.mark.parametrize("how", ["each other", "themselves", "both", "deleting each other", "deleting themselves"])
async def test_of_two_admins_who_fall_at_once_one_is_left(api: Api, world: World, how: str) -> None:
    async def fall(who: Person, whom: Person) -> Answer:
        if how.startswith("deleting"):
            return await api.ask(DELETE, who, id=whom.id)
        return await change(api, who, whom, role="MEMBER")

    for _ in range(20):
        await world.rows("delete from users")
        one, two = await world.person(Role.ADMIN), await world.person(Role.ADMIN)
        pairs = [(one, two), (two, one)] if how.endswith("each other") else [(one, one), (two, two)]
        if how == "both":
            pairs += [(one, two), (two, one)]
        answers = await asyncio.gather(*(fall(*pair) for pair in pairs))
        codes = {code for answer in answers for code in answer.codes}
        assert codes <= {"FORBIDDEN", "UNAUTHENTICATED"}, codes
        assert await world.rows("select count(*) from users where role = 'ADMIN'") == [(1,)]


async def test_a_role_is_gone_for_the_very_next_request_of_the_same_token(api: Api, world: World) -> None:
    corporation = await world.corporation()
    admin, person = await world.person(Role.ADMIN), await world.person(Role.ADMIN, corporation)
    managers = "query ($id: ID!) { corporation(id: $id) { members { totalCount } } }"
    async with connected(api.base_url, person) as socket:
        assert await socket.answer(PAGE, first=1)
        await change(api, admin, person, role="MANAGER")
        assert (await api.ask(PAGE, person, first=1)).codes == ["FORBIDDEN"]
        assert await api.data(managers, person, id=key_of(corporation)) == {
            "corporation": {"members": {"totalCount": 1}}
        }
        assert await refused(socket, PAGE, first=1) == ["FORBIDDEN"]
        await change(api, admin, person, role="MEMBER")
        assert (await api.ask(managers, person, id=key_of(corporation))).codes == ["FORBIDDEN"]
        assert await refused(socket, managers, id=key_of(corporation)) == ["FORBIDDEN"]
        await socket.subscribe(LOG_ADDED)
        assert await socket.codes() == ["FORBIDDEN"]
        await change(api, admin, person, role="ADMIN")
        assert (await socket.answer(PAGE, first=1))["users"]["totalCount"] == 2


async def refused(socket: Socket, query: str, /, **variables: Any) -> list[str]:
    await socket.subscribe(query, "refused", **variables)
    codes = await socket.codes()
    assert await socket.hear() == {"type": "complete", "id": "refused"}
    return codes


@pytest.mark.parametrize("what", ["role", "company", "left"])
async def test_a_view_log_subscription_ends_with_the_rights_and_progress_goes_on(
    api: Api, world: World, marquee: Marquee, what: str
) -> None:
    ours, theirs = await world.corporation(), await world.corporation()
    admin, manager = await world.person(Role.ADMIN), await world.person(Role.MANAGER, ours)
    content, other = await world.content(ours), await world.content(ours)
    company = key_of(theirs)
    changes: dict[str, Any] = {"role": "MEMBER"} if what == "role" else {"role": "MANAGER", "corporationId": company}
    if what == "left":
        changes = {"corporationId": None}
    async with connected(api.base_url, manager) as socket, connected(api.base_url, manager) as watching:
        await watching.subscribe(WATCH)
        await report(api, manager, content, 1)
        assert await watching.position() == 1
        await socket.subscribe(LOG_ADDED, "logs")
        await until(lambda: f"view_logs_of:{ours.id}" in marquee.signals._inboxes)
        await started(api, await world.person(), content)
        assert await socket.data("logs")
        await change(api, admin, manager)  # changes nothing, so it ends nothing
        await started(api, await world.person(), content)
        assert await socket.data("logs")
        await change(api, admin, manager, **changes)
        assert await socket.codes() == ["FORBIDDEN"]
        assert await socket.hear() == {"type": "complete", "id": "logs"}
        await until(lambda: f"view_logs_of:{ours.id}" not in marquee.signals._inboxes)
        await started(api, await world.person(), other)
        await report(api, manager, content, 2)
        assert await watching.position() == 2
        assert await socket.answer("{ viewer { points } }") == {"viewer": {"points": 0}}


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('updateUser(input: {id: "ID", role: MEMBER}) { __typename }', "FORBIDDEN"),
        ('deleteUser(input: {id: "ID"}) { __typename }', "UNAUTHENTICATED"),
        ("logout", "UNAUTHENTICATED"),
    ],
)
async def test_what_one_field_took_away_is_gone_for_the_next(api: Api, world: World, first: str, code: str) -> None:
    admin, _other = await world.person(Role.ADMIN), await world.person(Role.ADMIN)
    then = 'createCorporation(input: {name: "Too late"}) { __typename }'
    answer = await api.ask(f"mutation {{ {first.replace('ID', admin.id)} {then} }}", admin)
    assert answer.codes == [code]
    assert await world.rows("select 1 from corporations") == []
