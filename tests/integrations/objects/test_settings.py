"""The settings of the object store and its CDN, and what is made of them."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from composition.cloudfront import cloudfront
from composition.s3 import s3
from integrations.cloudfront import CloudFront
from integrations.s3 import S3Store
from settings import Settings
from tests.integrations.objects.test_cdn import DOMAIN, UNTIL, pem

KEY = pem(rsa.generate_private_key(65537, 2048))
PAIR = {"cloudfront_domain": DOMAIN, "cloudfront_key_pair_id": "K2JCJMDEHXQW5F", "cloudfront_private_key": KEY}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


def test_a_bucket_is_asked_as_the_settings_say() -> None:
    assert isinstance(s3(settings(s3_bucket_name="videos")), S3Store)
    assert settings().s3_region == "ap-northeast-2"
    assert settings().s3_style == "virtual"
    assert settings(s3_endpoint_url="http://minio:9000/").s3_style == "path"
    assert settings(s3_endpoint_url="http://minio:9000/").s3_endpoint_url == "http://minio:9000"
    assert settings(s3_endpoint_url="https://s3.example.com", s3_addressing_style="virtual").s3_style == "virtual"
    assert settings(s3_addressing_style="path").s3_style == "path"


async def test_the_style_is_the_one_of_its_addresses() -> None:
    styles = {
        "path": {"s3_endpoint_url": "http://minio.example:9000"},
        "virtual": {"s3_endpoint_url": "http://minio.example:9000", "s3_addressing_style": "virtual"},
        "AWS": {},
    }
    begins = {
        "path": "http://minio.example:9000/videos/a.png?",
        "virtual": "http://videos.minio.example:9000/a.png?",
        "AWS": "https://videos.s3.ap-northeast-2.amazonaws.com/a.png?",
    }
    for name, given in styles.items():
        store = s3(settings(s3_bucket_name="videos", **given))
        async with store.running():
            assert (await store.address("a.png", 60)).startswith(begins[name])


def test_the_key_of_cloudfront_is_in_the_setting_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    for given in (KEY, KEY.replace("\n", "\\n"), str(tmp_path / "key.pem")):
        cdn = cloudfront(settings(**PAIR | {"cloudfront_private_key": given}))
        assert isinstance(cdn, CloudFront)
        assert cdn.address("a.mp4", UNTIL).startswith(f"https://{DOMAIN}/a.mp4?Expires=")


@pytest.mark.parametrize("missing", PAIR)
def test_the_key_pair_of_cloudfront_is_whole_or_not_there(missing: str) -> None:
    with pytest.raises(ValidationError, match="belong together, and to a CLOUDFRONT_DOMAIN"):
        settings(**{name: value for name, value in PAIR.items() if name != missing})
    assert settings(cloudfront_domain=DOMAIN).cloudfront_key_pair_id is None


def test_a_key_that_cannot_be_read_is_told_at_the_start_and_not_shown(tmp_path: Path) -> None:
    other = pem(ec.generate_private_key(ec.SECP256R1()))
    half = KEY[: len(KEY) // 2]
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for wrong in (other, half, "x" * 5000, "\x00", str(tmp_path), str(tmp_path / "none"), str(tmp_path / "binary")):
        with pytest.raises(ValidationError, match="CLOUDFRONT_PRIVATE_KEY is no RSA key in PEM") as raised:
            settings(**PAIR | {"cloudfront_private_key": wrong})
        assert wrong[:40] not in str(raised.value)


@pytest.mark.parametrize(
    "wrong", ["https://a.example", "a.example/path", "a.example:443", "localhost", "a b.example", ""]
)
def test_a_domain_is_a_host_alone(wrong: str) -> None:
    with pytest.raises(ValidationError, match="cloudfront_domain"):
        settings(cloudfront_domain=wrong)


@pytest.mark.parametrize(
    "given",
    [
        {"s3_endpoint_url": "minio:9000"},
        {"s3_endpoint_url": "http://key:secret@minio:9000"},
        {"s3_bucket_name": "videos/films"},
        {"s3_bucket_name": "a"},
        {"s3_addressing_style": "sideways"},
    ],
    ids=str,
)
def test_what_could_not_work_is_told_at_the_start(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**given)
