"""Persisted queries in the memory of this process."""

from collections import OrderedDict

_MOST_DOCUMENTS = 1000
_MOST_BYTES = 10_000_000


class MemoryQueries:
    """The last used of them, by number and by their bytes together. One that is too large for all of it is not kept."""

    def __init__(self, most_documents: int = _MOST_DOCUMENTS, most_bytes: int = _MOST_BYTES) -> None:
        self._most_documents, self._most_bytes, self._bytes = most_documents, most_bytes, 0
        self._kept: OrderedDict[str, str] = OrderedDict()

    async def get(self, sha256_hex: str) -> str | None:
        text = self._kept.get(sha256_hex)
        if text is not None:
            self._kept.move_to_end(sha256_hex)
        return text

    async def keep(self, sha256_hex: str, text: str) -> None:
        if sha256_hex in self._kept or (size := _size(text)) > self._most_bytes:
            return
        self._kept[sha256_hex] = text
        self._bytes += size
        while len(self._kept) > self._most_documents or self._bytes > self._most_bytes:
            _, forgotten = self._kept.popitem(last=False)
            self._bytes -= _size(forgotten)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
