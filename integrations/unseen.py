"""Asking strangers who want secrets in the query string, so that no line of a log and no exception shows it."""

import asyncio
from collections.abc import Mapping

import httpx2

from integrations.strangers import Stranger


class UnseenQuery(httpx2.URL):
    """An address that is sent whole, and written without its query."""

    def __str__(self) -> str:
        return str(self.copy_with(query=None))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Confidant(Stranger):
    """A stranger who is asked by GET alone, with secrets in the query string. All else is as with others."""

    async def tell(
        self, limit: asyncio.Timeout, url: str, parameters: Mapping[str, str], *, again: bool = True
    ) -> httpx2.Response:
        """What it answers, as `ask` does; `again` is False for what works once. Raises Refusal UPSTREAM_FAILED."""
        request = httpx2.Request("GET", url)
        # httpx2 writes the address of each request to the log, stamina the request that it makes again.
        request.url = UnseenQuery(url, params=parameters)
        return await self.send(limit, request, again=lambda _error: again)
