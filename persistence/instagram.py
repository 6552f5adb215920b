"""Which account at Instagram a persona is linked with, in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.instagram import InstagramAccount, InstagramLink
from persistence.database import Database
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import instagram_links, instagram_tokens, personas

COLUMNS = columns_of(InstagramLink, instagram_links)
_PERSONA = sa.bindparam("persona_id", type_=sa.BigInteger)
_GIVEN = ("instagram_user_id", "username", "facebook_page_id")

_LINKS = Statement(
    sa.select(*COLUMNS).where(is_any(instagram_links.c.persona_id, "persona_ids")),
    InstagramLink,
)


def _linking(held: sa.FromClause) -> Statement[Any]:
    """Links a persona that is held with what is joined to it: if that is deleted at the same moment, nothing is."""
    given = [sa.bindparam(name, type_=sa.Text) for name in _GIVEN]
    row = sa.select(personas.c.id, *given, sa.func.now()).select_from(held).where(personas.c.id == _PERSONA)
    new = insert(instagram_links).from_select(
        ["persona_id", *_GIVEN, "linked_at"], row.with_for_update(read=True, key_share=True)
    )
    replaced = {name: new.excluded[name] for name in (*_GIVEN, "linked_at")}
    linking = new.on_conflict_do_update(index_elements=["persona_id"], set_=replaced)
    return plain(linking.returning(instagram_links.c.persona_id))


_LINK = {True: _linking(personas.join(instagram_tokens)), False: _linking(personas)}
# The persona first, which is how whoever deletes it begins. Then the token: who links by it holds it, and what they
# linked is seen by the last statement alone.
_UNLINK = [
    plain(sa.select(personas.c.id).where(personas.c.id == _PERSONA).with_for_update(read=True, key_share=True)),
    plain(sa.delete(instagram_tokens).where(instagram_tokens.c.persona_id == _PERSONA)),
    plain(sa.delete(instagram_links).where(instagram_links.c.persona_id == _PERSONA)),
]


class InstagramLinks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def links(self, persona_ids: Sequence[int]) -> list[InstagramLink | None]:
        async with self._database.reading() as connection:
            rows = await _LINKS.all(connection, persona_ids=persona_ids)
        return by_key(persona_ids, rows, lambda link: link.persona_id)

    async def link(self, persona_id: int, account: InstagramAccount, *, by_own_token: bool) -> bool:
        values = {name: getattr(account, name) for name in _GIVEN}
        async with self._database.single() as connection:
            return await _LINK[by_own_token].first(connection, persona_id=persona_id, **values) is not None

    async def unlink(self, persona_id: int) -> None:
        async with self._database.writing() as transaction:
            for statement in _UNLINK:
                await statement.run(transaction, persona_id=persona_id)
