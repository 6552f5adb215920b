"""PgBouncer, in transaction mode."""

from collections.abc import Sequence

import asyncpg

from deploy.many.account import Account
from deploy.many.kept import Kept
from deploy.many.part import Part
from deploy.many.postgres import POOLED, ROLE, PostgresError, dsn


class PgBouncer(Part):
    # Its SIGINT waits for clients, who are to look elsewhere.

    def __init__(self, kept: Kept, account: Account, users: Sequence[str] = (ROLE,)) -> None:
        super().__init__("pgbouncer", kept.folder, account)
        self._kept, self._users = kept, users

    @property
    def command(self) -> list[str]:
        return ["pgbouncer", str(self.folder / "pgbouncer.ini")]

    async def prepare(self) -> None:
        listed = "\n".join(f'"{user}" "{self._kept.secret(user)}"' for user in self._users)
        users = self.write("userlist.txt", users=listed)
        ports = {"port": self._kept.port(self.name), "primary": self._kept.port("primary")}
        self.write("pgbouncer.ini", users=users, pool=POOLED, **ports)

    @property
    def _address(self) -> str:
        """Of a database that nobody wants a copy of: PgBouncer stays connected."""
        return dsn(self._kept, self.name, database="postgres")

    async def ready(self) -> bool:
        """A statement comes through."""
        try:
            connection = await asyncpg.connect(self._address, timeout=2, statement_cache_size=0)
            try:
                return bool(await connection.fetchval("select 1"))
            finally:
                await connection.close(timeout=2)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise PostgresError(str(error)) from error
