"""What it costs to check an access token, beside what cannot be saved: `python -m benchmarks.verifier [rounds]`.

Everybody takes turns with the same bytes in one run, so that whatever else the machine does falls on all alike. The
floor is the bare RSA signature. PyJWT's decode is what everybody uses, and does less: it knows one issuer and one key.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from domain.tokens import StoredKey
from integrations.issuers import KeySet
from integrations.secrets import box
from integrations.signing_keys import SigningKeys
from integrations.tokens import AUDIENCE, JwtAccessTokens, TrustedIssuer

OTHER = "https://keycloak.example/realms/formation-lap"
GOAL_MICROSECONDS = 150
Contestant = Callable[[], Coroutine[Any, Any, object]]


class Kept:
    """Speaks domain.tokens.KeyStore and integrations.issuers.KeySource, without a database or a network between."""

    def __init__(self) -> None:
        self.stored: list[StoredKey] = []
        self.key = generate_private_key(65537, 2048)

    async def all(self) -> list[StoredKey]:
        return self.stored

    async def add(self, kid: str, private_key: bytes, unless_younger: timedelta) -> None:
        self.stored.append(StoredKey(kid, private_key, datetime.now(UTC)))

    async def load(self) -> Mapping[str, Any]:
        return {"theirs": self.key.public_key()}


def token_of_keycloak(kept: Kept) -> str:
    """As long as Keycloak's are, with its roles and scopes."""
    now = int(time.time())
    claims = {
        "exp": now + 86400,
        "iat": now,
        "jti": "5a2cbd1d-8f3e-4bcd-9a37-1b8c07e1d1c1",
        "iss": OTHER,
        "aud": "account",
        "sub": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "typ": "Bearer",
        "azp": "marquee",
        "sid": "0b9a5bd1-5a0c-4a52-8c36-6bb5e2f1a0f7",
        "acr": "1",
        "allowed-origins": ["https://front.example"],
        "realm_access": {"roles": ["default-roles-formation-lap", "offline_access", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "manage-account-links", "view-profile"]}},
        "scope": "openid email profile",
        "email_verified": True,
        "name": "Ada Lovelace",
        "preferred_username": "ada",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@example.com",
    }
    return jwt.encode(claims, kept.key, algorithm="RS256", headers={"kid": "theirs"})


def floor(key: RSAPublicKey, token: str) -> Contestant:
    signed, _, signature = token.rpartition(".")
    sealed, message, padding, digest = jwt.utils.base64url_decode(signature), signed.encode(), PKCS1v15(), SHA256()

    async def verify() -> object:
        return key.verify(sealed, message, padding, digest)

    return verify


def pyjwt(key: RSAPublicKey, token: str, issuer: str, audience: str) -> Contestant:
    async def verify() -> object:
        return jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, audience=audience, leeway=5)

    return verify


def ours(tokens: JwtAccessTokens, token: str) -> Contestant:
    async def verify() -> object:
        return await tokens.verify(token)

    return verify


async def contestants() -> dict[str, dict[str, Contestant]]:
    kept = Kept()
    own = SigningKeys(kept, box("for benchmarks only, and as long as it has to be", "signing keys"), timedelta(days=90))
    own_keys = KeySet(own)
    await own_keys.warm()
    theirs = KeySet(kept)
    await theirs.warm()
    tokens = JwtAccessTokens("marquee", own, own_keys, [TrustedIssuer(OTHER, theirs, "marquee")])
    token, _ = tokens.issue(7, 9, timedelta(days=1))
    (own_key,) = (await own.load()).values()
    foreign, their_key = token_of_keycloak(kept), kept.key.public_key()
    return {
        "our own token": {
            "RSA alone": floor(own_key, token),
            "PyJWT": pyjwt(own_key, token, "marquee", AUDIENCE),
            "Marquee": ours(tokens, token),
        },
        "Keycloak's token": {
            "RSA alone": floor(their_key, foreign),
            "PyJWT": pyjwt(their_key, foreign, OTHER, "account"),
            "Marquee": ours(tokens, foreign),
        },
    }


async def measured(rounds: int) -> dict[str, dict[str, float]]:
    """The median of each, in microseconds; the first turn of each is not counted."""
    field = await contestants()
    taken: dict[tuple[str, str], list[int]] = {(whose, who): [] for whose, by in field.items() for who in by}
    for _ in range(rounds + 1):
        for whose, who in taken:
            begun = time.perf_counter_ns()
            await field[whose][who]()
            taken[whose, who].append(time.perf_counter_ns() - begun)
    return {whose: {who: statistics.median(taken[whose, who][1:]) / 1000 for who in by} for whose, by in field.items()}


def main(rounds: int = 5000) -> None:
    found = asyncio.run(measured(rounds))
    print(f"{'':18}{'median':>10}{'to RSA':>9}{'to PyJWT':>10}   ({rounds} rounds, in turn)")
    for whose, medians in found.items():
        print(whose)
        for who, median in medians.items():
            ratios = f"{median / medians['RSA alone']:8.2f}x{median / medians['PyJWT']:9.2f}x"
            print(f"  {who:16}{median:7.1f} µs{ratios}")
    slowest = max(medians["Marquee"] for medians in found.values())
    print(f"Goal: below {GOAL_MICROSECONDS} µs; {'reached' if slowest < GOAL_MICROSECONDS else 'MISSED'}.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
