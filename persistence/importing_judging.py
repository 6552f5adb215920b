"""What is looked up of a batch before anything of it is written: doubles, what was imported before, what it names."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.importing import DEEDS, NOUNS, Kind, Outcome, Reason, Row
from domain.users import Role
from persistence.arrays import arrays, given
from persistence.database import Connection
from persistence.importing_batch import Batch, Found
from persistence.statements import Statement, plain
from persistence.tables import contents, corporations, genres, imported, users

# What this import has come upon: of its connection alone, and gone with it. In a dry run `new_id` says that it would
# have been written, and 0 that it would be left out.
_MAKE_SEEN = """
create temporary table import_seen (
    what text not null, key text not null, file text not null, line bigint not null, new_id bigint,
    primary key (what, key)
)
"""
_seen = sa.table(
    "import_seen",
    sa.column("what", sa.Text),
    sa.column("key", sa.Text),
    sa.column("file", sa.Text),
    sa.column("line", sa.BigInteger),
    sa.column("new_id", sa.BigInteger),
)
# Where tables grow while they are looked into, the offsets keep the planner from joining in any way but by the index.
_SYSTEM = imported.c.system == sa.bindparam("system", type_=sa.Text)

_claim = given("claim", what=sa.Text, key=sa.Text, file=sa.Text, line=sa.BigInteger)
_CLAIM = plain(
    insert(_seen).from_select(["what", "key", "file", "line"], sa.select(*_claim.c)).on_conflict_do_nothing()
)
_claimed = given("claimed", what=sa.Text, key=sa.Text)
_OWNERS = Statement(
    sa.select(_seen.c.what, _seen.c.key, _seen.c.file, _seen.c.line).join_from(
        _claimed, _seen, sa.and_(_seen.c.what == _claimed.c.what, _seen.c.key == _claimed.c.key)
    ),
    lambda what, key, file, line: ((what, key), (file, line)),
)
_wanted = given("wanted", key=sa.Text)
_known = (
    sa.select(imported.c.old_id, imported.c.seal)
    .where(_SYSTEM, imported.c.kind == sa.bindparam("kind", type_=sa.Text), imported.c.old_id == _wanted.c.key)
    .offset(0)
    .lateral("known")
)
_KNOWN = Statement(
    sa.select(_known.c.old_id, _known.c.seal).select_from(_wanted.join(_known, sa.true())),
    lambda old_id, seal: (old_id, seal),
)
_named = given("named", kind=sa.Text, old_id=sa.Text)
_ALIVE = {Kind.CORPORATIONS: corporations, Kind.GENRES: genres, Kind.PEOPLE: users, Kind.CONTENTS: contents}
_is_alive = sa.or_(
    *(
        sa.and_(imported.c.kind == kind.value, sa.exists(sa.select(table.c.id).where(table.c.id == imported.c.new_id)))
        for kind, table in _ALIVE.items()
    )
)
_become = (
    sa.select(imported.c.new_id, _is_alive.label("is_alive"))
    .where(_SYSTEM, imported.c.kind == _named.c.kind, imported.c.old_id == _named.c.old_id)
    .offset(0)
    .lateral("become")
)
_FIND = Statement(
    sa.select(*_named.c, _become.c.new_id, _become.c.is_alive).select_from(_named.join(_become, sa.true())),
    lambda kind, old_id, new_id, alive: ((Kind(kind), old_id), Found(new_id, alive)),
)
_FIND_SEEN = Statement(
    sa.select(_seen.c.what, _seen.c.key, _seen.c.new_id)
    .join_from(_named, _seen, sa.and_(_seen.c.what == _named.c.kind, _seen.c.key == _named.c.old_id))
    .where(_seen.c.new_id.is_not(None)),
    lambda what, key, new_id: ((Kind(what), key), Found(new_id or None, new_id != 0)),
)
_would = given("would", what=sa.Text, key=sa.Text, new_id=sa.BigInteger)
_REMEMBER = plain(
    sa.update(_seen).where(_seen.c.what == _would.c.what, _seen.c.key == _would.c.key).values(new_id=_would.c.new_id)
)


async def prepare(connection: Connection) -> None:
    await connection.execute(_MAKE_SEEN)


async def refuse_doubles(batch: Batch) -> None:
    """The first line of several that claim the same has it, whatever becomes of that line."""
    claims = [(what, key, row.place.file, row.place.line) for row in batch.rows for what, key in _claims(batch, row)]
    await _CLAIM.run(batch.connection, **arrays(_claim, claims))
    owners = dict(await _OWNERS.all(batch.connection, **arrays(_claimed, [claim[:2] for claim in claims])))
    for number, row in enumerate(batch.rows):
        for what, key in _claims(batch, row):
            file, line = owners[what, key]
            if (file, line) != (row.place.file, row.place.line):
                where = f"line {line}" if file == row.place.file else f"line {line} of {file}"
                batch.refuse(number, Reason(*_double(batch.kind, what), where))


async def end_known(batch: Batch) -> None:
    """Of things; deeds are known by what their ids have become."""
    wanted = arrays(_wanted, [(row.key,) for _, row in batch.left])
    known = dict(await _KNOWN.all(batch.connection, system=batch.system, kind=batch.kind.value, **wanted))
    for number, row in list(batch.left):
        if row.key in known:
            same = known[row.key] in (None, row.seal)
            batch.end(number, Outcome.KNOWN if same else Outcome.DIFFERENT)


async def find_named(batch: Batch) -> None:
    """What the rows refer to: those whose references are unknown are refused, those that cannot be without something
    deleted left out.
    """
    named = list({(one.kind.value, one.old_id) for _, row in batch.left for one in row.references})
    if named:
        values = arrays(_named, named)
        batch.found.update(await _FIND.all(batch.connection, system=batch.system, **values))
        if batch.is_dry:
            batch.found.update(await _FIND_SEEN.all(batch.connection, **values))
    for number, row in list(batch.left):
        for one in row.references:
            found = batch.found.get((one.kind, one.old_id))
            if found is None:
                message = f"There is no such {NOUNS[one.kind]}, or its line was refused."
                batch.refuse(number, Reason(one.column, message, one.old_id))
        dead = [one for one in row.references if not batch.found.get((one.kind, one.old_id), _UNKNOWN).is_alive]
        if any(one.required for one in dead):
            batch.end(number, Outcome.GONE)
        elif dead and row.values.get("role") is Role.MANAGER and row.values["deleted_at"] is None:
            batch.refuse(number, Reason(dead[0].column, _NO_COMPANY_LEFT, dead[0].old_id))


async def remember(batch: Batch, new_ids: dict[int, int]) -> None:
    """For a dry run: by their numbers, what rows would have become."""
    rows = [(batch.kind.value, batch.rows[number].key, new_id) for number, new_id in new_ids.items()]
    await _REMEMBER.run(batch.connection, **arrays(_would, rows))


_UNKNOWN = Found(None, True)
_NO_COMPANY_LEFT = "The company that this MANAGER manages was deleted here."


def _claims(batch: Batch, row: Row) -> list[tuple[str, str]]:
    more = [(f"{batch.kind.value} {what}", value) for what, value in row.claims]
    return [(batch.kind.value, row.key), *more]


def _double(kind: Kind, what: str) -> tuple[str, str]:
    if kind in DEEDS:
        return "content_id", "Another line is of the same person and content."
    column = what.partition(" ")[2] or ("key" if kind is Kind.VIDEO_ASSETS else "id")
    return column, "Another line has the same."
