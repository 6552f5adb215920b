"""The AI service's one door, spoken with a server on loopback; and whatever else may stand behind it."""

import asyncio
import threading
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from structlog.testing import capture_logs

from domain.errors import Refusal, RefusalCode
from domain.generated_images import Description, ImageGenerator, Picture
from domain.image_types import ENDINGS, type_of
from domain.uploads import MOST_BYTES
from domain.users import Gender
from integrations import ai_images
from integrations.ai_images import AiImages
from tests.integrations.ai_server import PICTURES, PNG, AiServer, Held, ai_server, data_uri, image, picture
from tests.integrations.tmdb_server import Dripping, Gone, Silence

MARK = "secret-of-the-answer"
WANTED = Description("김하늘", Gender.FEMALE, "밤하늘을 좋아하는 사진가", ["안경", "단발"])
Lines = list[Any]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[AiServer]:
    async with ai_server() as ai:
        yield ai


@pytest.fixture
async def ai(server: AiServer) -> AiServer:
    server.forget()
    return server


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """It gives up at once and follows redirects: how long is waited for an image, and where, AiImages says."""
    async with httpx2.AsyncClient(timeout=0, follow_redirects=True) as client:
        yield client


@pytest.fixture
def images(ai: AiServer, client: httpx2.AsyncClient) -> ImageGenerator:
    return AiImages(client=client, url=ai.url)


@pytest.fixture(autouse=True)
def lines() -> Iterator[Lines]:
    """The log. Whatever a test does, nothing of the answer is in it, and no line is long."""
    with capture_logs() as lines:
        yield lines
    assert MARK not in repr(lines)
    assert all(len(repr(line)) < 600 for line in lines)


async def refusal(call: Awaitable[Any], code: RefusalCode = RefusalCode.UPSTREAM_FAILED) -> str:
    """What the refusal says. Nothing of the answer is in it or in the traceback."""
    with pytest.raises(Refusal) as caught:
        await call
    assert MARK not in "".join(traceback.format_exception(caught.value))
    assert caught.value.refused.code is code
    return caught.value.refused.message


async def test_an_image_is_asked_for_as_documented(ai: AiServer, images: ImageGenerator, lines: Lines) -> None:
    assert await images.generate(WANTED) == Picture("image/png", PNG)
    assert await images.generate(Description("Bob", Gender.MALE, None, ())) == Picture("image/png", PNG)
    described = {"name": "김하늘", "gender": "여성", "feature": "밤하늘을 좋아하는 사진가", "options": ["안경", "단발"]}
    assert ai.asked == [described, {"name": "Bob", "gender": "남성", "options": []}]
    assert {headers["content-type"] for headers in ai.headers} == {"application/json"}
    assert {headers["connection"] for headers in ai.headers} == {"close"}, "none is asked of a connection that idled"
    assert lines == []


async def test_without_an_address_nobody_is_asked(ai: AiServer, client: httpx2.AsyncClient) -> None:
    for nothing in (None, ""):
        message = await refusal(AiImages(client=client, url=nothing).generate(WANTED), RefusalCode.NOT_CONFIGURED)
        assert "AI_SERVICE_URL" in message
    assert ai.asked == []


@pytest.mark.parametrize("content_type", ENDINGS)
async def test_an_image_is_what_its_bytes_are(ai: AiServer, images: ImageGenerator, content_type: str) -> None:
    name = f"picture{ENDINGS[content_type][0]}"
    data = (PICTURES / name).read_bytes()
    ai.answers.extend(
        [picture(name), image(data, "image/svg+xml"), image(data, "text/html;charset=utf-8"), image(data, "")]
    )
    for _ in range(4):
        assert await images.generate(WANTED) == Picture(content_type, data)


# Its base64 has all the signs that addresses escape.
ODD = PNG[:-12] + b"\xfb\xff\xfe\xfb\xef\xbe" * 3 + b"\0" + PNG[-12:]
URI, BASE64 = data_uri(ODD), b64encode(ODD).decode()
IN_LINES = "\r\n".join(BASE64[start : start + 76] for start in range(0, len(BASE64), 76))
ESCAPED = BASE64.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")
FORMS: dict[str, Callable[[], Response]] = {
    "without ok": lambda: JSONResponse({"image": URI}),
    "under another key": lambda: JSONResponse({"ok": True, "url": "https://ai.example/1", "result": URI}),
    "beside another": lambda: JSONResponse({"mask": data_uri(b"GIF89a"), "image": URI}),
    "one level deeper": lambda: JSONResponse({"ok": True, "data": {"model": "m", "image": URI}}),
    "in a list": lambda: JSONResponse({"ok": True, "image": None, "images": [URI, data_uri(b"GIF89a")]}),
    "a bare string": lambda: JSONResponse(URI),
    "plain text": lambda: PlainTextResponse(f"\n{URI}\n"),
    "of no type": lambda: Response(URI),
    "in lines": lambda: JSONResponse({"image": f"data:image/png;base64,\n{IN_LINES}\n"}),
    "escaped": lambda: JSONResponse({"image": f"DATA:image/png;charset=utf-8;BASE64,{ESCAPED}"}),
    "without padding": lambda: JSONResponse({"image": URI.rstrip("=")}),
}


@pytest.mark.parametrize("form", FORMS)
async def test_an_image_is_found_wherever_it_stands(ai: AiServer, images: ImageGenerator, form: str) -> None:
    assert {*"+/="} <= {*BASE64}
    ai.answers.append(FORMS[form]())
    assert await images.generate(WANTED) == Picture("image/png", ODD)


def with_uri(uri: object) -> Callable[[], Response]:
    return lambda: JSONResponse({"ok": True, "image": uri})


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
UNREADABLE, NO_IMAGE = "gave an answer that cannot be read", "answered without an image"
NO_BASE64, NO_PICTURE = "answered with base64 that is none", "answered with something that is no image"
NONSENSE: dict[str, tuple[Callable[[], Response], str]] = {
    "not ok": (lambda: JSONResponse({"ok": False, "error": MARK, "image": data_uri()}), "says that it made no image"),
    "ok of nothing": (lambda: JSONResponse({"ok": None, "image": data_uri()}), "says that it made no image"),
    "nothing": (Response, UNREADABLE),
    "a page": (lambda: HTMLResponse(f"<h1>{MARK}</h1>"), UNREADABLE),
    "half an answer": (lambda: Response(bytes(image().body)[:-1] + MARK.encode()), UNREADABLE),
    "half an image": (lambda: Response(b'{"ok":true,"image":"' + data_uri()[:-9].encode()), UNREADABLE),
    "no UTF-8": (lambda: Response(b'{"image": "\xff\xfe"}'), UNREADABLE),
    "too deep": (lambda: Response(b"[" * 9_000), UNREADABLE),
    "too long a number": (lambda: Response(b"9" * 100_000), UNREADABLE),
    "half a character": (lambda: Response(rb'{"image": "data:image/png;base64,\ud800"}'), UNREADABLE),
    "millions of lists": (lambda: Response(b"[" + b"[]," * 4_000_000 + b"[]]"), "gave an answer of too many parts"),
    "null": (lambda: JSONResponse(None), NO_IMAGE),
    "a number": (lambda: JSONResponse(5), NO_IMAGE),
    "an empty object": (lambda: JSONResponse({}), NO_IMAGE),
    "other types": (lambda: JSONResponse({"ok": True, "image": {"png": 5}, "images": [None, 1, True]}), NO_IMAGE),
    "two levels deeper": (lambda: JSONResponse({"a": {"b": {"image": data_uri()}}}), NO_IMAGE),
    "an address": (with_uri(f"https://ai.example/{MARK}.png"), NO_IMAGE),
    "base64 of nothing": (with_uri(BASE64), NO_IMAGE),
    "not base64": (with_uri(f"data:image/png,{MARK}"), NO_IMAGE),
    "a long type": (with_uri(f"data:{'x' * 201};base64,{BASE64}"), NO_IMAGE),
    "for addresses": (with_uri(f"data:image/png;base64,{urlsafe_b64encode(ODD).decode()}"), NO_BASE64),
    "other signs": (with_uri(f"data:image/png;base64,{BASE64[:40]}<{MARK}>{BASE64[40:]}"), NO_BASE64),
    "behind the end": (with_uri(f"data:image/png;base64,{BASE64}{BASE64}"), NO_BASE64),
    "one sign too many": (with_uri(f"data:image/png;base64,{BASE64[:41]}"), NO_BASE64),
    "escaped otherwise": (with_uri(f"data:image/png;base64,%69{BASE64[1:]}"), NO_BASE64),
    "no bytes": (with_uri("data:image/png;base64,"), NO_PICTURE),
    "a program": (lambda: image(SVG, "image/svg+xml"), NO_PICTURE),
    "a program that says PNG": (lambda: image(SVG), NO_PICTURE),
    "a text": (lambda: image(MARK.encode()), NO_PICTURE),
    "a beginning": (lambda: image(PNG[:12]), NO_PICTURE),
    "plain text of a text": (lambda: PlainTextResponse(data_uri(MARK.encode())), NO_PICTURE),
    "plain text that is none": (lambda: PlainTextResponse(f"data:{MARK}"), NO_IMAGE),
    "other characters": (lambda: PlainTextResponse(f"data:image/png;base64,{BASE64}é"), NO_BASE64),
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_nonsense_is_an_upstream_that_failed(
    ai: AiServer, images: ImageGenerator, lines: Lines, kind: str
) -> None:
    answer, reason = NONSENSE[kind]
    ai.answers.append(answer())
    assert await refusal(images.generate(WANTED)) == f"The AI service {reason}."
    (line,) = lines
    assert (line["event"], line["log_level"], line["reason"]) == ("stranger_failed", "warning", reason)
    assert len(ai.asked) == 1


async def test_an_image_is_at_most_as_large_as_an_upload(ai: AiServer, images: ImageGenerator) -> None:
    largest = PNG[:-12].ljust(MOST_BYTES - 12, b"\0") + PNG[-12:]
    ai.answers.extend([image(largest), image(largest + b"\0"), image(largest + bytes(2 * 1024 * 1024))])
    assert await images.generate(WANTED) == Picture("image/png", largest)
    assert await refusal(images.generate(WANTED)) == "The AI service answered with an image that is too large."
    assert await refusal(images.generate(WANTED)) == "The AI service answers too much."


FAULTS: dict[str, tuple[Callable[[], Response], str]] = {
    "500": (lambda: JSONResponse({"detail": MARK}, 500), "is out of order just now (500)"),
    "503": (lambda: HTMLResponse(MARK, 503, {"retry-after": "1"}), "is out of order just now (503)"),
    "429": (lambda: Response(status_code=429, headers={"retry-after": "1"}), "is asked too often; try again in 1 s"),
    "400": (lambda: PlainTextResponse(data_uri(), 400), "refuses the question (400)"),
    "404": (lambda: HTMLResponse("," * 20_000, 404), "refuses the question (404)"),
    "a redirect": (lambda: RedirectResponse("/predict"), "refuses the question (307)"),
    "broken off": (Gone, "cannot be reached (RemoteProtocolError)"),
    "not gzip": (
        lambda: Response(b"rubbish", headers={"content-encoding": "gzip"}),
        "cannot be reached (DecodingError)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_image_that_may_have_been_begun_is_not_asked_for_again(
    ai: AiServer, images: ImageGenerator, lines: Lines, fault: str
) -> None:
    answer, reason = FAULTS[fault]
    ai.answers.append(answer())
    assert await refusal(images.generate(WANTED)) == f"The AI service {reason}."
    assert [line["event"] for line in lines] == ["stranger_failed"]
    assert len(ai.asked) == 1


async def test_what_the_service_cannot_read_it_refuses(ai: AiServer, images: ImageGenerator) -> None:
    names = [replace(WANTED, name=name) for name in ("", "x" * 101, "\ud800")]
    for wanted in (*names, replace(WANTED, feature="x" * 2001)):
        assert await refusal(images.generate(wanted)) == "The AI service refuses the question (422)."
    assert ai.asked == []


class Unreachable(httpx2.AsyncHTTPTransport):
    """So many connections cannot be made."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.times -= 1
        if self.times >= 0:
            raise httpx2.ConnectError(MARK)
        return await super().handle_async_request(request)


async def test_a_connection_that_was_never_made_is_tried_again(ai: AiServer, lines: Lines) -> None:
    async with httpx2.AsyncClient(transport=Unreachable(times=2)) as client:
        assert await AiImages(client=client, url=f"{ai.url}/").generate(WANTED) == Picture("image/png", PNG)
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled"] * 2
    assert len(ai.asked) == 1
    async with httpx2.AsyncClient() as client:
        message = await refusal(AiImages(client=client, url="http://127.0.0.1:1").generate(WANTED))
    assert message == "The AI service cannot be reached (ConnectError)."


async def test_an_image_may_take_longer_than_other_answers(ai: AiServer, images: ImageGenerator) -> None:
    held = Held(picture("picture.webp"))
    ai.answers.append(held)
    generation = asyncio.create_task(images.generate(WANTED))
    await held.begun.wait()
    assert not generation.done()
    held.released.set()
    assert (await generation).content_type == "image/webp"


async def test_whoever_leaves_hangs_up(ai: AiServer, images: ImageGenerator) -> None:
    held = Held()
    ai.answers.append(held)
    generation = asyncio.create_task(images.generate(WANTED))
    await held.begun.wait()
    generation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await generation
    await held.left.wait()


async def test_nobody_waits_longer_than_ten_seconds(ai: AiServer, images: ImageGenerator) -> None:
    ai.answers.extend([Silence(), Dripping()])
    async with asyncio.timeout(10):
        messages = await asyncio.gather(*(refusal(images.generate(WANTED)) for _ in range(2)))
    assert set(messages) == {"The AI service takes too long to answer."}


async def test_who_is_always_silent_is_left_alone(
    ai: AiServer, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ai_images, "_TRY_SECONDS", 0.05)
    images = AiImages(client=client, url=ai.url)
    ai.answers.extend(Silence() for _ in range(11))
    messages = [await refusal(images.generate(WANTED)) for _ in range(11)]
    assert set(messages[:10]) == {"The AI service takes too long to answer."}
    assert "left alone" in messages[10]


async def test_megabytes_are_judged_beside_the_event_loop(
    images: ImageGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    judges: list[threading.Thread] = []

    def judge(first: bytes) -> str | None:
        judges.append(threading.current_thread())
        return type_of(first)

    monkeypatch.setattr(ai_images, "type_of", judge)
    await images.generate(WANTED)
    (thread,) = judges
    assert thread is not threading.current_thread()
