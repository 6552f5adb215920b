"""Files are believed only as far as somebody says: not who somebody else's address belongs to, nor who may do all."""

from composition.importing import summary
from domain.importing import Kind, Outcome
from tests.api.conftest import World
from tests.importing.conftest import Desk
from tests.importing.test_refusals import BOTH, CONTENT, PERSON, lay

ROLES = "select email, role::text from users order by id"


async def test_who_registered_with_an_address_without_proving_it_is_not_given_what_its_owner_did(
    world: World, desk: Desk
) -> None:
    await world.person(email=PERSON["email"])
    await lay(desk)
    desk.lay("likes.jsonl", BOTH)
    dry = await desk.take(dry=True)
    done = await desk.take()
    assert dry.reasons == done.reasons
    assert set(done.reasons) == {("people.jsonl", 1), ("likes.jsonl", 1)}
    assert done.reasons["people.jsonl", 1][0].startswith("email: There is an account here with this e-mail address,")
    assert await world.rows("select * from content_likes") == []
    joined = await desk.take(join_unproven=True)
    assert joined.count(Kind.PEOPLE, Outcome.JOINED) == joined.count(Kind.LIKES, Outcome.WRITTEN) == 1


async def test_who_has_proven_their_address_is_joined(world: World, desk: Desk) -> None:
    person = await world.person(email=PERSON["email"])
    await world.rows("update users set email_proven = true returning id")
    await lay(desk)
    desk.lay("likes.jsonl", BOTH)
    assert (await desk.take()).count(Kind.PEOPLE, Outcome.JOINED) == 1
    assert await world.rows("select user_id from content_likes") == [(person.user.id,)]


async def test_a_file_makes_an_admin_only_where_somebody_says_so_and_how_many_is_told(world: World, desk: Desk) -> None:
    root = {"id": 8, "email": "root@example.com", "role": "ADMIN"}
    gone = {"id": 9, "email": "gone@example.com", "role": "ADMIN", "deleted_at": "2021-01-01T00:00:00Z"}
    desk.lay("people.jsonl", PERSON, root, gone)
    done = await desk.take()
    assert done.reasons == {("people.jsonl", 2): ["role: An ADMIN is taken only with --admins."]}
    assert await world.rows(ROLES) == [("ada@example.com", "MEMBER")]
    done = await desk.take(admins=True)
    assert await world.rows(ROLES) == [("ada@example.com", "MEMBER"), ("root@example.com", "ADMIN")]
    told = list(summary(done.tally, desk.folder, is_dry=False))
    assert "Of the people written 1 may do everything here: ADMIN." in told
    again = await desk.take()
    assert (again.outcomes, again.tally.admins) == ({Outcome.KNOWN: 3}, 0)


async def test_a_content_of_two_systems_is_not_refused_for_lack_of_a_proof(desk: Desk) -> None:
    await lay(desk)
    (desk.folder / "people.jsonl").unlink()
    desk.lay("contents.jsonl", CONTENT | {"tmdb_id": 7})
    await desk.take(system="one")
    assert (await desk.take(system="two")).outcomes == {Outcome.JOINED: 2}
