"""Pictures on their way into the store: E4 to E6, E9 of FEATURES, U1 and U2 of GUARD."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.users import Role
from tests.api.issuer import application, settings_like
from tests.api.media.conftest import COMPLETE, CREATE, TYPES, Stage, announced, picture

MOST = 10 * 1024 * 1024


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "avif"])
async def test_a_picture_goes_straight_to_the_store_and_is_ready_when_it_was_looked_at(
    stage: Stage, ending: str
) -> None:
    person = await stage.world.person()
    ticket = await stage.ticket(person, ending)
    image = ticket["image"]
    assert (image["status"], image["contentType"], image["sizeBytes"]) == (
        "PENDING",
        TYPES[ending],
        len(picture(ending)),
    )
    assert (ticket["method"], ticket["fields"]) == ("PUT", [])
    left = datetime.fromisoformat(ticket["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert (await stage.send(ticket, picture(ending))).status_code == 200
    assert await stage.complete(person, image["id"]) == {"id": image["id"], "key": image["key"], "status": "READY"}
    assert await stage.complete(person, image["id"]) == {"id": image["id"], "key": image["key"], "status": "READY"}
    shown = await stage.client.get((await stage.url(person, image["key"]))["url"])
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, picture(ending), TYPES[ending])


async def test_keys_are_random_and_ours_and_no_address_is_kept(stage: Stage) -> None:
    person = await stage.world.person()
    tickets = [await stage.ticket(person, filename="../../etc/Holiday.PNG") for _ in range(3)]
    keys = {ticket["image"]["key"] for ticket in tickets}
    assert len(keys) == 3
    assert all(key.startswith("images/") and key.endswith(".png") and "oliday" not in key for key in keys)
    for row in await stage.world.rows("select * from images"):
        assert "://" not in str(row)
        assert "ignature" not in str(row)


WRONG: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"sizeBytes": MOST + 1}, "FILE_TOO_LARGE", ["input", "sizeBytes"]),
    ({"sizeBytes": 2**31 - 1}, "FILE_TOO_LARGE", ["input", "sizeBytes"]),
    ({"sizeBytes": 0}, "VALIDATION_FAILED", ["input", "sizeBytes"]),
    ({"sizeBytes": -5}, "VALIDATION_FAILED", ["input", "sizeBytes"]),
    ({"filename": ""}, "VALIDATION_FAILED", ["input", "filename"]),
    ({"filename": "a\0.png"}, "VALIDATION_FAILED", ["input", "filename"]),
    ({"filename": "a\n.png"}, "VALIDATION_FAILED", ["input", "filename"]),
    ({"filename": "x" * 252 + ".png"}, "VALIDATION_FAILED", ["input", "filename"]),
    ({"filename": "a.jpg"}, "UNSUPPORTED_FILE_TYPE", ["input", "filename"]),
    ({"filename": "png"}, "UNSUPPORTED_FILE_TYPE", ["input", "filename"]),
    ({"filename": "a.png.html"}, "UNSUPPORTED_FILE_TYPE", ["input", "filename"]),
    ({"filename": "a.svg", "contentType": "image/svg+xml"}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
    ({"filename": "a.html", "contentType": "text/html"}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
    ({"filename": "a.gif", "contentType": "image/gif"}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
    ({"contentType": "image/png; charset=utf-8"}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
    ({"contentType": "image/png\r\nx: y"}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
    ({"contentType": ""}, "UNSUPPORTED_FILE_TYPE", ["input", "contentType"]),
]


@pytest.mark.parametrize(("wrong", "code", "field"), WRONG, ids=lambda value: str(value)[:40])
async def test_what_is_not_taken_is_refused_and_leaves_no_trace(
    stage: Stage, wrong: dict[str, Any], code: str, field: list[str]
) -> None:
    person = await stage.world.person()
    refused = (await stage.api.data(CREATE, person, **(announced() | wrong)))["createImageUpload"]
    assert (refused["code"], [problem["field"] for problem in refused["problems"]]) == (code, [field])
    assert await stage.world.rows("select 1 from images") == []


@pytest.mark.parametrize("taken", [{"filename": "사진 1+1%.JPEG", "contentType": "IMAGE/JPEG"}, {"sizeBytes": MOST}])
async def test_what_is_written_otherwise_but_means_the_same_is_taken(stage: Stage, taken: dict[str, Any]) -> None:
    ticket = await stage.ticket(await stage.world.person(), "jpg", **taken)
    assert ticket["image"]["contentType"] == "image/jpeg"


async def test_nobody_in_particular_uploads_nothing(stage: Stage) -> None:
    assert (await stage.api.ask(CREATE, None, **announced())).codes == ["UNAUTHENTICATED"]


async def test_gif_is_taken_where_settings_say_so(embedded: Stage) -> None:
    person = await embedded.world.person()
    async with application(settings_like(embedded.marquee, gif_uploads=True)) as (marquee, api):
        taking = Stage(marquee, api, embedded.world, api.client)
        assert (await taking.image(person, "gif"))["contentType"] == "image/gif"


async def test_what_has_not_arrived_is_not_complete(stage: Stage) -> None:
    person = await stage.world.person()
    ticket = await stage.ticket(person)
    assert (await stage.complete(person, ticket["image"]["id"]))["code"] == "UPLOAD_INCOMPLETE"
    assert await stage.url(person, ticket["image"]["key"]) is None
    assert (await stage.send(ticket, picture())).status_code == 200
    assert await stage.url(person, ticket["image"]["key"]) is None, "before it was looked at"
    assert (await stage.complete(person, ticket["image"]["id"]))["status"] == "READY"


DISGUISED = {
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "another picture": picture("jpg"),
    "nothing but zeros": bytes(100),
    "one byte": b"\x89",
    "HTML behind white space": b"\n\n <html>" + bytes(100),
    "half a signature": picture()[:12] + b"<html>",
}


@pytest.mark.parametrize("kind", DISGUISED)
async def test_what_only_calls_itself_a_picture_never_becomes_one(stage: Stage, kind: str) -> None:
    person, data = await stage.world.person(), DISGUISED[kind]
    ticket = await stage.ticket(person, sizeBytes=len(data))
    assert (await stage.send(ticket, data)).status_code == 200
    for _ in range(2):
        assert (await stage.complete(person, ticket["image"]["id"]))["code"] == "UNSUPPORTED_FILE_TYPE"
    assert await stage.url(person, ticket["image"]["key"]) is None
    assert await stage.world.rows("select status::text from images") == [("PENDING",)]


async def test_only_the_owner_completes(stage: Stage) -> None:
    person, other, admin = [await stage.world.person(role) for role in (Role.MEMBER, Role.MEMBER, Role.ADMIN)]
    ticket = await stage.ticket(person)
    await stage.send(ticket, picture())
    for somebody in (other, admin):
        assert (await stage.complete(somebody, ticket["image"]["id"]))["code"] == "NOT_FOUND"
    assert (await stage.complete(person, other.id))["code"] == "NOT_FOUND"
    assert await stage.world.rows("select status::text from images") == [("PENDING",)]
    assert (await stage.complete(person, ticket["image"]["id"]))["status"] == "READY"


async def test_completed_many_times_at_once_it_is_completed(stage: Stage) -> None:
    person = await stage.world.person()
    ticket = await stage.ticket(person)
    await stage.send(ticket, picture())
    answers = await asyncio.gather(*(stage.complete(person, ticket["image"]["id"]) for _ in range(10)))
    assert {answer["status"] for answer in answers} == {"READY"}


async def test_what_was_looked_at_is_not_replaced(stage: Stage) -> None:
    person = await stage.world.person()
    ticket = await stage.ticket(person)
    assert (await stage.send(ticket, picture())).status_code == 200
    image = await stage.complete(person, ticket["image"]["id"])
    assert (await stage.send(ticket, b"<html>".ljust(len(picture())))).status_code == 200
    assert (await stage.complete(person, ticket["image"]["id"]))["status"] == "READY"
    url = (await stage.url(person, image["key"]))["url"]
    assert (await stage.client.get(url)).content == picture()
    await stage.settle()
    await stage.world.rows("update outbox set due_at = now()")
    await stage.settle()
    assert not await stage.has_arrived(image["key"]), "what nobody looks at does not stay"
    assert (await stage.client.get(url)).content == picture()


async def test_what_was_wrong_can_be_sent_anew(stage: Stage) -> None:
    person = await stage.world.person()
    ticket = await stage.ticket(person)
    await stage.send(ticket, b"<html>".ljust(len(picture())))
    assert (await stage.complete(person, ticket["image"]["id"]))["code"] == "UNSUPPORTED_FILE_TYPE"
    await stage.send(ticket, picture())
    assert (await stage.complete(person, ticket["image"]["id"]))["status"] == "READY"


async def test_what_is_replaced_while_it_is_looked_at_is_not_taken(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, copy = await stage.world.person(), stage.marquee.objects.copy
    ticket = await stage.ticket(person)
    await stage.send(ticket, picture())

    async def too_late(stored: Any, key: str) -> None:
        await copy(stored, key)
        assert (await stage.send(ticket, b"<html>".ljust(len(picture())))).status_code == 200

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(stage.marquee.objects, "copy", too_late)
        assert (await stage.complete(person, ticket["image"]["id"]))["code"] == "UPLOAD_INCOMPLETE"
    assert await stage.url(person, ticket["image"]["key"]) is None
    assert (await stage.complete(person, ticket["image"]["id"]))["code"] == "UNSUPPORTED_FILE_TYPE"


async def test_however_bytes_and_completions_race_only_what_was_looked_at_is_shown(stage: Stage) -> None:
    person, evil = await stage.world.person(), b"<html>".ljust(len(picture()))
    for _ in range(15):
        ticket = await stage.ticket(person)
        await stage.send(ticket, picture())
        racing: list[Any] = [stage.api.ask(COMPLETE, person, id=ticket["image"]["id"]) for _ in range(3)]
        await asyncio.gather(*racing, stage.send(ticket, picture()), stage.send(ticket, evil))
        if url := await stage.url(person, ticket["image"]["key"]):
            assert (await stage.client.get(url["url"])).content == picture()
