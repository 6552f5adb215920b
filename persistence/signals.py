"""News between processes by LISTEN and NOTIFY: one connection of its own listens, and says so when it lost the line."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import array

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


def told(rows: sa.CTE, *news: tuple[str, sa.ColumnElement[int], sa.ColumnElement[int]]) -> sa.ScalarSelect[int]:
    """Announces topic, key and id of each of these rows within the statement that has this among what it selects."""
    said = [sa.func.concat_ws(":", sa.literal(topic, sa.Text), key, one) for topic, key, one in news]
    payloads = sa.func.unnest(array(said)).table_valued("payload").render_derived()
    heard = sa.func.count(sa.func.pg_notify(_CHANNEL, payloads.c.payload))
    return sa.select(heard).select_from(rows.join(payloads, sa.true())).scalar_subquery()


class Inbox:
    """What one listener has not yet heard."""

    __slots__ = ("_waiter", "wake")

    def __init__(self) -> None:
        self.wake: Wake | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def wait(self) -> Wake:
        while self.wake is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        wake, self.wake = self.wake, None
        return wake

    def hear(self, wake: Wake) -> None:
        """In place of what was not yet heard."""
        self.wake = wake
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


class Listening:
    """An inbox that hears what is said under these names, while it is entered."""

    __slots__ = ("_all", "_inbox", "_names")

    def __init__(self, every: dict[str, set[Inbox]], names: tuple[str, ...]) -> None:
        self._all, self._names, self._inbox = every, names, Inbox()

    def __enter__(self) -> Inbox:
        for name in self._names:
            self._all[name].add(self._inbox)
        return self._inbox

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            self._all[name].discard(self._inbox)
            if not self._all[name]:
                del self._all[name]


def tell(inboxes: Iterable[Inbox], news: Wake) -> None:
    """Who has not yet heard the same before hears it together with the others, as one wake."""
    joined: dict[int, tuple[Wake, Wake]] = {}
    for inbox in inboxes:
        before = inbox.wake
        if before is None:
            inbox.hear(news)
            continue
        if id(before) not in joined:
            joined[id(before)] = before, _both(before, news)
        inbox.hear(joined[id(before)][1])


def _both(before: Wake, news: Wake) -> Wake:
    """Too much of it is the same as a lost line: look for yourself. What is found then is behind all news."""
    if before.lost or news.lost or len(before.ids) + len(news.ids) > _MOST_IDS:
        return Wake((), lost=True)
    return Wake(before.ids + news.ids, lost=False)


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

    def listen(self, *topics: tuple[str, int]) -> "Listening":
        return Listening(self._inboxes, tuple(f"{topic}:{key}" for topic, key in topics))

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
                tell(inboxes, Wake((), lost=True))
            await _until_lost(connection)
        finally:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)

    def _dispatch(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        name, _, ids = str(payload).rpartition(":")
        numbers = tuple(int(number) for number in ids.split(",") if number)
        tell(self._inboxes.get(name, ()), Wake(numbers, lost=len(numbers) > _MOST_IDS))


async def _until_lost(connection: Any) -> None:
    """Returns when the server hangs up; raises where it has fallen silent, which only asking it shows."""
    hung_up = asyncio.Event()
    connection.add_termination_listener(lambda _: hung_up.set())
    while not connection.is_closed():
        try:
            await asyncio.wait_for(hung_up.wait(), _HEARTBEAT_SECONDS)
        except TimeoutError:
            await connection.fetchval("select 1", timeout=_HEARTBEAT_SECONDS)
