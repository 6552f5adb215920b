"""The clients' programs for a query and a mutation, as their README tells to run them."""

from pathlib import Path

import pytest

from tests.examples.conftest import Place, Somebody
from tests.examples.running import running

pytestmark = pytest.mark.xdist_group("heavy")
_LANGUAGES = pytest.mark.parametrize(
    ("language", "run", "suffix"), [("javascript", "node", ".mjs"), ("python", "python", ".py")]
)
_COUNT = "{ contents(first: 100, orderBy: TITLE) { totalCount nodes { title } } }"


@_LANGUAGES
async def test_a_query_pages_through_the_whole_catalogue(
    folder: Path, run: str, suffix: str, place: Place, somebody: Somebody
) -> None:
    contents = (await somebody.ask(_COUNT))["contents"]
    async with running([run, f"query{suffix}", "7"], folder, place.address) as program:
        code, said, complaints = await program.ended()
    assert (code, complaints) == (0, "")
    lines = said.splitlines()
    assert len(lines) == contents["totalCount"] > 7
    assert [line.startswith(f"{node['title']} (") for line, node in zip(lines, contents["nodes"], strict=False)] == [
        True
    ] * len(contents["nodes"])


@_LANGUAGES
async def test_a_query_that_is_wrong_says_why(folder: Path, run: str, suffix: str, place: Place) -> None:
    async with running([run, f"query{suffix}", "500"], folder, place.address) as program:
        assert await program.ended() == (1, "", "VALIDATION_FAILED: `first` must be from 1 to 100, not 500.\n")


@_LANGUAGES
async def test_a_mutation_signs_in_and_changes_something(
    folder: Path, run: str, suffix: str, place: Place, somebody: Somebody
) -> None:
    content, title = somebody.content
    async with running([run, f"mutation{suffix}", content, "12.5"], folder, place.address) as program:
        assert await program.ended() == (0, f"{title}: 12.5 s\n", "")  # as the demonstration's member


@_LANGUAGES
async def test_a_refused_mutation_says_why_by_field(folder: Path, run: str, suffix: str, place: Place) -> None:
    async with running([run, f"mutation{suffix}", "nonsense", "3"], folder, place.address) as program:
        code, said, complaints = await program.ended()
    assert (code, said) == (1, "")
    assert complaints.splitlines() == [
        "NOT_FOUND: There is no such content.",
        "  input.events.0.contentId: There is no such content.",
    ]


@_LANGUAGES
async def test_a_wrong_password_is_said_in_words(folder: Path, run: str, suffix: str, place: Place) -> None:
    command = [run, f"mutation{suffix}", "nonsense", "3"]
    async with running(command, folder, place.address, PASSWORD="wrong") as program:
        assert await program.ended() == (1, "", "BAD_CREDENTIALS: The e-mail address or the password is wrong.\n")


async def test_tokens_are_replaced_in_javascript(javascript: Path, place: Place, somebody: Somebody) -> None:
    script = """
        import { ask, refreshed, signIn } from "./marquee.mjs";
        const first = await signIn(), second = await refreshed(first);
        const { viewer } = await ask("{ viewer { user { email } } }", {}, second.accessToken);
        console.log(viewer.user.email, first.refreshToken !== second.refreshToken);"""
    command = ["node", "--input-type=module", "--eval", script]
    async with running(command, javascript, place.address, **somebody.account) as program:
        assert await program.ended() == (0, f"{somebody.email} true\n", "")
