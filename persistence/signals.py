"""News between processes by LISTEN and NOTIFY: one connection of its own listens, and says so when it lost the line."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
import sqlalchemy as sa
import structlog

from domain.ports import Wake
from persistence.database import Connection
from persistence.statements import plain

_CHANNEL = "marquee"
_MOST_IDS = 1000
_HEARTBEAT_SECONDS = 2.0
_log = structlog.get_logger("signals")

_NOTIFY = plain(sa.select(sa.func.pg_notify(_CHANNEL, sa.bindparam("payload", type_=sa.Text))))

_payloads = sa.func.unnest(sa.bindparam("payloads", type_=sa.ARRAY(sa.Text))).column_valued("payload")
_NOTIFY_EACH = plain(sa.select(sa.func.pg_notify(_CHANNEL, _payloads)))


class Inbox:
    """What one listener has not yet heard. Too much of it is the same as a lost line: look for yourself."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._lost = False
        self._news = asyncio.Event()

    async def wait(self) -> Wake:
        await self._news.wait()
        self._news.clear()
        wake = Wake(tuple(self._ids), self._lost)
        self._ids, self._lost = [], False
        return wake

    def hear(self, ids: Sequence[int]) -> None:
        if len(self._ids) + len(ids) > _MOST_IDS:
            self.lose()
        else:
            self._ids.extend(ids)
            self._news.set()

    def lose(self) -> None:
        self._ids, self._lost = [], True
        self._news.set()


class PostgresSignals:
    """`run` must be running for `listen` to hear anything. `dsn` must not lead through PgBouncer's transaction mode."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._inboxes: dict[str, set[Inbox]] = defaultdict(set)

    async def announce(self, transaction: Connection, topic: str, key: int, ids: Sequence[int]) -> None:
        payload = ":".join((topic, str(key), ",".join(map(str, ids))))
        await _NOTIFY.run(transaction, payload=payload)

    async def announce_each(self, transaction: Connection, topic: str, ids: Mapping[int, int]) -> None:
        await _NOTIFY_EACH.run(transaction, payloads=[f"{topic}:{key}:{one}" for key, one in ids.items()])

    @contextmanager
    def listen(self, *topics: tuple[str, int]) -> Iterator[Inbox]:
        inbox, names = Inbox(), [f"{topic}:{key}" for topic, key in topics]
        for name in names:
            self._inboxes[name].add(inbox)
        try:
            yield inbox
        finally:
            for name in names:
                self._inboxes[name].discard(inbox)
                if not self._inboxes[name]:
                    del self._inboxes[name]

    async def run(self) -> None:
        """Listens until cancelled. After each loss of the line every listener is made to look again."""
        while True:
            reason = "hung up"
            try:
                await self._hold_line()
            except Exception as error:
                # Whatever it was: a process that stopped listening would be deaf for ever.
                reason = repr(error)[:200]
            _log.warning("line_lost", reason=reason)
            await asyncio.sleep(0.5)

    async def _hold_line(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5, server_settings={"application_name": "marquee-live"})
        try:
            await connection.add_listener(_CHANNEL, self._dispatch)
            for inboxes in self._inboxes.values():
                for inbox in inboxes:
                    inbox.lose()
            await _until_lost(connection)
        finally:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)

    def _dispatch(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        name, _, ids = str(payload).rpartition(":")
        numbers = [int(number) for number in ids.split(",") if number]
        for inbox in self._inboxes.get(name, ()):
            inbox.hear(numbers)


async def _until_lost(connection: Any) -> None:
    """Returns when the server hangs up; raises where it has fallen silent, which only asking it shows."""
    hung_up = asyncio.Event()
    connection.add_termination_listener(lambda _: hung_up.set())
    while not connection.is_closed():
        try:
            await asyncio.wait_for(hung_up.wait(), _HEARTBEAT_SECONDS)
        except TimeoutError:
            await connection.fetchval("select 1", timeout=_HEARTBEAT_SECONDS)
