"""Three stores behind one port: the embedded one, S3 by moto, S3 by rclone."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aioboto3
import httpx2
import pytest

from domain.media import ObjectStore
from integrations.local_store import LocalStore
from integrations.s3 import S3Store
from integrations.s3_client import S3Client
from integrations.secrets import SignedPaths
from tests.integrations.objects.servers import BUCKET, KEY_ID, SECRET, moto, rclone

REGION = "ap-northeast-2"
_numbers = count(1)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture(scope="session")
def rclone_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rclone(tmp_path_factory.mktemp("rclone")) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    """Where the platform would put them; and nothing of the developer's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        yield


@asynccontextmanager
async def s3_store(url: str, bucket: str = BUCKET, **patience: float) -> AsyncIterator[S3Store]:
    store = S3Store(S3Client(REGION, url, "path"), bucket, **patience)
    async with store.running():
        yield store


@pytest.fixture(scope="session")
async def by_moto(moto_url: str) -> AsyncIterator[S3Store]:
    async with aioboto3.Session().client("s3", endpoint_url=moto_url, region_name=REGION) as client:
        await client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    async with s3_store(moto_url) as store:
        yield store


@pytest.fixture(scope="session")
async def by_rclone(rclone_url: str) -> AsyncIterator[S3Store]:
    async with s3_store(rclone_url) as store:
        yield store


@pytest.fixture
def paths() -> SignedPaths:
    return SignedPaths("for tests only, and as long as it has to be")


@pytest.fixture
def local(tmp_path: Path, paths: SignedPaths) -> LocalStore:
    return LocalStore(tmp_path / "media", paths)


@pytest.fixture(params=["local", "by_moto", "by_rclone"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    found: ObjectStore = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["by_moto", "by_rclone"])
def bucket(request: pytest.FixtureRequest) -> S3Store:
    """One of the stores that sign absolute addresses."""
    found: S3Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who was given an address, and knows nothing else."""
    async with httpx2.AsyncClient(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def folder() -> str:
    """The beginning of keys that nobody has used yet, without a slash at its end."""
    return f"test-{next(_numbers)}"


async def everything(store: ObjectStore, stored: Any) -> bytes:
    return b"".join([piece async for piece in store.read(stored, 0, stored.size_bytes)])
