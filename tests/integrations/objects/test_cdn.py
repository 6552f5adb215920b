"""Addresses of the CDN: anybody can check what CloudFront would."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.media import Cdn
from integrations.cdn import PlainCdn
from integrations.cloudfront import CloudFront

DOMAIN = "d111111abcdef8.cloudfront.net"
UNTIL = datetime(2026, 11, 21, 19, 0, 0, 999, tzinfo=timezone(timedelta(hours=9)))
KEYS = {
    "a/b.mp4": "a/b.mp4",
    "a b+c.mp4": "a%20b%2Bc.mp4",
    "100%#?.mp4": "100%25%23%3F.mp4",
    "폴더/a.mp4": "%ED%8F%B4%EB%8D%94/a.mp4",
    'it\'s "a".mp4': "it%27s%20%22a%22.mp4",
}
_key = rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(("key", "quoted"), KEYS.items())
def test_a_plain_cdn_is_the_domain_and_the_quoted_key(key: str, quoted: str) -> None:
    cdn: Cdn = PlainCdn(DOMAIN)
    assert not cdn.signs
    assert cdn.address(key, UNTIL) == f"https://{DOMAIN}/{quoted}"


@pytest.mark.parametrize(("key", "quoted"), KEYS.items())
def test_a_signed_address_says_until_when_and_the_public_key_agrees(key: str, quoted: str) -> None:
    cdn: Cdn = CloudFront(DOMAIN, "K2JCJMDEHXQW5F", pem(_key))
    assert cdn.signs
    resource, _, query = cdn.address(key, UNTIL).partition("?")
    asked = {name: values[0] for name, values in parse_qs(query, strict_parsing=True).items()}
    assert resource == f"https://{DOMAIN}/{quoted}"
    assert asked.keys() == {"Expires", "Signature", "Key-Pair-Id"}
    assert asked["Key-Pair-Id"] == "K2JCJMDEHXQW5F"
    assert int(asked["Expires"]) == datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp()
    signature = base64.b64decode(asked["Signature"].translate(str.maketrans("-_~", "+=/")), validate=True)
    _key.public_key().verify(signature, policy(resource, asked["Expires"]), PKCS1v15(), SHA1())  # noqa: S303
    later = policy(resource, str(int(asked["Expires"]) + 1))
    with pytest.raises(InvalidSignature):
        _key.public_key().verify(signature, later, PKCS1v15(), SHA1())  # noqa: S303


def test_another_kind_of_key_signs_nothing() -> None:
    for wrong in (pem(ec.generate_private_key(ec.SECP256R1())), "no key", ""):
        with pytest.raises(ValueError):  # noqa: PT011 whose words are cryptography's
            CloudFront(DOMAIN, "K2JCJMDEHXQW5F", wrong)


def policy(resource: str, expires: str) -> bytes:
    """The canned one, as CloudFront puts it together from an address."""
    condition = {"DateLessThan": {"AWS:EpochTime": int(expires)}}
    return json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]}, separators=(",", ":")).encode()
