"""Signed addresses of our own: what is good, and that nothing else is."""

import time
from urllib.parse import parse_qsl

import pytest

from integrations.secrets import SignedPaths

KEY = "폴더/a + b.png"
SOON = 32_503_680_000  # the year 3000: names of tests must not depend on when they are collected
PATHS = SignedPaths("for tests only, and as long as it has to be")


def asked_of(method: str = "GET", key: str = KEY, expires: int = SOON, **bound: str) -> dict[str, str]:
    return dict(parse_qsl(PATHS.sign(method, key, expires, **bound), keep_blank_values=True))


def test_what_was_signed_is_good_in_any_order() -> None:
    asked = asked_of(type="image/png", disposition='attachment; filename="한 글.png"')
    assert PATHS.is_good("GET", KEY, asked)
    assert PATHS.is_good("GET", KEY, dict(reversed(asked.items())))
    assert PATHS.is_good("GET", KEY, asked_of(type=""))
    assert PATHS.is_good("PUT", KEY, asked_of("PUT", type="image/png", size="9"))


def test_who_may_get_may_head_and_nothing_more() -> None:
    assert PATHS.is_good("HEAD", KEY, asked_of("GET"))
    for method in ("PUT", "POST", "DELETE", "get", "", "GET ", "*"):
        assert not PATHS.is_good(method, KEY, asked_of("GET"))
    for method in ("GET", "HEAD"):
        assert not PATHS.is_good(method, KEY, asked_of("PUT"))


@pytest.mark.parametrize(
    "changes",
    [
        {"size": "10"},
        {"size": "09"},
        {"type": "text/html"},
        {"type": ""},
        {"disposition": "inline"},
        {"more": ""},
        {"expires": str(SOON + 1)},
        {"expires": f"0{SOON}"},
        {"expires": f"{SOON} "},
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "0" * 1_000_000},
    ],
    ids=str,
)
def test_what_was_changed_or_added_is_not(changes: dict[str, str]) -> None:
    asked = asked_of("PUT", type="image/png", size="9")
    assert not PATHS.is_good("PUT", KEY, asked | {name: value[:70] for name, value in changes.items()})
    assert not PATHS.is_good("PUT", KEY, asked | changes)


@pytest.mark.parametrize("name", ["type", "size", "expires", "signature"])
def test_what_was_left_out_is_not(name: str) -> None:
    asked = asked_of("PUT", type="image/png", size="9")
    assert not PATHS.is_good("PUT", KEY, {kept: value for kept, value in asked.items() if kept != name})


def test_values_do_not_run_into_each_other() -> None:
    for one, other in [
        ({"type": "a", "size": "b"}, {"size": "a", "type": "b"}),
        ({"type": 'a", "b'}, {"type": "a", "b": ""}),
        ({"type": "a\nsize\nb"}, {"type": "a", "size": "b"}),
    ]:
        signature = dict(parse_qsl(PATHS.sign("GET", KEY, SOON, **one)))["signature"]
        assert not PATHS.is_good("GET", KEY, {"expires": str(SOON), **other, "signature": signature})


def test_another_key_secret_or_time_is_not() -> None:
    asked = asked_of()
    for key in ("", "폴더/a + b.pn", "폴더/a + b.png ", "폴더\x00/a + b.png", "\ud800"):
        assert not PATHS.is_good("GET", key, asked)
    assert not SignedPaths("another secret, and as long as it has to be").is_good("GET", KEY, asked)
    assert not PATHS.is_good("GET", KEY, asked_of(expires=int(time.time()) - 1))
    assert not PATHS.is_good("GET", KEY, asked_of(expires=0))
    assert not PATHS.is_good("GET", KEY, asked_of(expires=-1))


@pytest.mark.parametrize(
    "rubbish", ["", "한글", "\ud800", "\x00", "-1", "1e9", "٣", "²", "9" * 5000, "inf", " 1", "=&="]
)
def test_rubbish_is_not_and_never_raises(rubbish: str) -> None:
    asked = asked_of()
    for name in ("expires", "signature", rubbish):
        assert not PATHS.is_good("GET", KEY, asked | {name: rubbish})
        assert not PATHS.is_good("GET", KEY, {name: rubbish})
    assert not PATHS.is_good(rubbish, KEY, asked)
    assert not PATHS.is_good("GET", rubbish, asked)
    assert not PATHS.is_good("GET", KEY, {})
