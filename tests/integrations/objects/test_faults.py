"""A store that is down, slow, broken or hostile: every question ends in time, and the next one may be answered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from domain.errors import Unavailable, UpstreamSilent
from domain.media import StoredObject
from integrations.s3 import S3Store
from tests.integrations.objects.conftest import everything, s3_store
from tests.integrations.objects.faulty import (
    ETAG,
    SIZE,
    Fault,
    FaultyServer,
    answer,
    cut,
    drip,
    half,
    hang_up,
    refusal,
    reset,
    says,
    silence,
)
from tests.integrations.objects.servers import BUCKET, KEY_ID, SECRET

FILE = StoredObject("a.mp4", SIZE, "video/mp4", datetime(2026, 11, 21, 10, tzinfo=UTC), ETAG)
QUESTIONS: dict[str, Callable[[S3Store], Awaitable[object]]] = {
    "head": lambda store: store.head("a.mp4"),
    "read": lambda store: everything(store, FILE),
    "put": lambda store: store.put("a.mp4", b"0" * 100),
    "delete": lambda store: store.delete(["a.mp4"]),
    "list": lambda store: store.list("", "", 10),
    "check": lambda store: store.check(),
}
SILENT: dict[str, Fault] = {"silence": silence, "half an answer": half, "drip": drip}
BROKEN: dict[str, Fault] = {
    "hangs up": hang_up,
    "reset": reset,
    "cut short": cut,
    "500": refusal("500 Internal Server Error", "InternalError"),
    "503": refusal("503 Service Unavailable", "SlowDown"),
    "403": refusal("403 Forbidden", "AccessDenied"),
    "a code that is a story": refusal("400 Bad Request", f"{SECRET} {BUCKET}"),
    "no HTTP": says(b"220 mail.example.com ESMTP\r\n\r\n"),
}
RUBBISH: dict[str, bytes] = {
    "no XML": answer("200 OK", "<html><p>Please sign in to the Wi-Fi<br></html>"),
    "other XML": answer(
        "200 OK", "<ListBucketResult><Contents><Size>-</Size><Key>a</Key></Contents></ListBucketResult>"
    ),
    "no time": answer(
        "200 OK",
        "<ListBucketResult><Contents><Key>a</Key><LastModified>soon</LastModified><Size>1</Size></Contents>"
        "</ListBucketResult>",
    ),
    "nothing but a key": answer("200 OK", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"),
}


@pytest.fixture
async def faulty() -> AsyncIterator[FaultyServer]:
    async with FaultyServer().running() as server:
        yield server


@pytest.fixture
async def patient(faulty: FaultyServer) -> AsyncIterator[S3Store]:
    """As a server has it."""
    async with s3_store(faulty.url) as store:
        yield store


@pytest.fixture
def impatient(patient: S3Store) -> S3Store:
    """The same, with the same client, for those who would have to wait."""
    return S3Store(patient._client, BUCKET, patience_seconds=0.4, stream_patience_seconds=0.4)


async def failing(question: Awaitable[object], port: int) -> Unavailable:
    """What is raised, in time; neither it nor the log says more than it should."""
    with capture_logs() as log:
        async with asyncio.timeout(20):
            with pytest.raises(Unavailable) as raised:
                await question
    said = f"{raised.value.message} {raised.value.details} {log}"
    assert [(line["event"], line["log_level"]) for line in log] == [("unavailable", "warning")]
    for secret in (SECRET, KEY_ID, BUCKET, "a.mp4", "127.0.0.1", str(port), "Signature"):
        assert secret not in said
    assert len(said) < 250
    return raised.value


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("fault", SILENT.values(), ids=SILENT)
async def test_a_silent_store_is_not_waited_for(
    faulty: FaultyServer, patient: S3Store, impatient: S3Store, fault: Fault, name: str
) -> None:
    faulty.fault = fault
    raised = await failing(QUESTIONS[name](impatient), faulty.port)
    assert isinstance(raised, UpstreamSilent)
    async with asyncio.timeout(20):
        await faulty.left.wait()
    faulty.fault = None
    await QUESTIONS[name](patient)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
async def test_a_broken_store_is_unavailable_until_it_is_mended(
    faulty: FaultyServer, patient: S3Store, impatient: S3Store, fault: Fault, name: str
) -> None:
    faulty.fault = fault
    await failing(QUESTIONS[name](impatient), faulty.port)
    faulty.fault = None
    await QUESTIONS[name](patient)


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
async def test_a_listing_that_cannot_be_read_is_unavailable(
    faulty: FaultyServer, patient: S3Store, rubbish: bytes
) -> None:
    faulty.fault = says(rubbish)
    await failing(QUESTIONS["list"](patient), faulty.port)
    faulty.fault = None
    assert [one.key for one in await patient.list("", "", 10)] == ["a.mp4"]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_nobody_at_the_port_is_unavailable_until_somebody_is(name: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with s3_store(f"http://127.0.0.1:{port}") as store:
        await failing(QUESTIONS[name](store), port)
        async with FaultyServer(port).running():
            await QUESTIONS[name](store)


async def test_who_streams_has_the_patience_of_streams(faulty: FaultyServer) -> None:
    faulty.fault = silence
    async with s3_store(faulty.url, patience_seconds=60, stream_patience_seconds=0.2) as store:
        with pytest.raises(UpstreamSilent):
            async with asyncio.timeout(20):
                await store.head("a.mp4", to_stream=True)


async def test_signing_asks_nobody() -> None:
    async with s3_store("http://127.0.0.1:1") as store:
        assert (await store.address("a.png", 60)).startswith(f"http://127.0.0.1:1/{BUCKET}/a.png?")
        assert (await store.lasting_address("a.png")).startswith("http://")
        assert (await store.upload("a.png", "image/png", 3, 60)).url.startswith("http://")


@pytest.mark.parametrize(
    ("told", "etag"),
    [
        (f"bytes 0-{SIZE - 1}/{SIZE}", '"another"'),
        (f"bytes 1-{SIZE}/{SIZE + 1}", ETAG),
        ("", ETAG),
        ("bytes */1000", ETAG),
    ],
)
async def test_another_part_or_version_than_asked_for_is_not_passed_on(
    faulty: FaultyServer, patient: S3Store, told: str, etag: str
) -> None:
    headers = f"ETag: {etag}\r\n" + (f"Content-Range: {told}\r\n" if told else "")
    faulty.fault = says(answer("206 Partial Content", "x" * SIZE, headers))
    await failing(everything(patient, FILE), faulty.port)


async def test_less_than_the_whole_part_is_not_taken_for_it(faulty: FaultyServer, patient: S3Store) -> None:
    headers = f"ETag: {ETAG}\r\nContent-Range: bytes 0-{SIZE - 1}/{SIZE}\r\n"
    faulty.fault = says(answer("206 Partial Content", "x" * 10, headers))
    await failing(everything(patient, FILE), faulty.port)


async def test_what_is_asked_is_what_every_make_of_s3_knows(faulty: FaultyServer, patient: S3Store) -> None:
    for question in QUESTIONS.values():
        await question(patient)
    assert len(faulty.asked) == len(QUESTIONS)
    for head in faulty.asked:
        assert b"\r\nx-amz-checksum" not in head.lower()
        assert b"x-amz-sdk-checksum" not in head.lower()
        assert b"transfer-encoding" not in head.lower()
        assert (b"\r\ncontent-md5: " in head.lower()) == head.startswith(b"POST")


async def test_errors_inside_an_answer_are_errors(faulty: FaultyServer, patient: S3Store) -> None:
    kept = f"<Error><Key>a.mp4</Key><Code>AccessDenied</Code><Message>{SECRET}</Message></Error>"
    faulty.fault = says(answer("200 OK", f"<DeleteResult>{kept}</DeleteResult>"))
    await failing(patient.delete(["a.mp4"]), faulty.port)
    faulty.fault = says(answer("200 OK", f"<DeleteResult>{kept.replace('AccessDenied', 'NoSuchKey')}</DeleteResult>"))
    await patient.delete(["a.mp4"])
