"""The verifier and our own signing keys: A3 and A4 of FEATURES, A1 and A3 of GUARD."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from domain.errors import Unauthenticated
from domain.tokens import StoredKey
from integrations.issuers import KeySet, signing_keys
from integrations.secrets import box
from integrations.signing_keys import SigningKeys
from integrations.tokens import JwtAccessTokens, TrustedIssuer
from persistence.database import Database
from persistence.keys import Keys
from tests.conftest import database_from_template
from tests.integrations.hostile_claims import GONE
from tests.integrations.hostile_tokens import Forge, hostile, jwk, rsa_key

OTHER = "https://other.example/realm"
SECRET = "for tests only, and as long as it has to be"
QUARTER = timedelta(days=90)


class KeptInMemory:
    """Speaks domain.tokens.KeyStore."""

    def __init__(self) -> None:
        self.kept: list[StoredKey] = []

    async def all(self) -> list[StoredKey]:
        return list(self.kept)

    async def add(self, kid: str, private_key: bytes, unless_younger: timedelta) -> None:
        self.kept.insert(0, StoredKey(kid, private_key, datetime.now(UTC)))


class Published:
    """Speaks integrations.issuers.KeySource."""

    def __init__(self, *entries: Any) -> None:
        self.entries = list(entries)

    async def load(self) -> Any:
        return signing_keys({"keys": self.entries})


def good_claims(**claims: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iat": now, "nbf": now, "exp": now + 600, **claims}


class Verifier:
    """Our own issuer and one other that is trusted, with a forge for each."""

    def __init__(self, own: SigningKeys, own_keys: KeySet, audience: str | None) -> None:
        enc = jwk("enc", rsa_key("other"), use="enc")
        source = Published(jwk("other", rsa_key("other")), enc, jwk("oaep", rsa_key("other"), alg="RSA-OAEP", use=None))
        self.tokens = JwtAccessTokens("marquee", own, own_keys, [TrustedIssuer(OTHER, KeySet(source), audience)])
        assert own._newest
        kid, key = own._newest
        claims = good_claims(iss="marquee", aud="marquee", sub="7", sid=9)
        self.own = Forge(key, {"alg": "RS256", "kid": kid, "typ": "at+jwt"}, claims)
        claims = good_claims(iss=OTHER, sub="f:1:ada", typ="Bearer", email="ada@example.com", email_verified=True)
        self.other = Forge(rsa_key("other"), {"alg": "RS256", "kid": "other", "typ": "JWT"}, {**claims, "azp": "spa"})

    async def outcome(self, token: str) -> str:
        """ "in", or why not. Anything but Unauthenticated is a fault."""
        try:
            await self.tokens.verify(token)
        except Unauthenticated:
            return "refused"
        except Exception as fault:
            return repr(fault)
        return "in"

    async def assert_refused(self, tokens: dict[str, str]) -> None:
        # At once, so that those with unknown keys wait for one look-up and not each for its own.
        outcomes = await asyncio.gather(*(self.outcome(token) for token in tokens.values()))
        found = dict(zip(tokens, outcomes, strict=True))
        assert {name: outcome for name, outcome in found.items() if outcome != "refused"} == {}


async def made(audience: str | None = None) -> Verifier:
    own = SigningKeys(KeptInMemory(), box(SECRET, "signing keys"), QUARTER)
    own_keys = KeySet(own)
    await own_keys.warm()
    return Verifier(own, own_keys, audience)


@pytest.fixture(scope="module")
async def verifier() -> Verifier:
    return await made()


async def test_a_good_token_of_our_own_names_person_and_session(verifier: Verifier) -> None:
    claims = await verifier.tokens.verify(verifier.own.token())
    assert (claims.issuer, claims.subject, claims.session_id) == ("marquee", "7", 9)
    assert (claims.email, claims.issued_at, claims.origin) == (None, None, None)
    token, expires_at = verifier.tokens.issue(5, 6, timedelta(minutes=30))
    claims = await verifier.tokens.verify(token)
    assert (claims.subject, claims.session_id, claims.expires_at) == ("5", 6, expires_at)
    assert (await verifier.tokens.verify(verifier.own.token(exp=time.time() + 60.5))).subject == "7"


async def test_a_good_token_of_a_trusted_issuer_names_a_subject_and_an_address(verifier: Verifier) -> None:
    forge = verifier.other
    claims = await verifier.tokens.verify(forge.token())
    assert (claims.issuer, claims.subject, claims.session_id) == (OTHER, "f:1:ada", None)
    assert claims.email == "ada@example.com"
    assert claims.issued_at == datetime.fromtimestamp(forge.claims["iat"], UTC)
    halves = await verifier.tokens.verify(forge.token(iat=forge.claims["iat"] - 0.5))
    assert halves.issued_at == claims.issued_at - timedelta(seconds=0.5)
    for good in ({"typ": GONE}, {"nonce": "as older Keycloaks say"}, {"nbf": 0}, {"name": "Ada \u00c5. \U0001f600"}):
        assert (await verifier.tokens.verify(forge.token(**good))).subject == "f:1:ada", good
    for kind in (GONE, "jwt", "at+jwt", "AT+JWT", "application/at+jwt"):
        assert (await verifier.tokens.verify(forge.token({"typ": kind}))).subject == "f:1:ada", kind


async def test_tokens_of_one_stay_at_another_issuer_have_one_origin(verifier: Verifier) -> None:
    async def origin(**claims: Any) -> str | None:
        return (await verifier.tokens.verify(verifier.other.token(**claims))).origin

    assert await origin(sid="stay", jti="1") == await origin(sid="stay", jti="2", iat=1) == "stay"
    assert await origin(sid="x" * 255) == "x" * 255
    for nameless in (GONE, None, "", 9, True, ["stay"], "x" * 256, "a\0b", "a\nb", "\ud800", "\u202e"):
        assert await origin(sid=nameless, jti="token") == "token", nameless
        hashed = await origin(sid=nameless, jti=nameless)
        assert hashed == sha256(verifier.other.token(sid=nameless, jti=nameless).encode()).hexdigest(), nameless
    assert await origin(name="a") != await origin(name="b")


@pytest.mark.parametrize("whose", ["own", "other"])
async def test_hostile_tokens_are_refused_and_nothing_else_happens(whose: str) -> None:
    verifier = await made(audience="spa")
    forge: Forge = getattr(verifier, whose)
    tokens = hostile(forge)
    assert len(set(tokens.values())) == len(tokens) > 400
    await verifier.assert_refused({**tokens, "a surrogate": "\ud800.\ud800.\ud800"})
    assert await verifier.outcome(forge.token()) == "in"


async def test_an_address_that_is_not_verified_is_refused_with_these_words(verifier: Verifier) -> None:
    for verified in (False, None, "true", 1, GONE):
        with pytest.raises(Unauthenticated, match="address of this token is not verified"):
            await verifier.tokens.verify(verifier.other.token(email_verified=verified))


async def test_no_issuer_speaks_for_another(verifier: Verifier) -> None:
    own, other = verifier.own, verifier.other
    wrong = {
        "ours by their key": Forge(other.key, {**own.header, "kid": "other"}, own.claims).token(),
        "ours by their key under our kid": Forge(other.key, own.header, own.claims).token(),
        "theirs by our key": Forge(own.key, {**other.header, "kid": own.header["kid"]}, other.claims).token(),
        "a session of ours in their name": other.token(iss="marquee", aud="marquee", sub="7", sid=9),
        "a key that encrypts": other.token({"kid": "enc"}),
        "a key that encrypts by its alg": other.token({"kid": "oaep"}),
    }
    await verifier.assert_refused(wrong)
    # A session that another issuer names is not one of ours.
    assert (await verifier.tokens.verify(other.token(sid=9))).session_id is None


async def test_audience_and_authorized_party_are_checked_where_they_are_set(verifier: Verifier) -> None:
    checked = await made(audience="spa")
    goods: list[dict[str, Any]] = [
        {"aud": "spa", "azp": GONE},
        {"aud": ["account", "spa"], "azp": "x"},
        {"aud": "account", "azp": "spa"},
    ]
    for good in goods:
        assert (await checked.tokens.verify(checked.other.token(**good))).subject == "f:1:ada"
    assert await checked.outcome(checked.other.token(aud="account", azp="other")) == "refused"
    assert await verifier.outcome(verifier.other.token(aud="account", azp="other")) == "in"


async def test_one_bad_key_hides_no_good_one() -> None:
    good = jwk("good", rsa_key("other"))
    bad: list[Any] = [None, 5, "x", [], {}, {"kid": "a"}, {**good, "kid": 5}, {**good, "kid": "b", "n": "x"}]
    bad += [{**good, "kid": "c", "n": None}, {**good, "kid": "d", "e": "AA"}, {"kty": "EC", "kid": "e", "crv": "P-256"}]
    assert list(signing_keys({"keys": [*bad, good, *bad]})) == ["good"]
    nothings: list[Any] = [None, [], {}, {"keys": None}, {"keys": {}}, "keys"]
    for nothing in nothings:
        with pytest.raises(ValueError, match="JWKS"):
            signing_keys(nothing)


@pytest.fixture(scope="module")
def empty_dsn(worker_id: str) -> str:
    return database_from_template(f"test_keys_{worker_id}")


@pytest.fixture
async def databases(empty_dsn: str) -> AsyncIterator[list[Database]]:
    """As two processes have them: two pools on one database, which has no key yet."""
    pools = [Database(empty_dsn, pool_size=2) for _ in range(2)]
    for pool in pools:
        await pool.open()
    async with pools[0].reading() as connection:
        await connection.execute("truncate signing_keys")
    yield pools
    for pool in pools:
        await pool.close()


def keys_on(databases: list[Database], secret: str = SECRET) -> Iterator[SigningKeys]:
    return (SigningKeys(Keys(database), box(secret, "signing keys"), QUARTER) for database in databases)


async def test_two_processes_that_make_the_first_key_at_once_make_one(databases: list[Database]) -> None:
    one, other = keys_on(databases)
    kids = [list(keys) for keys in await asyncio.gather(one.load(), other.load())]
    assert kids[0] == kids[1]
    assert len(kids[0]) == 1
    assert one.published == other.published
    assert len(await Keys(databases[0]).all()) == 1


async def test_another_secret_makes_a_new_key_and_leaves_the_old_one(databases: list[Database]) -> None:
    (one, _), (changed, _) = keys_on(databases), keys_on(databases, "another secret, as long as it has to be")
    (old,), (new,) = await one.load(), await changed.load()
    assert old != new
    assert {stored.kid for stored in await Keys(databases[0]).all()} == {old, new}
    assert [entry["kid"] for entry in changed.published["keys"]] == [new]
    assert list(await one.load()) == [old], "whoever still has the old secret goes on"


async def test_keys_are_kept_encrypted_and_survive_a_restart(databases: list[Database]) -> None:
    one, restarted = keys_on(databases)
    assert list(await one.load()) == list(await restarted.load())
    (stored,) = await Keys(databases[0]).all()
    assert stored.private_key.startswith(b"gAAAA"), "Fernet's mark"
    token = one.sign({"iss": "marquee"}, "at+jwt")
    assert token.count(".") == 2
    assert one.published == restarted.published


async def test_a_key_is_replaced_when_it_is_old_and_not_before(databases: list[Database]) -> None:
    one, other = keys_on(databases)
    (first,) = await one.load()
    await asyncio.gather(one.rotate_if_due(), other.rotate_if_due())
    assert list(await one.load()) == [first]
    async with databases[0].reading() as connection:
        await connection.execute("update signing_keys set created_at = created_at - interval '91 days'")
    await asyncio.gather(one.rotate_if_due(), other.rotate_if_due())
    newest, oldest = await one.load()
    assert oldest == first
    assert list(await other.load()) == [newest, oldest]
