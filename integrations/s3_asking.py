"""Asking S3: bounded in time, its failures told as one kind of error."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from integrations.object_failures import silent, unavailable

_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII)


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
        raise unavailable(f"gave an answer that cannot be read ({type(error).__name__})") from None
    except RuntimeError as error:  # of credentials that are renewed and expired all the same, or of a closed client
        raise unavailable(f"cannot be used ({type(error).__name__})") from None


def status(error: ClientError) -> int:
    """The HTTP status of a refusal; 0 where there is none."""
    found = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return found if isinstance(found, int) else 0


def said(word: object) -> str:
    """A code of S3's, fit for the log."""
    return word if isinstance(word, str) and _WORD.fullmatch(word) else "and says nothing that can be read"
