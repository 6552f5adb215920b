"""The example app at `/`: where it is served, by which rules, and that what it says is there in both languages."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from composition import Marquee
from domain import errors
from domain.errors import CodedError, RefusalCode
from domain.search import SearchUnavailable
from jobs.demonstration import PASSWORD
from tests.api.conftest import Api
from tests.api.issuer import application, settings_like
from web.errors import CODES
from web.judging import TooCostly
from web.listeners import TooManyListeners

ROOT = Path(__file__).parent.parent.parent
HERE = ROOT / "examples" / "showcase"
SCRIPTS = sorted(HERE.rglob("*.js"))
WORD = re.compile(r'^  "([\w.]+)":', re.MULTILINE)
USED = re.compile(r'\bt\(\s*(?:\w+ \? )?"([\w.]+)"(?: : "([\w.]+)")?')
MADE = re.compile(r"\bt\(`([\w.]+)\.\$\{")


@pytest.fixture
async def page(api: Api) -> httpx2.Response:
    return await api.client.get(f"{api.base_url}/")


def words(language: str) -> set[str]:
    return set(WORD.findall((HERE / f"words.{language}.js").read_text()))


async def test_it_is_at_the_root_under_a_policy_without_inline_scripts(page: httpx2.Response) -> None:
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"):
        assert rule in policy.split("; ")
    assert page.headers["cache-control"] == "no-cache"
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?://", page.text) == []


async def test_all_that_it_is_made_of_is_served_and_asked_for_anew_only_where_it_changed(
    api: Api, page: httpx2.Response
) -> None:
    named = re.findall(r'(?:src|href)="(/showcase/[^"]+)"', page.text)
    assert len(named) == 5
    for script in SCRIPTS:
        for other in re.findall(r'from "(\.[^"]+)"', script.read_text()):
            assert (script.parent / other).is_file(), (script, other)
    for path in [*named, *(f"/showcase/{script.relative_to(HERE)}" for script in SCRIPTS)]:
        first = await api.client.get(api.base_url + path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache"), path
        headers = {"if-none-match": first.headers["etag"]}
        assert (await api.client.get(api.base_url + path, headers=headers)).status_code == 304
    for beside in ("/showcase/../server.py", "/showcase/%2e%2e/sign-in/index.html", "/showcase/", "/showcase/no.js"):
        assert (await api.client.get(api.base_url + beside)).status_code == 404, beside


async def test_in_production_it_is_nowhere(marquee: Marquee) -> None:
    async with application(settings_like(marquee, environment="production")) as (_, api):
        for path in ("/", "/showcase/main.js", "/showcase/index.html"):
            response = await api.client.get(api.base_url + path)
            assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_every_word_is_there_in_both_languages_and_none_is_missing_or_left_over() -> None:
    english, korean = words("en"), words("ko")
    assert {key for key in english - korean if not key.endswith(".one")} == set()
    assert {key for key in korean - english if not key.startswith("problem.")} == set()
    source = "".join(path.read_text() for path in [*SCRIPTS, HERE / "index.html"] if "words." not in path.name)
    used = {key for pair in USED.findall(source) for key in pair if key}
    used |= set(re.findall(r'data-words(?:-label)?="([\w.]+)"', source))
    assert used - english == set()
    stems = tuple(f"{stem}." for stem in [*MADE.findall(source), "error", "refusal", "theme", "nav"])
    known = {key.removesuffix(".one") for key in english if not key.startswith(stems)}
    assert {key for key in known if f'"{key}"' not in source} == set()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_refusal_that_a_person_can_meet_has_words_in_each_language(language: str) -> None:
    raised = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CodedError)}
    raised |= {SearchUnavailable.code, TooManyListeners.code, TooCostly.code}
    at_the_door = {CODES[status] for status in (403, 404, 408, 413, 503)}
    met = {code.value for code in RefusalCode} | raised | at_the_door
    assert {f"refusal.{code}" for code in met} - words(language) == set()


def test_no_script_reads_html_or_writes_styles_as_text() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|\.srcdoc"
    assert {
        script.name: re.findall(forbidden, script.read_text())
        for script in SCRIPTS
        if re.search(forbidden, script.read_text())
    } == {}


def test_it_offers_the_people_of_the_demonstration() -> None:
    source = (HERE / "screens" / "sign-in.js").read_text()
    assert f'const PASSWORD = "{PASSWORD}"' in source
    people = json.loads((ROOT / "examples" / "demonstration" / "catalogue.json").read_text())["people"]
    offered = re.findall(r'email: "([^"]+)", name: "([^"]+)", role: "(\w+)"', source)
    assert sorted(offered) == sorted((one["email"], one["display_name"], one["role"]) for one in people)
