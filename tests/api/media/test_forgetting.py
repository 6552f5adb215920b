"""What is never completed, and bytes that nothing speaks of: E10 of FEATURES."""

import asyncio
from typing import Any

import pytest

from domain.errors import Unavailable
from tests.api.media.conftest import Stage, announced, picture
from tests.api.media.test_posts import deleted


async def test_what_was_never_completed_goes_after_a_day_row_and_bytes(stage: Stage) -> None:
    person = await stage.world.person()
    old, young, ready = await stage.ticket(person), await stage.ticket(person), await stage.image(person)
    posted = (await stage.post(person, "Stays", announced()))["upload"]
    for ticket in (old, young, posted):
        assert (await stage.send(ticket, picture())).status_code == 200
    await stage.world.rows(
        "update images set created_at = now() - interval '25 hours' where key = any($1)",
        [old["image"]["key"], posted["image"]["key"], ready["key"]],
    )
    await stage.world.run("sweep uploads")
    await stage.settle()
    assert [await stage.has_gone(one["image"]["key"]) for one in (old, young, posted)] == [True, False, True]
    assert await stage.is_stored(ready["key"])
    assert len(await stage.world.rows("select 1 from images")) == 2
    assert await stage.world.rows("select body, image_id from posts") == [("Stays", None)]
    assert (await stage.complete(person, old["image"]["id"]))["code"] == "NOT_FOUND"
    assert (await stage.complete(person, young["image"]["id"]))["status"] == "READY"


async def test_the_sweep_goes_through_more_than_it_takes_at_once(stage: Stage) -> None:
    person = await stage.world.person()
    await stage.world.rows(
        "insert into images (owner_id, key, filename, content_type, size_bytes, created_at)"
        " select $1, 'images/' || n || '.png', 'a.png', 'image/png', 1, now() - interval '2 days'"
        " from generate_series(1, 2500) n",
        person.user.id,
    )
    await asyncio.gather(*(stage.world.run("sweep uploads") for _ in range(2)))
    assert await stage.world.rows("select 1 from images") == []
    assert await stage.world.rows("select count(distinct subject) from outbox where topic = 'objects'") == [(5000,)]


@pytest.mark.parametrize("ready", [False, True])
async def test_bytes_that_may_yet_arrive_are_taken_away_when_they_cannot_any_more(stage: Stage, ready: bool) -> None:
    person = await stage.world.person()
    made = await (stage.post_with_picture(person) if ready else stage.post(person, image=announced()))
    assert await deleted(stage, person, made["post"]["id"]) == {"id": made["post"]["id"]}
    await stage.settle()
    assert (await stage.send(made["upload"], picture())).status_code == 200, "its address is still open"
    await stage.settle()
    assert await stage.has_arrived(made["upload"]["image"]["key"])
    await stage.world.rows("update outbox set due_at = due_at - interval '1 day'")
    await stage.settle()
    assert await stage.has_gone(made["upload"]["image"]["key"])
    assert await stage.world.rows("select 1 from outbox") == []


async def test_bytes_go_as_soon_as_the_store_is_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await stage.world.person()
    made = await stage.post_with_picture(person)

    async def down(_keys: Any) -> None:
        raise Unavailable("The object store cannot be reached.")

    with monkeypatch.context() as without:
        without.setattr(stage.marquee.objects, "delete", down)
        assert await deleted(stage, person, made["post"]["id"]) == {"id": made["post"]["id"]}
        await stage.settle()
    key = made["upload"]["image"]["key"]
    assert await stage.is_stored(key)
    await stage.settle()
    assert not await stage.is_stored(key)


async def test_what_a_rolled_back_transaction_took_stays(stage: Stage) -> None:
    image = await stage.image(await stage.world.person())

    async def fail() -> None:
        async with stage.marquee.database.writing() as transaction:
            await transaction.execute("delete from images")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await stage.settle()
    assert await stage.is_stored(image["key"])


async def test_the_sweep_and_a_completion_at_the_same_moment_agree(stage: Stage) -> None:
    person = await stage.world.person()
    tickets = [await stage.ticket(person) for _ in range(8)]
    for ticket in tickets:
        await stage.send(ticket, picture())
    await stage.world.rows("update images set created_at = now() - interval '25 hours'")
    *answers, _ = await asyncio.gather(
        *(stage.complete(person, ticket["image"]["id"]) for ticket in tickets), stage.world.run("sweep uploads")
    )
    await stage.settle()
    for ticket, answer in zip(tickets, answers, strict=True):
        is_ready = answer.get("status") == "READY"
        assert is_ready or answer["code"] in {"NOT_FOUND", "UPLOAD_INCOMPLETE"}
        assert await stage.is_stored(ticket["image"]["key"]) == is_ready
        assert (await stage.url(person, ticket["image"]["key"]) is not None) == is_ready


async def test_a_key_that_the_store_keeps_is_set_aside_and_holds_up_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = [await stage.image(await stage.world.person()) for _ in range(2)]
    delete = stage.marquee.objects.delete

    async def locked(keys: Any) -> Any:
        await delete([key for key in keys if key != kept["key"]])
        return {key: "ObjectLocked" for key in keys if key == kept["key"]}

    monkeypatch.setattr(stage.marquee.objects, "delete", locked)
    await stage.world.rows("update images set created_at = now() - interval '2 days'")
    await stage.world.rows("delete from images")
    await stage.world.rows("delete from outbox where due_at > now()")
    for _ in range(3):
        await stage.settle()
        await stage.world.rows("update outbox set due_at = now()")
    assert not await stage.is_stored(gone["key"])
    assert await stage.world.rows("select subject, refusal from outbox") == [(kept["key"], "ObjectLocked")]
