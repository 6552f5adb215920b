"""Images of personas: generated, kept, and drawn where nobody generates them: C8 and C9 of FEATURES."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from domain.errors import Unavailable
from tests.api.conftest import Person
from tests.api.media.conftest import Stage, picture
from tests.api.personas.test_personas import MINE, created, deleted
from tests.integrations import ai_server as ai_servers
from tests.integrations.ai_server import PNG, AiServer, Held, ai_server
from tests.integrations.tmdb_server import Gone

GENERATE = """mutation ($name: String! = "Mina", $feature: String, $options: [String!]! = [], $persona: ID) {
  generateImage(input: {name: $name, gender: FEMALE, feature: $feature, options: $options, personaId: $persona}) {
    ... on GeneratedImage { dataUri url fallback image { key contentType sizeBytes status filename } }
    ... on Refusal { code message problems { field } } } }"""
LEFT = "select count(*) from images"


@pytest.fixture
async def ai(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> AsyncIterator[AiServer]:
    """An AI service that the stage's server asks."""
    async with ai_server() as server:
        monkeypatch.setattr(stage.marquee.generator, "_url", f"{server.url}/predict")
        yield server


async def generated(stage: Stage, who: Person, **rest: Any) -> Any:
    return (await stage.api.data(GENERATE, who, **rest))["generateImage"]


async def image_url(stage: Stage, who: Person) -> str | None:
    """Of the person's only persona."""
    (persona,) = (await stage.api.data(MINE, who))["viewer"]["personas"]
    url: str | None = persona["imageUrl"]
    return url


async def test_an_image_is_generated_and_kept(stage: Stage, ai: AiServer) -> None:
    person = await stage.world.person()
    made = await generated(stage, person, name="미나", feature="웃는 얼굴", options=["안경"])
    assert ai.asked == [{"name": "미나", "gender": "여성", "feature": "웃는 얼굴", "options": ["안경"]}]
    assert (made["fallback"], b64decode(made["dataUri"].partition("base64,")[2])) == (False, PNG)
    image = made["image"]
    assert (image["contentType"], image["sizeBytes"], image["status"]) == ("image/png", len(PNG), "READY")
    assert image["filename"] == "미나.png"
    answer = await stage.client.get(made["url"])
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG)
    assert (await stage.client.get((await stage.url(person, image["key"]))["url"])).content == PNG
    assert await stage.url(await stage.world.person(), image["key"]) is None, "it is its person's alone"


async def test_it_becomes_the_image_of_the_persona_and_the_one_before_goes(stage: Stage, ai: AiServer) -> None:
    person = await stage.world.person()
    persona = await created(stage.api, person)
    first = await generated(stage, person, persona=persona["id"])
    assert (await stage.client.get(await image_url(stage, person) or "")).content == PNG
    ai.answers.append(ai_servers.picture("picture.webp"))
    second = await generated(stage, person, persona=persona["id"])
    answer = await stage.client.get(await image_url(stage, person) or "")
    assert (answer.headers["content-type"], answer.content) == ("image/webp", picture("webp"))
    await stage.settle()
    assert await stage.has_gone(first["image"]["key"])
    assert await stage.is_stored(second["image"]["key"])
    await deleted(stage.api, person, persona["id"])
    await stage.settle()
    assert await stage.has_gone(second["image"]["key"])
    assert await stage.world.rows(LEFT) == [(0,)]


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"detail": "broken"}, 500),
        JSONResponse({"ok": False, "error": "no GPU"}),
        JSONResponse({"ok": True, "image": "data:image/png;base64,bm8gcGljdHVyZQ=="}),
        JSONResponse({"ok": True, "image": "data:image/svg+xml;base64,PHN2Zy8+"}),
        HTMLResponse("<h1>Welcome</h1>"),
        Gone(),
    ],
    ids=["500", "not ok", "no image", "a program", "a page", "gone"],
)
async def test_where_no_image_comes_a_drawing_does(stage: Stage, ai: AiServer, answer: Response) -> None:
    person = await stage.world.person()
    persona = await created(stage.api, person)
    await generated(stage, person, persona=persona["id"])
    before = await image_url(stage, person)
    ai.answers.append(answer)
    made = await generated(stage, person, persona=persona["id"])
    assert (made["fallback"], made["url"], made["image"]) == (True, None, None)
    assert drawn(made).tag.endswith("svg")
    assert before is not None
    assert await image_url(stage, person) is not None, "the persona keeps the image it has"
    assert await stage.world.rows(LEFT) == [(1,)]


async def test_without_a_service_it_is_drawn_from_what_was_given_and_nothing_of_that_is_markup(embedded: Stage) -> None:
    person = await embedded.world.person()
    hostile = '</text><script>alert(1)</script>" onload="x'
    made = await generated(embedded, person, name="Mina & <b>", feature=hostile, options=[hostile[:90], "hat"])
    assert made["fallback"] is True
    root = drawn(made)
    assert {element.tag.partition("}")[2] for element in root.iter()}.isdisjoint({"script", "a", "image", "style"})
    assert "Mina & <b>" in "".join(root.itertext())
    assert made == await generated(embedded, person, name="Mina & <b>", feature=hostile, options=[hostile[:90], "hat"])
    assert made["dataUri"] != (await generated(embedded, person, name="Somebody else"))["dataUri"]
    assert await embedded.world.rows(LEFT) == [(0,)]


async def test_one_is_generated_at_a_time_for_a_person_and_others_do_not_wait(stage: Stage, ai: AiServer) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    held = Held()
    ai.answers.append(held)
    first = asyncio.create_task(generated(stage, person))
    await held.begun.wait()
    refused = await asyncio.gather(*(generated(stage, person) for _ in range(5)))
    assert [one["code"] for one in refused] == ["CONFLICT"] * 5
    assert "at a time" in refused[0]["message"]
    assert (await generated(stage, other))["fallback"] is False
    held.released.set()
    assert (await first)["fallback"] is False
    assert len(ai.asked) == 2
    assert (await generated(stage, person))["fallback"] is False


async def test_who_died_holding_the_turn_gives_it_back_by_the_clock(stage: Stage, ai: AiServer) -> None:
    person = await stage.world.person()
    name = f"image for {person.user.id}"
    await stage.world.rows("insert into leases (name, holder, until) values ($1, 'dead', now() + interval '1 h')", name)
    assert (await generated(stage, person))["code"] == "CONFLICT"
    await stage.world.rows("update leases set until = now()")
    assert (await generated(stage, person))["fallback"] is False
    assert await stage.world.rows("select 1 from leases") == []


async def test_a_persona_that_is_deleted_meanwhile_leaves_nothing(stage: Stage, ai: AiServer) -> None:
    person = await stage.world.person()
    persona = await created(stage.api, person)
    held = Held()
    ai.answers.append(held)
    made = asyncio.create_task(generated(stage, person, persona=persona["id"]))
    await held.begun.wait()
    await deleted(stage.api, person, persona["id"])
    held.released.set()
    assert (await made)["code"] == "NOT_FOUND"
    ((key,),) = await stage.world.rows("select subject from outbox where topic = 'objects'")
    await stage.world.rows("update outbox set due_at = due_at - interval '1 hour'")
    await stage.settle()
    assert await stage.has_gone(key)
    assert await stage.world.rows(LEFT) == [(0,)]


async def test_what_cannot_be_generated_is_refused_before_anybody_is_asked(stage: Stage, ai: AiServer) -> None:
    person, other = await stage.world.person(), await stage.world.person()
    persona = await created(stage.api, other)
    assert (await generated(stage, person, persona=persona["id"]))["code"] == "NOT_FOUND"
    assert (await generated(stage, person, persona="nonsense"))["code"] == "NOT_FOUND"
    refused = await generated(stage, person, name=" ", feature="x" * 2001, options=["a"] * 21)
    fields = [problem["field"] for problem in refused["problems"]]
    assert fields == [["input", "name"], ["input", "feature"], ["input", "options"]]
    assert (await stage.api.ask(GENERATE, None)).codes == ["UNAUTHENTICATED"]
    assert ai.asked == []


async def test_without_a_store_it_is_told_so_and_can_be_tried_again(
    embedded: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, store = await embedded.world.person(), embedded.marquee.objects

    async def down(key: str, data: bytes) -> None:
        raise Unavailable("The object store cannot be reached just now.")

    async with ai_server() as server:
        monkeypatch.setattr(embedded.marquee.generator, "_url", f"{server.url}/predict")
        with monkeypatch.context() as patch:
            patch.setattr(store, "put", down)
            assert (await embedded.api.ask(GENERATE, person)).codes == ["UNAVAILABLE"]
        assert (await generated(embedded, person))["fallback"] is False
    await embedded.world.rows("update outbox set due_at = due_at - interval '1 hour'")
    await embedded.settle()
    ((key,),) = await embedded.world.rows("select key from images")
    assert await embedded.is_stored(key)
    assert await embedded.world.rows("select 1 from outbox") == [], "what was to be stored first is looked after"


async def test_an_image_that_no_persona_has_is_kept_for_a_day(stage: Stage, ai: AiServer) -> None:
    person = await stage.world.person()
    persona = await created(stage.api, person)
    made = [await generated(stage, person, persona=wanted) for wanted in (persona["id"], None, None)]
    keys = [one["image"]["key"] for one in made]
    await stage.world.rows("update images set created_at = now() - interval '25 hours' where key <> $1", keys[2])
    await stage.world.run("sweep", "sweep uploads")
    await stage.settle()
    assert [await stage.is_stored(key) for key in keys] == [True, False, True]
    assert (await stage.client.get(await image_url(stage, person) or "")).status_code == 200
    assert await stage.world.rows("select 1 from notifications") == [], "nobody announced anything"


def drawn(made: dict[str, Any]) -> ElementTree.Element:
    """The drawing of an answer, which must be well-formed."""
    head, _, data = made["dataUri"].partition(",")
    assert head.startswith("data:image/svg+xml")
    return ElementTree.fromstring(b64decode(data).decode() if "base64" in head else unquote(data))  # noqa: S314
