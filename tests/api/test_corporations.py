"""Companies: B1 of FEATURES, and who sees what of people: B12."""

import pytest

from domain import ids
from domain.corporations import Plan
from domain.users import Role
from tests.api.conftest import Api, Person, World

CREATE = """mutation ($input: CreateCorporationInput!) { createCorporation(input: $input) {
  ... on Corporation { id name plan planExpiresAt } ... on Refusal { code problems { field } } } }"""
UPDATE = """mutation ($input: UpdateCorporationInput!) { updateCorporation(input: $input) {
  ... on Corporation { name } ... on Refusal { code } } }"""
DELETE = """mutation ($id: ID!) { deleteCorporation(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code message } } }"""
TRASH = """query ($id: ID!, $deleted: Boolean!) { corporation(id: $id) {
  contents(includeDeleted: $deleted) { totalCount nodes { title deletedAt } } } }"""


async def test_an_admin_makes_renames_and_deletes_a_company(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    made = (await api.data(CREATE, admin, input={"name": " Studio ", "plan": "PAID"}))["createCorporation"]
    assert made == {"id": made["id"], "name": "Studio", "plan": "PAID", "planExpiresAt": None}
    same = (await api.data(CREATE, admin, input={"name": "STUDIO"}))["createCorporation"]
    assert same["code"] == "ALREADY_EXISTS"
    renamed = await api.data(UPDATE, admin, input={"id": made["id"], "name": "Atelier"})
    assert renamed["updateCorporation"] == {"name": "Atelier"}
    untouched = await api.data(UPDATE, admin, input={"id": made["id"]})
    assert untouched["updateCorporation"] == {"name": "Atelier"}
    assert (await api.data(DELETE, admin, id=made["id"]))["deleteCorporation"] == {"id": made["id"]}
    assert await world.rows("select 1 from corporations") == []


async def test_a_name_that_is_taken_or_empty_is_refused(api: Api, world: World) -> None:
    corporation = await world.corporation("One")
    await world.corporation("Two")
    manager = await world.person(Role.MANAGER, corporation)
    own = ids.encode("Corporation", corporation.id)
    for name, code in [("two", "ALREADY_EXISTS"), ("", "VALIDATION_FAILED"), ("x" * 201, "VALIDATION_FAILED")]:
        refused = await api.data(UPDATE, manager, input={"id": own, "name": name})
        assert refused["updateCorporation"] == {"code": code}
    assert await world.rows("select name from corporations order by id") == [("One",), ("Two",)]


async def test_a_company_with_contents_or_members_stays_and_says_what_is_in_the_way(api: Api, world: World) -> None:
    corporation = await world.corporation()
    await world.content(corporation)
    await world.person(Role.MANAGER, corporation)
    refused = await api.data(DELETE, await world.person(Role.ADMIN), id=ids.encode("Corporation", corporation.id))
    assert refused["deleteCorporation"]["code"] == "CONFLICT"
    assert "contents (1" in refused["deleteCorporation"]["message"]
    assert await world.rows("select count(*) from corporations") == [(1,)]


async def test_a_paid_plan_past_its_date_reads_as_free(api: Api, world: World) -> None:
    corporation = await world.corporation(plan=Plan.PAID)
    await world.rows("update corporations set plan_expires_at = now() - interval '1 second'")
    found = await api.data(
        "query ($id: ID!) { corporation(id: $id) { plan } }", id=ids.encode("Corporation", corporation.id)
    )
    assert found["corporation"] == {"plan": "FREE"}


async def test_the_trash_is_seen_by_the_companys_own_managers_only(api: Api, world: World) -> None:
    corporation = await world.corporation()
    await world.content(corporation, title="kept")
    await world.content(corporation, title="gone")
    await world.rows("update contents set deleted_at = now() where title = 'gone'")
    own = ids.encode("Corporation", corporation.id)

    async def titles(who: Person | None, deleted: bool) -> list[str]:
        found = (await api.data(TRASH, who, id=own, deleted=deleted))["corporation"]["contents"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["title"] for node in found["nodes"]]

    manager = await world.person(Role.MANAGER, corporation)
    assert await titles(manager, True) == ["gone", "kept"]
    assert await titles(manager, False) == await titles(None, False) == ["kept"]
    assert await titles(await world.person(Role.ADMIN), True) == ["gone", "kept"]
    stranger = await world.person(Role.MANAGER, await world.corporation())
    assert (await api.ask(TRASH, stranger, id=own, deleted=True)).codes == ["FORBIDDEN"]
    assert (await api.ask(TRASH, id=own, deleted=True)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.MANAGER])
async def test_companies_are_listed_and_made_by_admins_alone(api: Api, world: World, role: Role | None) -> None:
    who = await world.person(role, await world.corporation()) if role else None
    code = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert (await api.ask("{ corporations { totalCount } }", who)).codes == code
    assert (await api.ask(CREATE, who, input={"name": "x"})).codes == code
    assert (await api.ask(DELETE, who, id="x")).codes == code


async def test_email_role_and_company_are_null_to_those_who_may_not_see_them(api: Api, world: World) -> None:
    corporation = await world.corporation()
    person = await world.person(Role.MEMBER, corporation)
    query = "query ($id: ID!) { user(id: $id) { displayName email role corporation { name } } }"

    async def seen_by(who: Person | None) -> bool:
        user = (await api.data(query, who, id=person.id))["user"]
        assert user["displayName"] == person.user.display_name
        private = {user["email"], user["role"], (user["corporation"] or {}).get("name")}
        assert private in ({None}, {person.user.email, "MEMBER", corporation.name})
        return private != {None}

    assert await seen_by(person)
    assert await seen_by(await world.person(Role.MANAGER, corporation))
    assert await seen_by(await world.person(Role.ADMIN))
    assert not await seen_by(None)
    assert not await seen_by(await world.person(Role.MEMBER, corporation))
    assert not await seen_by(await world.person(Role.MANAGER, await world.corporation()))


async def test_members_are_paged_for_the_companys_managers(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    for _ in range(3):
        await world.person(Role.MEMBER, corporation)
    query = """query ($id: ID!, $after: String) { corporation(id: $id) { members(first: 3, after: $after) {
      totalCount nodes { id } pageInfo { endCursor hasNextPage } } } }"""
    own = ids.encode("Corporation", corporation.id)
    first = (await api.data(query, manager, id=own))["corporation"]["members"]
    rest = (await api.data(query, manager, id=own, after=first["pageInfo"]["endCursor"]))["corporation"]["members"]
    assert (first["totalCount"], len(first["nodes"]), len(rest["nodes"])) == (4, 3, 1)
    assert (await api.ask(query, await world.person(), id=own)).codes == ["FORBIDDEN"]


async def test_a_company_met_twice_in_one_answer_shows_its_page_once_each(api: Api, world: World) -> None:
    corporation = await world.corporation()
    for title in ("one", "two"):
        await world.content(corporation, title=title)
    query = "{ contents(orderBy: OLDEST) { nodes { corporation { contents(first: 5) { nodes { title } } } } } }"
    found = (await api.data(query))["contents"]["nodes"]
    shown = {"corporation": {"contents": {"nodes": [{"title": "two"}, {"title": "one"}]}}}
    assert found == [shown, shown]
