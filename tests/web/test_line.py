"""Answers are written in as few pieces as they come in, and are whole before their line is closed."""

from typing import Any, cast

import pytest

from tests.serving import BOUNDS
from web.line import Line

HEAD, BODY, MORE = ({"type": f"http.response.{part}"} for part in ("start", "body", "body"))


class Transport:
    """What was written, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def line(transport: Transport) -> Line:
    return Line(cast(Any, transport), BOUNDS, lambda: False)


async def test_a_head_goes_out_with_the_first_of_its_body(transport: Transport, line: Line) -> None:
    async def send(message: Any) -> None:
        line.write(b"head " if message is HEAD else b"body")

    answer = line.joining(send)
    await answer(HEAD)
    assert transport.pieces == []
    await answer(BODY)
    await answer(MORE)
    assert transport.pieces == [b"head body", b"body"]
    line.write(b"others")
    assert transport.pieces[2:] == [b"others"]


async def test_the_last_answer_is_whole_before_the_line_is_closed(transport: Transport, line: Line) -> None:
    async def send(message: Any) -> None:
        line.write(b"head " if message is HEAD else b"body")
        if message is BODY:
            line.close()

    answer = line.joining(send)
    await answer(HEAD)
    await answer(BODY)
    line.unwatch()
    assert (transport.pieces, transport.closed) == ([b"head body"], True)


async def test_an_answer_that_breaks_off_is_one_that_began(transport: Transport, line: Line) -> None:
    async def send(message: Any) -> None:
        line.write(b"head")

    await line.joining(send)(HEAD)
    line.abort()
    assert (transport.pieces, transport.closed) == ([b"head"], True)


async def test_a_line_that_was_cut_meanwhile_hears_nothing(transport: Transport, line: Line) -> None:
    async def send(message: Any) -> None:
        line.write(b"head")

    answer = line.joining(send)
    await answer(HEAD)
    transport.closed = True
    await answer(BODY)
    assert transport.pieces == []
