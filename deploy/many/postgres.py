"""PostgreSQL, and a replica that follows it."""

import signal
import tempfile
from abc import abstractmethod
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.many.account import Account, CannotRunError
from deploy.many.kept import Kept
from deploy.many.part import Part

SUPERUSER, ROLE, DATABASE = "postgres", "marquee", "marquee"
POOLED = 60  # connections that PgBouncer may have to each database


class PostgresError(OSError):
    """It answered, but not with what was asked."""


def dsn(kept: Kept, port: str, *, user: str = ROLE, database: str = DATABASE) -> str:
    """Where to connect: `port` names the part, or the link, that stands there."""
    return f"postgresql://{user}:{quote(kept.secret(user))}@{kept.address(port)}/{database}"


class Postgres(Part):
    # Fast shutdown, and when that takes too long an immediate one.
    farewell = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 2.0))
    orphaned = signal.SIGINT
    longest = "0"
    """How long a statement may take here, whoever sends it."""

    def __init__(self, name: str, kept: Kept, account: Account) -> None:
        super().__init__(name, kept.folder, account)
        self.kept = kept
        self.data = self.folder / "data"

    @property
    def command(self) -> list[str]:
        return ["postgres", "-D", str(self.data), f"--config-file={self.folder / 'postgresql.conf'}"]

    async def prepare(self) -> None:
        self.write(
            "postgresql.conf",
            data=self.data,
            hba=self.write("pg_hba.conf"),
            port=self.kept.port(self.name),
            pooled=POOLED,
            max_connections=300,
            longest=self.longest,
        )
        if not self.data.exists():
            await self.make_data()

    @abstractmethod
    async def make_data(self) -> None: ...

    async def ask(self, sql: str, database: str = "postgres") -> object:
        """As the superuser, on a connection of its own. Raises OSError."""
        address = dsn(self.kept, self.name, user=SUPERUSER, database=database)
        try:
            connection = await asyncpg.connect(address, timeout=2, statement_cache_size=0)
            try:
                return await connection.fetchval(sql)
            finally:
                await connection.close(timeout=2)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise PostgresError(str(error)) from error

    def run(self, command: list[str], **environment: str) -> None:
        """To its end. Raises CannotRunError."""
        if self.spawn(command, **environment).wait(120):
            raise CannotRunError(f"{command[0]} has failed. {self.last_words()}")


class Primary(Postgres):
    async def make_data(self) -> None:
        """Under another name until it is whole."""
        draft = self.folder / "data.new"
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix="password-") as file:
            file.write(self.kept.secret(SUPERUSER))
            file.flush()
            self.account.own(Path(file.name), 0o600)
            self.run(["rm", "-rf", str(draft)])
            locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
            self.run(
                ["initdb", "-D", str(draft), "-U", SUPERUSER, f"--pwfile={file.name}", "--no-instructions", *locale]
            )
        draft.rename(self.data)

    async def ready(self) -> bool:
        """It takes writes, and our role and database are there."""
        if await self.ask("select pg_is_in_recovery()"):
            return False
        if not await self.ask(f"select 1 from pg_roles where rolname = '{ROLE}'"):
            await self.ask(f"create role {ROLE} login password '{self.kept.secret(ROLE)}'")
        if not await self.ask(f"select 1 from pg_database where datname = '{DATABASE}'"):
            await self.ask(f"create database {DATABASE} owner {ROLE}")
        return True


class Replica(Postgres):
    longest = "4s"

    def __init__(self, kept: Kept, account: Account) -> None:
        super().__init__("replica", kept, account)

    async def make_data(self) -> None:
        """A copy of the primary, which must be running."""
        draft = self.folder / "data.new"
        self.run(["rm", "-rf", str(draft)])
        source = f"{dsn(self.kept, 'primary', user=SUPERUSER)}?application_name=replica"
        self.run(["pg_basebackup", "-D", str(draft), "-R", "--checkpoint=fast", "-d", source])
        draft.rename(self.data)

    async def ready(self) -> bool:
        """It follows."""
        streaming = "select 1 from pg_stat_wal_receiver where status = 'streaming'"
        return bool(await self.ask("select pg_is_in_recovery()")) and bool(await self.ask(streaming))
