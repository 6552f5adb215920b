"""ID tokens that nobody may be let in by, from an issuer that says what it is told to."""

import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest

from domain.errors import RefusalCode
from integrations.google import Google
from tests.integrations.hostile_tokens import Forge, b64, jwk, rsa_key
from tests.integrations.oauth_servers import ForgedIssuer
from tests.integrations.oauth_stranger import CLIENT_ID, CLIENT_SECRET, listening, new_flow, refusal, running

NOW = int(time.time())
Lines = list[Any]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


@pytest.fixture(scope="module")
async def forger() -> AsyncIterator[ForgedIssuer]:
    async with running(ForgedIssuer()) as forger:
        yield forger


@pytest.fixture
def issuer(forger: ForgedIssuer) -> ForgedIssuer:
    forger.forget()
    return forger


@pytest.fixture
def google(issuer: ForgedIssuer, client: httpx2.AsyncClient) -> Google:
    return Google(client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, issuer=issuer.url)


@pytest.fixture(autouse=True)
def lines(issuer: ForgedIssuer, caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    with listening(issuer, caplog) as lines:
        yield lines


async def subject(issuer: ForgedIssuer, google: Google, make: Callable[[Forge], str], kid: str = "first") -> str:
    """Who signs in with the token that `make` makes."""
    flow = new_flow()
    issuer.id_token = make(issuer.forge(flow.nonce, kid))
    issuer.secrets.add(issuer.id_token)
    return (await google.profile(flow, "a code")).subject


GOOD: dict[str, dict[str, Any]] = {
    "as it is": {},
    "for us and others": {"aud": ["another", CLIENT_ID], "azp": CLIENT_ID},
    "for us in a list": {"aud": [CLIENT_ID]},
    "with a time of signing in": {"auth_time": NOW, "amr": ["pwd"]},
    "of a clock that is a little fast": {"iat": NOW + 3, "nbf": NOW + 3},
}


@pytest.mark.parametrize("good", GOOD)
async def test_a_good_token_is_taken(issuer: ForgedIssuer, google: Google, good: str) -> None:
    assert await subject(issuer, google, lambda forge: forge.token(**GOOD[good])) == "ada-1"


CLAIMS: dict[str, list[Any]] = {
    "aud": [None, "", [], "another", ["another"], ["another", CLIENT_ID], {"x": 1}, 5, f"{CLIENT_ID} "],
    "azp": ["another"],
    "iss": [None, "", "https://accounts.google.com", "accounts.google.com", 5, ["x"]],
    "exp": [None, NOW - 10, 0, -1, "soon", True, [], str(NOW + 86_400)],
    "iat": [None, NOW + 86_400, "now", True],
    "nbf": [NOW + 86_400, "now"],
    "nonce": ["", "secret-nonce-of-another", 5, ["x"], True],
    "sub": ["", 5, ["ada-1"], "x" * 256, "a\x00", "a\n", "\ud800"],
    "at_hash": ["x", b64(b"\0" * 16), 5, ["x"], {"x": 1}],
    "auth_time": ["now"],
    "amr": ["pwd"],
}


@pytest.mark.parametrize(
    ("claim", "which"), [(claim, which) for claim in CLAIMS for which in range(len(CLAIMS[claim]))]
)
async def test_a_token_that_says_something_wrong_is_refused(
    issuer: ForgedIssuer, google: Google, lines: Lines, claim: str, which: int
) -> None:
    token = subject(issuer, google, lambda forge: forge.token(**{claim: CLAIMS[claim][which]}))
    assert "start again" in await refusal(token, RefusalCode.BAD_CREDENTIALS)
    assert [line["event"] for line in lines] == ["id_token_refused"]


@pytest.mark.parametrize("claim", ["aud", "iss", "exp", "iat", "nonce", "sub"])
async def test_a_token_that_leaves_something_out_is_refused(issuer: ForgedIssuer, google: Google, claim: str) -> None:
    def without(forge: Forge) -> str:
        del forge.claims[claim]
        return forge.token()

    await refusal(subject(issuer, google, without), RefusalCode.BAD_CREDENTIALS)


def resigned(forge: Forge, key: str = "first", **header: Any) -> str:
    """The good claims under another header."""
    return forge.signed(json.dumps({**forge.header, **header}), json.dumps(forge.claims), rsa_key(key))


def sealed(forge: Forge, secret: str) -> str:
    """By HMAC, which takes a secret where RSA takes a public key."""
    signing = resigned(forge, alg="HS256").rpartition(".")[0]
    return f"{signing}.{b64(hmac.digest(secret.encode(), signing.encode(), 'sha256'))}"


FORGERIES: dict[str, Callable[[Forge], str]] = {
    "alg none": lambda forge: resigned(forge, alg="none"),
    "another key under the good kid": lambda forge: resigned(forge, "attacker"),
    "another key under its own kid": lambda forge: resigned(forge, "attacker", kid="attacker"),
    "a key it brings with it": lambda forge: resigned(forge, "attacker", jwk=jwk("x", rsa_key("attacker"))),
    "the client's secret as a key": lambda forge: sealed(forge, CLIENT_SECRET),
    "the public key as a secret": lambda forge: sealed(forge, jwk("first", forge.key)["n"]),
    "another algorithm said": lambda forge: forge.token({"alg": "PS256"}),
    "a kid that is no string": lambda forge: forge.token({"kid": 5}),
    "something it must understand": lambda forge: forge.token({"crit": ["x"], "x": True}),
    "claims that are a list": lambda forge: forge.signed(json.dumps(forge.header), "[]"),
    "claims that are too deep": lambda forge: forge.signed(json.dumps(forge.header), "[" * 5000),
    "an end that is no number": lambda forge: forge.raw("exp", "NaN"),
    "an end without end": lambda forge: forge.raw("exp", "Infinity"),
    "an end beyond numbers": lambda forge: forge.raw("exp", "9" * 5000),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused(issuer: ForgedIssuer, google: Google, forgery: str) -> None:
    issuer.keys.append("second")
    await refusal(subject(issuer, google, FORGERIES[forgery]), RefusalCode.BAD_CREDENTIALS)


@pytest.mark.parametrize(
    "token",
    [None, "", "..", "x", 5, "secret-.x.", "secret-.x", "secret-.é.x", "secret-.x.x\n", f"secret-.{'x' * 9000}.x"],
)
async def test_no_token_at_all_is_an_upstream_that_failed(issuer: ForgedIssuer, google: Google, token: Any) -> None:
    issuer.id_token = token
    await refusal(google.profile(new_flow(), "a code"))


async def test_what_the_addresses_of_an_issuer_ask_for_is_kept(issuer: ForgedIssuer, google: Google) -> None:
    issuer.said |= {name: f"{issuer.url}/{name[:5]}?a=b" for name in ("token_endpoint", "authorization_endpoint")}
    assert await subject(issuer, google, Forge.token) == "ada-1"
    assert issuer.knocked("/token")[0].query == {"a": "b"}
    assert "?a=b&response_type=code&" in await google.authorization_url(new_flow())


async def test_keys_may_change(issuer: ForgedIssuer, google: Google) -> None:
    assert await subject(issuer, google, Forge.token) == "ada-1"
    issuer.keys = ["second"]
    assert await subject(issuer, google, Forge.token, "second") == "ada-1"
    assert len(issuer.knocked("/jwks")) == 2
    await refusal(subject(issuer, google, Forge.token), RefusalCode.BAD_CREDENTIALS)


async def test_only_an_issuer_with_one_key_need_not_name_it(
    issuer: ForgedIssuer, google: Google, client: httpx2.AsyncClient
) -> None:
    def unnamed(forge: Forge) -> str:
        del forge.header["kid"]
        return forge.token()

    assert await subject(issuer, google, unnamed) == "ada-1"
    issuer.keys.append("second")
    again = Google(client=client, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, issuer=issuer.url)
    await refusal(subject(issuer, again, unnamed), RefusalCode.BAD_CREDENTIALS)


WRONG: dict[str, list[Any]] = {
    "issuer": [None, "https://accounts.google.com", 5],
    "token_endpoint": [None, "", "/token", "ftp://x.example/", "https://x.example/token", "http://[", "http://u@x/", 5],
    "authorization_endpoint": [None, "javascript:alert(1)", "https://x.example/authorize"],
    "jwks_uri": [None, "file:///etc/passwd", "http://"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
async def test_a_discovery_that_says_something_wrong_is_an_upstream_that_failed(
    issuer: ForgedIssuer, google: Google, name: str, value: Any
) -> None:
    issuer.said[name] = value
    assert (await refusal(google.authorization_url(new_flow()))).startswith("Google ")


async def test_the_issuer_is_compared_to_the_letter(issuer: ForgedIssuer, google: Google) -> None:
    for almost in (f"{issuer.url}/", issuer.url.upper()):
        issuer.said["issuer"] = almost
        assert await refusal(google.authorization_url(new_flow())) == "Google says that it is another issuer."
    assert {asked.url.path for asked in issuer.asked} == {"/.well-known/openid-configuration"}
