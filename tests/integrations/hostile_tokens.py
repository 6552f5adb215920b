"""Tokens that nobody may be let in by, made from one good one: the table for every door that takes tokens."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

GONE: Any = object()
Parts = Mapping[str, Any]


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """One key pair for each name; making one takes a while."""
    return generate_private_key(65537, 2048)


def jwk(kid: str, key: RSAPrivateKey, **rest: Any) -> dict[str, Any]:
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "n": entry["n"], "e": entry["e"], "kid": kid, "use": "sig", "alg": "RS256", **rest}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def changed(parts: Parts, changes: Parts) -> dict[str, Any]:
    return {name: value for name, value in {**parts, **changes}.items() if value is not GONE}


class Forge:
    """Signs anything with a key that is trusted. `header` and `claims` are those of a good token."""

    def __init__(self, key: RSAPrivateKey, header: Parts, claims: Parts) -> None:
        self.key, self.header, self.claims = key, dict(header), dict(claims)

    def token(self, header: Parts | None = None, /, **claims: Any) -> str:
        return self.signed(json.dumps(changed(self.header, header or {})), json.dumps(changed(self.claims, claims)))

    def signed(self, header: str, payload: str, key: RSAPrivateKey | None = None) -> str:
        signing = f"{b64(header.encode())}.{b64(payload.encode())}"
        return f"{signing}.{b64((key or self.key).sign(signing.encode(), PKCS1v15(), SHA256()))}"

    def by(self, key: RSAPrivateKey, **header: Any) -> str:
        return self.signed(json.dumps(changed(self.header, header)), json.dumps(self.claims), key)

    def hmac_signed(self, secret: bytes, **header: Any) -> str:
        made = json.dumps(changed(self.header, {"alg": "HS256", **header}))
        signing = f"{b64(made.encode())}.{b64(json.dumps(self.claims).encode())}"
        return f"{signing}.{b64(hmac.digest(secret, signing.encode(), hashlib.sha256))}"

    def rs512(self) -> str:
        header = json.dumps(changed(self.header, {"alg": "RS512"}))
        signing = f"{b64(header.encode())}.{b64(json.dumps(self.claims).encode())}"
        return f"{signing}.{b64(self.key.sign(signing.encode(), PKCS1v15(), SHA512()))}"

    def doubled(self, name: str, first: Any) -> str:
        """Names a claim twice, the good value last."""
        payload = f"{{{json.dumps(name)}: {json.dumps(first)}, {json.dumps(self.claims)[1:]}"
        return self.signed(json.dumps(self.header), payload)

    def raw(self, name: str, value: str) -> str:
        """A claim whose JSON no encoder would write."""
        rest = json.dumps(changed(self.claims, {name: GONE}))
        return self.signed(json.dumps(self.header), f"{{{json.dumps(name)}: {value}, {rest[1:]}")


def hostile(forge: Forge) -> dict[str, str]:
    """For every trusted issuer. By name, what is wrong with the token."""
    return {**_wrong_keys(forge), **_wrong_headers(forge), **_wrong_claims(forge), **_broken(forge)}


def _wrong_keys(forge: Forge) -> dict[str, str]:
    attacker, public = rsa_key("attacker"), forge.key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    modulus = jwk("", forge.key)["n"]
    unsigned = forge.token().rpartition(".")[0].partition(".")[2]
    nothing = {alg: b64(json.dumps({**forge.header, "alg": alg}).encode()) for alg in ("none", "None", "nOnE", "")}
    own_jwk = jwk("attacker", attacker)
    return {
        **{f"alg {alg!r} without signature": f"{header}.{unsigned}." for alg, header in nothing.items()},
        "alg none with the good signature": f"{nothing['none']}.{unsigned}.{forge.token().rpartition('.')[2]}",
        "HS256 with the public PEM": forge.hmac_signed(pem),
        "HS256 with the public PEM, stripped": forge.hmac_signed(pem.strip()),
        "HS256 with the public DER": forge.hmac_signed(der),
        "HS256 with the modulus as published": forge.hmac_signed(modulus.encode()),
        "HS256 with a random secret": forge.hmac_signed(b"x" * 32),
        "HS256 with an empty secret": forge.hmac_signed(b""),
        "HS512 said, HS256 done": forge.hmac_signed(pem, alg="HS512"),
        "RS512 with the good key": forge.rs512(),
        "PS256 said, RS256 done": forge.token({"alg": "PS256"}),
        "ES256 said, RS256 done": forge.token({"alg": "ES256"}),
        "another key under the good kid": forge.by(attacker),
        "another key under its own kid": forge.by(attacker, kid="attacker"),
        "an embedded jwk": forge.by(attacker, jwk=own_jwk),
        "an embedded jwk under its own kid": forge.by(attacker, jwk=own_jwk, kid="attacker"),
        "jku": forge.by(attacker, jku="http://127.0.0.1:9/jwks.json", kid="attacker"),
        "x5u": forge.by(attacker, x5u="http://127.0.0.1:9/cert.pem", kid="attacker"),
        "x5c": forge.by(attacker, x5c=[b64(der)], kid="attacker"),
    }


def _wrong_headers(forge: Forge) -> dict[str, str]:
    kids = [GONE, None, "", "unknown", "\0", "../../etc/passwd", "' or 1=1 --", "x" * 4000, 1, True, ["x"], {"x": 1}]
    algs = [GONE, None, "rs256", "RS256 ", ["RS256"], {"RS256": 1}, 256]
    return {
        **{f"kid {str(kid)[:20]!r}": forge.token({"kid": kid}) for kid in kids},
        **{f"alg {alg!r}": forge.token({"alg": alg}) for alg in algs},
        "crit": forge.token({"crit": ["exp"]}),
        "crit, unknown": forge.token({"crit": ["http://example.com/x"], "http://example.com/x": True}),
        "crit, empty": forge.token({"crit": []}),
        "a payload that is not in base 64": forge.token({"b64": False, "crit": ["b64"]}),
        "a header named twice": forge.signed(
            f'{{"alg": "none", {json.dumps(forge.header)[1:]}', json.dumps(forge.claims)
        ),
        "a header that is a list": forge.signed("[]", json.dumps(forge.claims)),
        "a header that is null": forge.signed("null", json.dumps(forge.claims)),
        "a header that is no JSON": forge.signed("{alg: RS256}", json.dumps(forge.claims)),
        "a header of brackets": forge.signed("[" * 3000, json.dumps(forge.claims)),
    }


def _wrong_claims(forge: Forge) -> dict[str, str]:
    now = int(time.time())
    times = [GONE, None, now - 10, now - 86400, 0, -1, "soon", "", [], {}, True, str(now + 600), 10**12, 10**18, 10**30]
    wrong: list[tuple[str, Any]] = [("exp", value) for value in times]
    wrong += [("nbf", now + 3600), ("nbf", "x"), ("nbf", []), ("nbf", 10**30), ("iat", now + 3600), ("iat", "x")]
    issuers = [GONE, None, "", "http://evil.example", forge.claims["iss"] + "/", forge.claims["iss"].upper() + " "]
    wrong += [("iss", value) for value in [*issuers, [forge.claims["iss"]], {"x": 1}, 5]]
    wrong += [("sub", value) for value in (GONE, None, "", 5, ["1"], {"x": 1}, True)]
    raws = [
        ("exp", "NaN"),
        ("exp", "Infinity"),
        ("exp", "-Infinity"),
        ("exp", "1e400"),
        ("nbf", "NaN"),
        ("nbf", "1e400"),
    ]
    raws += [("exp", "9" * 5000), ("exp", "9" * 400), ("iat", "Infinity"), ("deep", "[" * 2500 + "]" * 2500)]
    doubled = {"sub": "1", "exp": now + 10**6, "iss": "http://evil.example", "nbf": 0}
    return {
        **{f"{name} {str(value)[:20]!r}": forge.token(**{name: value}) for name, value in wrong},
        **{f"{name} {value[:12]} unquoted": forge.raw(name, value) for name, value in raws if name != "deep"},
        **{f"{name} twice": forge.doubled(name, first) for name, first in doubled.items()},
        "claims that are too deep": forge.raw("deep", "[" * 2900),
        "claims that are a list": forge.signed(json.dumps(forge.header), json.dumps([forge.claims])),
        "claims that are a string": forge.signed(json.dumps(forge.header), json.dumps(json.dumps(forge.claims))),
        "claims that are null": forge.signed(json.dumps(forge.header), "null"),
        "no claims": forge.signed(json.dumps(forge.header), "{}"),
    }


def _broken(forge: Forge) -> dict[str, str]:
    good = forge.token()
    header, payload, signature = good.split(".")
    grown = b64(json.dumps({**forge.claims, "sub": "1", "email": "admin@example.com"}).encode())
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return {
        "empty": "",
        "dots": "..",
        "one part": payload,
        "two parts": f"{header}.{payload}",
        "no signature": f"{header}.{payload}.",
        "four parts": f"{good}.{signature}",
        "five parts, as encrypted ones have": f"{good}.{signature}.{signature}",
        "another payload": f"{header}.{grown}.{signature}",
        "another signature": f"{header}.{payload}.{signature[:middle]}{other}{signature[middle + 1 :]}",
        "half a signature": f"{header}.{payload}.{signature[:middle]}",
        "zeroes for a signature": f"{header}.{payload}.{b64(bytes(256))}",
        "something behind it": f"{good}~",
        "padding behind it": f"{good}==",
        "a plus in it": f"{header}.{payload}.+{signature[1:]}",
        "parts in another order": f"{payload}.{header}.{signature}",
        "truncated": good[: len(good) // 2],
        "huge": forge.token(padding="x" * 9000),
        "hugely wrong": "x" * 20_000,
        "twice": f"{good},{good}",
    }
