"""Reading everything that search is to know, a portion at a time."""

import asyncio
from collections.abc import AsyncIterator

from domain.search import Document
from domain.search_index import Documents

_AT_ONCE = 500


async def all_ids(documents: Documents) -> AsyncIterator[list[int]]:
    last = 0
    while ids := await documents.ids_after(last, _AT_ONCE):
        yield ids
        last = ids[-1]
        await asyncio.sleep(0)


async def all_documents(documents: Documents) -> AsyncIterator[list[Document]]:
    async for ids in all_ids(documents):
        yield list((await documents.by_ids(ids)).values())
