"""What people are told of, in the transaction of what it is about: D7 of FEATURES."""

import asyncio

import pytest

from domain import ids
from domain.contents import Content
from domain.corporations import Plan
from domain.users import Role
from tests.api.conftest import Api, Person, World
from tests.api.notifications.conftest import CREATE, LIKE, REVIEW, kinds, notifications
from tests.api.test_tmdb import IMPORT
from tests.integrations.tmdb_server import TmdbServer, film


def id_of(content: Content) -> str:
    return ids.encode("Content", content.id)


async def review(api: Api, who: Person, content: Content, **rest: object) -> str:
    made = (await api.data(REVIEW, who, contentId=id_of(content), **rest))["createReview"]
    return str(made.get("id", made.get("code")))


async def test_a_review_is_told_to_the_managers_of_the_company_and_nobody_else(api: Api, world: World) -> None:
    corporation, elsewhere = await world.corporation(), await world.corporation()
    managers = [await world.person(Role.MANAGER, corporation) for _ in range(2)]
    others = [
        await world.person(Role.MANAGER, elsewhere),
        await world.person(Role.MEMBER, corporation),
        await world.person(Role.ADMIN),
    ]
    content, author = await world.content(corporation, title="파도"), await world.person()
    await review(api, author, content, rating=9, body="Very\n  good " + "x" * 500)
    for manager in managers:
        (told,) = await notifications(api, manager)
        assert (told["kind"], told["title"]) == ("REVIEW_ADDED", "New review of 파도")
        assert told["body"].startswith("9 of 10: Very good xxx")
        assert len(told["body"]) < 220
        assert told["content"] == {"id": id_of(content), "title": "파도"}
    for person in [*others, author]:
        assert await notifications(api, person) == []


async def test_a_manager_is_not_told_of_their_own_review(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, colleague = await world.person(Role.MANAGER, corporation), await world.person(Role.MANAGER, corporation)
    await review(api, manager, await world.content(corporation))
    assert await kinds(api, manager) == []
    assert await kinds(api, colleague) == ["REVIEW_ADDED"]


async def test_a_review_that_is_refused_tells_nobody(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, author = await world.person(Role.MANAGER, corporation), await world.person()
    content = await world.content(corporation)
    answers = await asyncio.gather(*(review(api, author, content) for _ in range(10)))
    assert answers.count("ALREADY_EXISTS") == 9
    assert await review(api, author, content, rating=11) == "VALIDATION_FAILED"
    assert await kinds(api, manager) == ["REVIEW_ADDED"]


async def test_reviews_and_the_deletion_of_those_who_are_told_do_not_wait_for_each_other(
    api: Api, world: World
) -> None:
    corporation = await world.corporation()
    content = await world.content(corporation)
    managers = [await world.person(Role.MANAGER, corporation) for _ in range(8)]
    for manager in managers:
        await api.data(LIKE, manager, id=id_of(content))
    authors = [await world.person() for _ in range(16)]
    delete = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { ... on Refusal { code } ... on Deleted { id } } }"
    works = [review(api, author, content) for author in authors]
    answers = await asyncio.gather(*works, *(api.data(delete, manager, id=manager.id) for manager in managers))
    assert all(ids.split(str(answer)) for answer in answers[:16])
    assert all("id" in answer["deleteUser"] for answer in answers[16:])
    assert await world.rows("select like_count, review_count from contents") == [(0, 16)]
    assert await world.rows("select 1 from notifications") == []


async def test_a_company_is_told_once_that_its_plan_has_expired(api: Api, world: World) -> None:
    corporation, running = await world.corporation("Waves"), await world.corporation()
    manager, other = await world.person(Role.MANAGER, corporation), await world.person(Role.MANAGER, running)
    await world.rows("update corporations set plan_expires_at = now() - interval '1 s' where id = $1", corporation.id)
    await asyncio.gather(*(world.run("expire plans") for _ in range(5)))
    (told,) = await notifications(api, manager)
    assert (told["kind"], told["title"]) == ("PLAN_EXPIRED", "The paid plan of Waves has expired")
    assert await kinds(api, other) == []


@pytest.mark.parametrize(
    ("hours", "plan", "warned"),
    [
        (71, Plan.PAID, True),
        (1, Plan.PAID, True),
        (73, Plan.PAID, False),
        (-1, Plan.PAID, False),
        (71, Plan.FREE, False),
    ],
)
async def test_a_company_is_warned_within_three_days_of_the_end_of_its_plan(
    api: Api, world: World, hours: int, plan: Plan, warned: bool
) -> None:
    corporation = await world.corporation("Waves", plan)
    manager = await world.person(Role.MANAGER, corporation)
    await world.rows("update corporations set plan_expires_at = now() + make_interval(hours => $1)", hours)
    await asyncio.gather(*(world.run("warn of plan ends") for _ in range(5)))
    assert await kinds(api, manager) == ["PLAN_EXPIRING"] * warned


async def test_a_plan_that_is_prolonged_is_warned_of_again_when_it_ends(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    for hours in (24, 48):
        await world.rows("update corporations set plan_expires_at = now() + make_interval(hours => $1)", hours)
        await world.run("warn of plan ends", "warn of plan ends")
    assert await kinds(api, manager) == ["PLAN_EXPIRING"] * 2


async def test_whose_upload_was_swept_is_told(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    for owner, hours in ((person, 25), (other, 23)):
        await world.rows(
            "insert into images (owner_id, key, filename, content_type, size_bytes, created_at)"
            " values ($1, gen_random_uuid(), 'holiday.png', 'image/png', 1, now() - make_interval(hours => $2))",
            *(owner.user.id, hours),
        )
    await asyncio.gather(*(world.run("sweep uploads") for _ in range(3)))
    (told,) = await notifications(api, person)
    assert told["kind"] == "UPLOAD_SWEPT"
    assert "holiday.png" in told["body"]
    assert await kinds(api, other) == []
    assert await world.rows("select owner_id from images") == [(other.user.id,)]


async def test_a_new_content_is_told_to_those_who_like_something_of_its_genres(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    drama, comedy = await world.content(genres=["Drama", "Noir"]), await world.content(genres=["Comedy"])
    likes_both, likes_drama, likes_comedy, likes_none = [await world.person() for _ in range(4)]
    likes = ((likes_both, drama), (likes_both, comedy), (likes_drama, drama), (likes_comedy, comedy), (manager, drama))
    for person, liked in likes:
        await api.data(LIKE, person, id=id_of(liked))
    made = (await api.data(CREATE, manager, title="Tide", genres=["drama", "Noir"]))["createContent"]
    assert await kinds(api, likes_drama) == [], "by and by"
    await asyncio.gather(*(world.run("fan out news") for _ in range(4)))
    for person in (likes_both, likes_drama):
        (told,) = await notifications(api, person)
        assert (told["kind"], told["title"]) == ("CONTENT_ADDED", "New: Tide")
        assert told["body"] == "Drama, Noir"
        assert told["content"]["id"] == made["id"]
    assert await kinds(api, likes_comedy) == await kinds(api, likes_none) == []
    assert await kinds(api, manager) == [], "it is no news to who made it"
    assert await world.rows("select 1 from fan_outs") == []


async def test_a_content_that_is_deleted_meanwhile_is_told_to_nobody_more(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, person = await world.person(Role.MANAGER, corporation), await world.person()
    await api.data(LIKE, person, id=id_of(await world.content(genres=["Drama"])))
    made = (await api.data(CREATE, manager, title="Tide", genres=["Drama"]))["createContent"]
    await api.data("mutation ($id: ID!) { deleteContent(input: {id: $id}) { __typename } }", manager, id=made["id"])
    await world.run("fan out news")
    assert await kinds(api, person) == []
    assert await world.rows("select 1 from fan_outs") == []


async def test_a_title_of_tmdb_is_news_the_first_time_only(api: Api, world: World, tmdb: TmdbServer) -> None:
    manager, person = await world.person(Role.MANAGER, await world.corporation()), await world.person()
    await api.data(LIKE, person, id=id_of(await world.content(genres=["드라마"])))
    tmdb.films[550] = film(550)
    for _ in range(3):
        await api.data(IMPORT, manager, input={"tmdbId": 550})
        await world.run("fan out news")
    assert await kinds(api, person) == ["CONTENT_ADDED"]
