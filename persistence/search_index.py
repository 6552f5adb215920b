"""The index of search in PostgreSQL, which is part of what is written with a content. Brought up to date where it is
from before it was, or from before domain.words made of a text what it makes now.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

import sqlalchemy as sa
import structlog

from domain.errors import CodedError
from domain.search import SHAPE, Document, sealed
from persistence.contents import VISIBLE
from persistence.database import Database
from persistence.search_terms import put_terms, remove_terms
from persistence.statements import Statement, is_any, plain
from persistence.tables import contents, title_terms

_AT_ONCE = 1000
_log = structlog.get_logger("search")

_HOLD = Statement(
    sa.select(contents.c.id, contents.c.title, contents.c.description)
    .where(is_any(contents.c.id, "ids"), VISIBLE)
    .order_by(contents.c.id)
    .with_for_update(key_share=True),
    lambda *row: row,
)
_SHAPE = sa.cast(sa.func.split_part(title_terms.c.seal, ":", 1), sa.Integer)
_LACKING = sa.select(contents.c.id).where(VISIBLE, ~sa.exists().where(title_terms.c.content_id == contents.c.id))
_OLD = sa.select(title_terms.c.content_id).where(_SHAPE < SHAPE)
_OUTDATED = plain(
    sa.union_all(
        sa.select(_LACKING.limit(_AT_ONCE).subquery("lacking")), sa.select(_OLD.limit(_AT_ONCE).subquery("old"))
    )
)
_SEALS = Statement(
    sa.select(title_terms.c.content_id, title_terms.c.seal)
    .where(title_terms.c.content_id > sa.bindparam("last", type_=sa.BigInteger))
    .order_by(title_terms.c.content_id)
    .limit(_AT_ONCE),
    lambda *row: row,
)


class DatabaseIndex:
    """Speaks domain.search_index.OwnIndex."""

    name = "PostgreSQL"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def outdated(self) -> list[int]:
        """Some of those whose terms are missing or of an old shape."""
        async with self._database.reading() as connection:
            return await _OUTDATED.all(connection)

    async def renew(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Each content by itself and under its lock, so that whoever writes it waits for one at the most."""
        refused: dict[int, str] = {}
        for content_id in sorted(set(ids)):
            try:
                await self._renew(content_id)
            except CodedError:
                raise
            except Exception as error:
                # A fault of ours, which must not hold up the others.
                _log.exception("no_terms", content_id=content_id)
                refused[content_id] = repr(error)[:300]
        return refused

    async def _renew(self, content_id: int) -> None:
        async with self._database.writing() as transaction:
            held = await _HOLD.first(transaction, ids=[content_id])
            if held:
                await put_terms(transaction, *held)
            else:
                await remove_terms(transaction, content_id)

    async def seals(self) -> AsyncIterator[Mapping[int, str]]:
        last, found = 0, True
        while found:
            async with self._database.reading() as connection:
                seals = dict(await _SEALS.all(connection, last=last))
            found = bool(seals)
            last = max(seals, default=0)
            yield seals

    def seal(self, document: Document) -> str:
        return sealed(document.title, document.description)
