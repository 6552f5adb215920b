"""Tokens that nobody may be let in by, made from one good one: the table for every door that takes tokens."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from tests.integrations.hostile_claims import GONE, RAW, abroad, at_home, doubled, everywhere, payloads
from tests.integrations.hostile_headers import headers, headers_at_home, keys_brought_along, secrets, signatures

Parts = Mapping[str, Any]
_OAEP = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)  # noqa: S303 what RFC 7518 calls RSA-OAEP


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


def loosened(part: str) -> str:
    """The same bytes, written with bits that say nothing: only where its length leaves such."""
    return part[:-1] + chr(ord(part[-1]) + 1)  # the last letter of a good one is even: A, E, I, Q, g, w, 0, 4, 8 …


class Forge:
    """Signs anything with a key that is trusted. `header` and `claims` are those of a good token."""

    def __init__(self, key: RSAPrivateKey, header: Parts, claims: Parts) -> None:
        self.key, self.header, self.claims = key, dict(header), dict(claims)

    def token(self, header: Parts | None = None, /, **claims: Any) -> str:
        return self.signed(json.dumps(changed(self.header, header or {})), json.dumps(changed(self.claims, claims)))

    def signed(self, header: str, payload: str | bytes, key: RSAPrivateKey | None = None) -> str:
        body = payload if isinstance(payload, bytes) else payload.encode()
        return self.sealed(f"{b64(header.encode())}.{b64(body)}", key)

    def sealed(self, signing: str, key: RSAPrivateKey | None = None) -> str:
        return f"{signing}.{b64((key or self.key).sign(signing.encode(), padding.PKCS1v15(), SHA256()))}"

    def otherwise(self, sign: Callable[[bytes], bytes], header: Parts) -> str:
        """The good claims, signed in some other way."""
        made = json.dumps(changed(self.header, header))
        signing = f"{b64(made.encode())}.{b64(json.dumps(self.claims).encode())}"
        return f"{signing}.{b64(sign(signing.encode()))}"

    def doubled(self, name: str, first: Any) -> str:
        """Names a claim twice, the good value last."""
        payload = f"{{{json.dumps(name)}: {json.dumps(first)}, {json.dumps(self.claims)[1:]}"
        return self.signed(json.dumps(self.header), payload)

    def raw(self, name: str, value: str) -> str:
        """A claim whose JSON no encoder would write."""
        rest = json.dumps(changed(self.claims, {name: GONE}))
        return self.signed(json.dumps(self.header), f"{{{json.dumps(name)}: {value}, {rest[1:]}")


def hostile(forge: Forge) -> dict[str, str]:
    """By name, what is wrong with the token. For our own issuer, or for another whose audience "spa" is in `azp`."""
    own = forge.header.get("typ") == "at+jwt"
    attacker, published = rsa_key("attacker"), jwk(forge.header["kid"], forge.key)
    claims = {**everywhere(forge.claims["iss"]), **(at_home() if own else abroad())}
    said = {**headers(forge.header["kid"]), **(headers_at_home() if own else {})}
    ways = {**secrets(forge.key, published, forge.claims["iss"]), **signatures(forge.key)}
    ways |= keys_brought_along(attacker, jwk("attacker", attacker))
    return {
        **{name: forge.otherwise(sign, header) for name, (sign, header) in ways.items()},
        **{name: forge.token(changes) for name, changes in said.items()},
        **{name: forge.token(**changes) for name, changes in claims.items()},
        **{f"{name} {value[:12]} unquoted": forge.raw(name, value) for name in RAW for value in RAW[name]},
        **{f"{name} twice": forge.doubled(name, first) for name, first in doubled(forge.claims).items()},
        **{f"claims: {name}": forge.signed(json.dumps(forge.header), body) for name, body in _bodies(forge).items()},
        **_odd_headers(forge),
        **_unsigned(forge),
        **_encrypted(forge),
        **_broken(forge),
        **_written_oddly(forge),
    }


def _bodies(forge: Forge) -> dict[str, bytes]:
    good, text = forge.token(), json.dumps(forge.claims).encode()
    return {
        **payloads(forge.claims),
        "a good token": good.encode(),
        "a good token in quotes": json.dumps(good).encode(),
        "deflated": zlib.compress(text)[2:-4],
        "with zlib's frame": zlib.compress(text),
        "in base 64 twice": b64(text).encode(),
    }


def _odd_headers(forge: Forge) -> dict[str, str]:
    good, claims = json.dumps(forge.header), json.dumps(forge.claims)
    texts = {
        "that is a list": "[]",
        "that is null": "null",
        "that is empty": "{}",
        "that is a string": json.dumps(good),
        "that is no JSON": "{alg: RS256}",
        "of brackets": "[" * 3000,
        "with something behind": f"{good}{good}",
        "with a byte order mark": f"\ufeff{good}",
        "with NaN": f'{{"x": NaN, {good[1:]}',
        "with alg twice, the good one last": f'{{"alg": "none", {good[1:]}',
        "with alg twice, the good one first": f'{good[:-1]}, "alg": "none"}}',
        "with kid twice": f'{{"kid": "attacker", {good[1:]}',
        "with typ twice": f'{{"typ": "ID", {good[1:]}',
        "with a name escaped and twice": f'{{"\\u0061lg": "none", {good[1:]}',
    }
    deflated = zlib.compress(claims.encode())[2:-4]
    return {
        **{f"a header {name}": forge.signed(text, claims) for name, text in texts.items()},
        "zip, and deflated": forge.signed(json.dumps({**forge.header, "zip": "DEF"}), deflated),
        "cty JWT, and a good token in it": forge.signed(json.dumps({**forge.header, "cty": "JWT"}), forge.token()),
    }


def _unsigned(forge: Forge) -> dict[str, str]:
    payload, signature = forge.token().split(".")[1:]
    algs = ("none", "None", "NONE", "nOnE", "")
    nothing = {alg: b64(json.dumps({**forge.header, "alg": alg}).encode()) for alg in algs}
    return {
        **{f"alg {alg!r} without signature": f"{header}.{payload}." for alg, header in nothing.items()},
        **{f"alg {alg!r}, good signature": f"{header}.{payload}.{signature}" for alg, header in nothing.items()},
        "alg none, two parts": f"{nothing['none']}.{payload}",
        "alg none, some signature": f"{nothing['none']}.{payload}.AA",
    }


def _encrypted(forge: Forge) -> dict[str, str]:
    """JWE in its compact form, which anybody can make for a published key."""
    secret, nonce, claims = bytes(32), bytes(12), json.dumps(forge.claims).encode()

    def five(wrapped: bytes, content: bytes, **header: Any) -> str:
        first = b64(json.dumps(changed(forge.header, {"enc": "A256GCM", **header})).encode())
        sealed = AESGCM(secret).encrypt(nonce, content, first.encode())
        return ".".join([first, *map(b64, (wrapped, nonce, sealed[:-16], sealed[-16:]))])

    wrapped = forge.key.public_key().encrypt(secret, _OAEP)
    return {
        "encrypted claims": five(wrapped, claims, alg="RSA-OAEP"),
        "an encrypted good token": five(wrapped, forge.token().encode(), alg="RSA-OAEP", cty="JWT"),
        "encrypted, RS256 said": five(wrapped, claims),
        "encrypted with a key that goes without saying": five(b"", claims, alg="dir"),
        "encrypted by a password that takes years": five(secret, claims, alg="PBES2-HS256+A128KW", p2c=2**31, p2s="AA"),
    }


def _broken(forge: Forge) -> dict[str, str]:
    good = forge.token()
    header, payload, signature = good.split(".")
    grown = b64(json.dumps({**forge.claims, "sub": "1", "email": "admin@example.com"}).encode())
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return {
        "empty": "",
        **{name: name for name in (".", "..", "...", "a.b.c", "null", "undefined", "{}", "true", "Bearer", "0")},
        "one part": payload,
        "two parts": f"{header}.{payload}",
        "no signature": f"{header}.{payload}.",
        "no payload": f"{header}..{signature}",
        "no header": f".{payload}.{signature}",
        "four parts": f"{good}.{signature}",
        "five parts": f"{good}.{signature}.{signature}",
        "another payload": f"{header}.{grown}.{signature}",
        "another header": f"{b64(json.dumps({**forge.header, 'x': 1}).encode())}.{payload}.{signature}",
        "another good token's signature": f"{header}.{payload}.{forge.token(jti='other').rpartition('.')[2]}",
        "another signature": f"{header}.{payload}.{signature[:middle]}{other}{signature[middle + 1 :]}",
        "half a signature": f"{header}.{payload}.{signature[:middle]}",
        "parts in another order": f"{payload}.{header}.{signature}",
        "backwards": good[::-1],
        "in small letters": good.lower(),
        "truncated": good[: len(good) // 2],
        "twice": f"{good},{good}",
        "twice in a row": good + good,
        "in base 64": b64(good.encode()),
        "in hexadecimal": good.encode().hex(),
        "as JSON": json.dumps({"protected": header, "payload": payload, "signature": signature}),
        "huge": forge.token(padding="x" * 9000),
        "a little too long": forge.sealed(f"{header}.{b64(json.dumps({**forge.claims, 'x': 'x' * 6000}).encode())}"),
        "hugely wrong": "x" * 20_000,
        "dots": "." * 8000,
    }


def _written_oddly(forge: Forge) -> dict[str, str]:
    """A good token in a spelling that some reader may take for it."""
    good = forge.token()
    header, payload, signature = good.split(".")
    inside = {
        "a space": " ",
        "a newline": "\n",
        "a tab": "\t",
        "NUL": "\0",
        "a comma": ",",
        "a plus": "+",
        "a slash": "/",
    }
    inside |= {"a no-break space": "\xa0", "no width": "\u200b", "a percent sign": "%", "padding": "=", "a tilde": "~"}
    spaced = json.dumps(forge.claims) + " " * ((1 - len(json.dumps(forge.claims))) % 3)
    wide = good.replace(good[5], chr(ord(good[5]) + 0xFEE0), 1)
    return {
        **{f"{name} before it": f"{text}{good}" for name, text in inside.items()},
        **{f"{name} behind it": f"{good}{text}" for name, text in inside.items()},
        **{f"{name} in it": f"{good[:-9]}{text}{good[-9:]}" for name, text in inside.items()},
        **{f"{name} for a dot": good.replace(".", text) for name, text in inside.items()},
        "padding behind each part": f"{header}==.{payload}==.{signature}==",
        "three letters more": f"{good}AAA",
        "bits that say nothing in the signature": f"{header}.{payload}.{loosened(signature)}",
        "bits that say nothing in the payload": forge.sealed(f"{header}.{loosened(b64(spaced.encode()))}"),
        "a dot percent-encoded": good.replace(".", "%2E"),
        "a letter percent-encoded": f"%{ord(good[0]):x}{good[1:]}",
        "a wide letter": wide,
        "digits of another script": "".join(chr(ord(c) + 0x630) if c.isdigit() else c for c in good),
        "letters of another script": good.replace("a", "а").replace("e", "е").replace("o", "о"),
        "in quotes": f'"{good}"',
        "in angle brackets": f"<{good}>",
        "with its scheme": f"Bearer {good}",
        "with its name": f"access_token={good}",
    }
