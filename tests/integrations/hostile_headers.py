"""What hostile tokens say in their header, and how they are signed; the claims are good in all of them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import der_to_raw_signature

from tests.integrations.hostile_claims import GONE, named

Header = Mapping[str, Any]
Signed = tuple[Callable[[bytes], bytes], Header]
SIZE = 256
_CLOSED = "http://127.0.0.1:9"  # where nobody listens: who asked there would fail in another way
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def headers(kid: str) -> dict[str, Header]:
    """Changes of a header that is signed with the good key."""
    kids = [GONE, None, "", "unknown", kid.swapcase(), f"{kid} ", f"{kid}\0", f"{kid}\n", f"../{kid}", "\0", "*", "0"]
    kids += ["../../etc/passwd", "/dev/null", "' or 1=1 --", f"{_CLOSED}/key", "x" * 4000, 1, True, [kid], {kid: 1}]
    algs = [GONE, None, "", "rs256", "RS256 ", " RS256", "RS256\0", "RSA256", "RS384", "RS512", "PS256", "ES256"]
    algs += ["EdDSA", "HS256", "RSA-OAEP", "dir", "*", ["RS256"], ["none", "RS256"], {"RS256": 1}, 256, True]
    types: list[Any] = ["logout+jwt", "dpop+jwt", "secevent+jwt", "rt+jwt", "id+jwt", "oauth-authz-req+jwt", "JWE"]
    types += ["JOSE", "JOSE+JSON", "at+jwt ", "at+jwt\0", "jwt, at+jwt", "", None, 5, True, ["JWT"], {"at+jwt": 1}]
    return {
        **named("kid", [*kids, "enc", "oaep"]),
        **named("alg", algs),
        **_types(types),
        **named("crit", [["exp"], ["alg"], [], [""], [1], None, "exp", True, {}]),
        "crit, unknown": {"crit": [f"{_CLOSED}/x"], f"{_CLOSED}/x": True},
        "crit, b64": {"b64": True, "crit": ["b64"]},
        "a payload that is not in base 64": {"b64": False, "crit": ["b64"]},
        "a payload that is not in base 64, not critical": {"b64": False},
        **named("zip", ["DEF", "GZIP", "", None]),
        **named("cty", ["JWT", "jwt", "application/jwt", "json"]),
        **named("enc", ["A256GCM", None]),
    }


def headers_at_home() -> dict[str, Header]:
    """Our own tokens say exactly what they are."""
    return _types([GONE, "JWT", "jwt", "AT+JWT", "application/at+jwt"])


def _types(values: list[Any]) -> dict[str, Header]:
    return {f"header's {name}": changes for name, changes in named("typ", values).items()}


def secrets(key: RSAPrivateKey, published: Header, issuer: str) -> dict[str, Signed]:
    """What is public, taken for a secret."""
    public = key.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    known = {
        "the public PEM": pem,
        "the public PEM, stripped": pem.strip(),
        "the public PEM, as Windows writes it": pem.replace(b"\n", b"\r\n"),
        "the public PEM, in one line": b"".join(pem.split(b"\n")[1:-2]),
        "the public PEM of PKCS 1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "the public DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "the public DER of PKCS 1": public.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "the modulus": public.public_numbers().n.to_bytes(SIZE),
        "the modulus as published": published["n"].encode(),
        "the key as published": json.dumps(published).encode(),
        "the key as published, compact": json.dumps(published, separators=(",", ":")).encode(),
        "all keys as published": json.dumps({"keys": [published]}).encode(),
        "all keys as published, compact": json.dumps({"keys": [published]}, separators=(",", ":")).encode(),
        "the kid": published["kid"].encode(),
        "the issuer": issuer.encode(),
        "a random secret": b"x" * 32,
        "a usual secret": b"secret",
        "an empty secret": b"",
    }
    return {
        **{f"HS256 with {name}": (_mac(secret), {"alg": "HS256"}) for name, secret in known.items()},
        "HS384 with the public PEM": (_mac(pem, "sha384"), {"alg": "HS384"}),
        "HS512 with the public PEM": (_mac(pem, "sha512"), {"alg": "HS512"}),
        "HS512 said, HS256 done": (_mac(pem), {"alg": "HS512"}),
        "RS256 said, HS256 done": (_mac(pem), {}),
    }


def _mac(secret: bytes, digest: str = "sha256") -> Callable[[bytes], bytes]:
    return partial(hmac.digest, secret, digest=digest)


def keys_brought_along(attacker: RSAPrivateKey, own_jwk: Header) -> dict[str, Signed]:
    """Signed by somebody else, who says where the key is."""
    sign = _pkcs1(attacker)
    der = attacker.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    x5c, thumb = [base64.b64encode(der).decode()], base64.urlsafe_b64encode(hashlib.sha1(der).digest())[:-1].decode()  # noqa: S324
    brought: dict[str, Header] = {
        "nothing": {},
        "jwk": {"jwk": own_jwk},
        "jku": {"jku": f"{_CLOSED}/jwks.json"},
        "jku with another's name before it": {"jku": "http://issuer.example@127.0.0.1:9/jwks.json"},
        "jku of a file": {"jku": "file:///etc/passwd"},
        "jku that holds the key": {"jku": f"data:application/json,{json.dumps({'keys': [own_jwk]})}"},
        "x5u": {"x5u": f"{_CLOSED}/cert.pem"},
        "x5c": {"x5c": x5c},
        "x5t": {"x5t": thumb},
        "x5t and x5c": {"x5t": thumb, "x5c": x5c},
        "x5t#S256": {"x5t#S256": base64.urlsafe_b64encode(hashlib.sha256(der).digest())[:-1].decode()},
        "keys": {"keys": [own_jwk]},
    }
    return {
        **{f"another key under the good kid, with {name}": (sign, header) for name, header in brought.items()},
        **{
            f"another key under its own kid, with {name}": (sign, {**h, "kid": "attacker"})
            for name, h in brought.items()
        },
    }


def signatures(key: RSAPrivateKey) -> dict[str, Signed]:
    """By the good key, but not as RS256 wants it; and by keys of other kinds."""
    pss, curve, edwards = padding.PSS(padding.MGF1(SHA256()), 32), ec.generate_private_key(ec.SECP256R1()), ed25519
    n = key.public_key().public_numbers().n
    good = _pkcs1(key)
    return {
        "RS384 with the good key": (_pkcs1(key, SHA384()), {"alg": "RS384"}),
        "RS512 with the good key": (_pkcs1(key, SHA512()), {"alg": "RS512"}),
        "RS1 with the good key": (_pkcs1(key, SHA1()), {"alg": "RS1"}),  # noqa: S303
        "PS256 with the good key": (lambda data: key.sign(data, pss, SHA256()), {"alg": "PS256"}),
        "RS256 said, PS256 done": (lambda data: key.sign(data, pss, SHA256()), {}),
        "RS256 said, RS512 done": (_pkcs1(key, SHA512()), {}),
        "RS256 said, RS1 done": (_pkcs1(key, SHA1()), {}),  # noqa: S303
        "ES256 with a key of its own": (lambda data: _on_curve(curve, data), {"alg": "ES256"}),
        "RS256 said, ES256 done": (lambda data: _on_curve(curve, data), {}),
        "ES256 with zeroes": (lambda _: bytes(64), {"alg": "ES256"}),
        "EdDSA with a key of its own": (edwards.Ed25519PrivateKey.generate().sign, {"alg": "EdDSA"}),
        "only the header signed": (lambda data: good(data.partition(b".")[0]), {}),
        "only the payload signed": (lambda data: good(data.partition(b".")[2]), {}),
        "header and payload signed without the dot": (lambda data: good(data.replace(b".", b"")), {}),
        "the hash signed": (lambda data: good(hashlib.sha256(data).digest()), {}),
        "a hash for a signature": (lambda data: hashlib.sha256(data).digest(), {}),
        "the signature and a zero before it": (lambda data: b"\0" + good(data), {}),
        "the signature and a zero behind it": (lambda data: good(data) + b"\0", {}),
        "the signature twice": (lambda data: good(data) * 2, {}),
        "the signature backwards": (lambda data: good(data)[::-1], {}),
        "the signature and the modulus": (lambda data: (int.from_bytes(good(data)) + n).to_bytes(SIZE + 1), {}),
        "the modulus without the signature": (lambda data: (n - int.from_bytes(good(data))).to_bytes(SIZE), {}),
        **{f"{name} for a signature": (partial(_always, made), {}) for name, made in _numbers(n).items()},
        **{f"padding: {name}": (partial(_powered, key, block), {}) for name, block in _BLOCKS.items()},
    }


def _numbers(n: int) -> dict[str, bytes]:
    numbers = {"zero": 0, "one": 1, "the modulus": n, "the modulus less one": n - 1}
    return {name: number.to_bytes(SIZE) for name, number in numbers.items()} | {"a byte": b"\0"}


def _always(made: bytes, _data: bytes) -> bytes:
    return made


def _pkcs1(key: RSAPrivateKey, algorithm: HashAlgorithm | None = None) -> Callable[[bytes], bytes]:
    return lambda data: key.sign(data, padding.PKCS1v15(), algorithm or SHA256())


def _on_curve(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return der_to_raw_signature(key.sign(data, ec.ECDSA(SHA256())), key.curve)


def _block(lead: bytes, filling: bytes, info: bytes, digest: bytes, tail: bytes = b"") -> bytes:
    """What PKCS 1 signs: 00, the kind, a filling, 00, and what the hash is."""
    rest = b"\0" + info + digest + tail
    return lead + filling * (SIZE - len(lead) - len(rest)) + rest


# Each is one that some verifier has taken for good.
_BLOCKS: dict[str, Callable[[bytes], bytes]] = {
    "no word on the hash": partial(_block, b"\0\1", b"\xff", b""),
    "another word on the hash": partial(_block, b"\0\1", b"\xff", bytes.fromhex("302f300b06096086480165030402010420")),
    "that of encryption": partial(_block, b"\0\2", b"\xaa", _SHA256_INFO),
    "of zeroes": partial(_block, b"\0\1", b"\0", _SHA256_INFO),
    "of ones": partial(_block, b"\0\1", b"\1", _SHA256_INFO),
    "short, and something behind the hash": lambda digest: _block(
        b"\0\1", b"\xff", _SHA256_INFO, digest, bytes(SIZE - 64 - len(_SHA256_INFO))
    ),
}


def _powered(key: RSAPrivateKey, block: Callable[[bytes], bytes], data: bytes) -> bytes:
    numbers = key.private_numbers()
    padded = int.from_bytes(block(hashlib.sha256(data).digest()))
    return pow(padded, numbers.d, numbers.public_numbers.n).to_bytes(SIZE)
