"""Redis, for what may be lost."""

import asyncio

from deploy.many.account import Account
from deploy.many.kept import Kept
from deploy.many.part import Part


def url(kept: Kept, port: str = "redis", number: int = 0) -> str:
    """`port` names the part, or the link, that stands there; `number` one of its sixteen databases."""
    return f"redis://:{kept.secret('redis')}@{kept.address(port)}/{number}"


class Redis(Part):
    def __init__(self, kept: Kept, account: Account) -> None:
        super().__init__("redis", kept.folder, account)
        self._kept = kept

    @property
    def command(self) -> list[str]:
        return ["redis-server", str(self.folder / "redis.conf")]

    async def prepare(self) -> None:
        kept = self._kept
        self.write("redis.conf", port=kept.port(self.name), password=kept.secret(self.name), folder=self.folder)

    async def ready(self) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._kept.port(self.name))
        try:
            writer.write(f"AUTH {self._kept.secret(self.name)}\r\nPING\r\n".encode())
            return [await reader.readline(), await reader.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        finally:
            writer.close()
