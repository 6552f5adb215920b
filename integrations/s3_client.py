"""One client of S3 for the process, and asking it: bounded in time, its failures told as one kind of error.

Credentials come from where the platform puts them (environment, profile, IRSA).
"""

import asyncio
import base64
import hashlib
import re
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from domain.errors import Unavailable
from domain.media import PATIENCE_SECONDS
from integrations.object_failures import silent, unavailable

_CONNECT_SECONDS = 2
_MOST_CONNECTIONS = 1000  # a stream holds one for as long as somebody watches
_READ_SECONDS = 60  # a last resort: who asks sets a shorter time
_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII)


class S3Client:
    """Does nothing before it runs. It is made when there are credentials, also when they come late."""

    def __init__(
        self, region: str, endpoint_url: str | None, addressing_style: str, public_url: str | None = None
    ) -> None:
        """`public_url` is where browsers reach what we reach at `endpoint_url`, if by another address."""
        self._region, self._style = region, addressing_style
        self._endpoint_url, self._public_url = endpoint_url, public_url or endpoint_url
        self._making = asyncio.Lock()
        self._session: Any = None
        self._clients: dict[str | None, Any] = {}
        self._open = AsyncExitStack()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._session = aioboto3.Session(region_name=self._region)
        async with AsyncExitStack() as self._open:
            try:
                with suppress(Unavailable):  # the log has it, and the first question tries again
                    async with asking(PATIENCE_SECONDS):
                        await self.get()
                yield
            finally:
                self._session, self._clients = None, {}

    async def get(self) -> Any:
        """An S3 client of aiobotocore. Raises botocore's NoCredentialsError."""
        return await self._at(self._endpoint_url)

    async def signing(self) -> Any:
        """One whose addresses browsers reach; it asks nobody. Raises botocore's NoCredentialsError."""
        return await self._at(self._public_url)

    async def signs_as(self) -> str:
        """Who signs now, by the id of the key. Temporary credentials take their addresses with them when they end."""
        frozen = await (await self._credentials()).get_frozen_credentials()
        return str(frozen.access_key)

    async def _at(self, url: str | None) -> Any:
        if url not in self._clients:
            async with self._making:
                if url not in self._clients:
                    self._clients[url] = await self._made(url)
        return self._clients[url]

    async def _made(self, url: str | None) -> Any:
        await self._credentials()
        client = await self._open.enter_async_context(
            self._session.client("s3", endpoint_url=url, config=self._config())
        )
        client.meta.events.register("before-call.s3.DeleteObjects", _with_md5)
        return client

    async def _credentials(self) -> Any:
        if self._session is None:
            raise AssertionError("the client of S3 does not run")
        found = await self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found

    def _config(self) -> AioConfig:
        return AioConfig(
            signature_version="s3v4",
            s3={"addressing_style": self._style},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=_MOST_CONNECTIONS,
            # The checksums that are not required are unknown to other makes of S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )


def _with_md5(params: dict[str, Any], **_: object) -> None:
    """The checksum that every make of S3 takes for a list of keys; the newer one that botocore sends, many refuse."""
    params["context"].pop("checksum", None)
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()


@asynccontextmanager
async def asking(seconds: float) -> AsyncIterator[None]:
    """The time for everything that one question needs. Raises Unavailable, or UpstreamSilent where time is up."""
    # `from None`, because what is raised there quotes addresses, and these are signed.
    try:
        async with asyncio.timeout(seconds):
            yield
    except (TimeoutError, ReadTimeoutError, ConnectTimeoutError):
        raise silent() from None
    except ClientError as error:
        raise unavailable(f"refuses ({status(error)} {said(error.response.get('Error', {}).get('Code'))})") from None
    except (NoCredentialsError, CredentialRetrievalError):
        raise unavailable("cannot be asked, for there are no credentials") from None
    except (BotoCoreError, aiohttp.ClientError, OSError) as error:
        raise unavailable(f"cannot be reached ({type(error).__name__})") from None
    except (ResponseParserError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise unavailable(f"gave an answer that cannot be read ({type(error).__name__} in {_where(error)})") from None
    except RuntimeError as error:  # of credentials that are renewed and expired all the same, or of a closed client
        raise unavailable(f"cannot be used ({type(error).__name__} in {_where(error)})") from None


def _where(error: Exception) -> str:
    """The place that raised it: should it be a fault of ours, it is to be found."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}, line {frame.lineno}"


def status(error: ClientError) -> int:
    """The HTTP status of a refusal; 0 where there is none."""
    found = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return found if isinstance(found, int) else 0


def said(word: object) -> str:
    """A code of S3's, fit for the log."""
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "and says nothing that can be read"
