"""Companies, genres, people, contents and video files of older systems, written a batch at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from domain.importing import Kind, Outcome, Reason, Row
from persistence.arrays import Bulk, arrays, given
from persistence.importing_batch import Batch
from persistence.importing_texts import write_texts
from persistence.statements import Statement, plain
from persistence.tables import (
    content_genres,
    contents,
    corporations,
    genres,
    imported,
    users,
    video_assets,
)

_TABLES = {
    Kind.CORPORATIONS: corporations,
    Kind.GENRES: genres,
    Kind.PEOPLE: users,
    Kind.CONTENTS: contents,
    Kind.VIDEO_ASSETS: video_assets,
}
_COLUMNS = {
    Kind.CORPORATIONS: ("name", "plan", "plan_expires_at", "created_at", "updated_at"),
    Kind.GENRES: ("name",),
    Kind.PEOPLE: (
        *("email", "display_name", "first_name", "last_name", "role", "corporation_id", "region_code"),
        *("subscription_status", "created_at", "birthday", "gender", "consented_at", "password_hash", "email_proven"),
    ),
    Kind.CONTENTS: (
        *("corporation_id", "title", "description", "age_rating", "release_date", "runtime_minutes", "poster_key"),
        *("tmdb_id", "created_at", "updated_at", "deleted_at"),
    ),
    Kind.VIDEO_ASSETS: ("content_id", "key", "content_type", "size_bytes"),
}
# Of these, several old ids may become one of ours.
_SHARED = {Kind.GENRES, Kind.VIDEO_ASSETS}
_REFERENCES = {"corporation_id": Kind.CORPORATIONS, "content_id": Kind.CONTENTS}
_WRITE = {kind: Bulk(_TABLES[kind], "id", *columns, returning="id") for kind, columns in _COLUMNS.items()}
_IDS = {
    kind: plain(
        sa.select(sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id"))).select_from(
            sa.func.generate_series(1, sa.bindparam("count", type_=sa.Integer))
        )
    )
    for kind, table in _TABLES.items()
}
_NOTE = Bulk(imported, "system", "kind", "old_id", "new_id", "seal")
_LINK = Bulk(content_genres, "content_id", "genre_id")
_MAKE_GENRES = Bulk(genres, "name")
_genre = given("genre", content_id=sa.BigInteger, name=sa.Text)
_GENRES_NAMED = Statement(
    sa.select(_genre.c.content_id, genres.c.id).join_from(
        _genre, genres, sa.func.lower(genres.c.name) == sa.func.lower(_genre.c.name)
    ),
    lambda content_id, genre_id: (content_id, genre_id),
)


_UNPROVEN = Reason(
    "email",
    "There is an account here with this e-mail address, which nobody has proven to be theirs. It is joined once they"
    " have, or with --join-unproven.",
)


@dataclass(frozen=True, slots=True)
class _Natural:
    """By what else than an id something is known, and what to say where another id of the same system has it."""

    statement: Statement[Any]
    columns: tuple[str, ...]
    reason: Reason


def _natural(kind: Kind, asked: Any, *same: sa.ColumnElement[bool], where: Reason) -> _Natural:
    """Answers the number of the row, what is here already, what an import of this system calls that, and whether it is
    sure to be the same: people are where they have proven that the address is theirs.
    """
    table = _TABLES[kind]
    of_system = sa.and_(
        imported.c.system == sa.bindparam("system", type_=sa.Text),
        imported.c.kind == kind.value,
        imported.c.new_id == table.c.id,
    )
    is_sure = users.c.email_proven if table is users else sa.true()
    here = sa.select(table.c.id, imported.c.old_id, is_sure.label("is_sure")).join(imported, of_system, isouter=True)
    found = here.where(*same).offset(0).lateral("here")
    statement = sa.select(asked.c.number, *found.c).select_from(asked.join(found, sa.true()))
    columns = tuple(column.name for column in asked.c if column.name != "number")
    return _Natural(Statement(statement, lambda *row: row), columns, where)


_by_name = given("asked", number=sa.Integer, name=sa.Text)
_by_email = given("asked", number=sa.Integer, email=sa.Text)
_by_title = given("asked", number=sa.Integer, corporation_id=sa.BigInteger, tmdb_id=sa.Integer)
_by_key = given("asked", number=sa.Integer, content_id=sa.BigInteger, key=sa.Text)
_ASKED = {
    Kind.CORPORATIONS: _by_name,
    Kind.GENRES: _by_name,
    Kind.PEOPLE: _by_email,
    Kind.CONTENTS: _by_title,
    Kind.VIDEO_ASSETS: _by_key,
}
_SAME_NAME = {
    kind: sa.func.lower(_TABLES[kind].c.name) == sa.func.lower(_by_name.c.name)
    for kind in (Kind.CORPORATIONS, Kind.GENRES)
}
_NATURAL = {
    Kind.CORPORATIONS: _natural(
        Kind.CORPORATIONS,
        _by_name,
        _SAME_NAME[Kind.CORPORATIONS],
        where=Reason("name", "Another company of this system has this name."),
    ),
    Kind.GENRES: _natural(Kind.GENRES, _by_name, _SAME_NAME[Kind.GENRES], where=Reason("name", "")),
    Kind.PEOPLE: _natural(
        Kind.PEOPLE,
        _by_email,
        users.c.email == _by_email.c.email,
        where=Reason("email", "Another person of this system has this e-mail address."),
    ),
    Kind.CONTENTS: _natural(
        Kind.CONTENTS,
        _by_title,
        contents.c.corporation_id == _by_title.c.corporation_id,
        contents.c.tmdb_id == _by_title.c.tmdb_id,
        contents.c.deleted_at.is_(None),
        where=Reason("tmdb_id", "Another content of this company and system has this TMDB title."),
    ),
    Kind.VIDEO_ASSETS: _natural(
        Kind.VIDEO_ASSETS,
        _by_key,
        video_assets.c.content_id == _by_key.c.content_id,
        video_assets.c.key == _by_key.c.key,
        where=Reason("key", ""),
    ),
}


def refuse_admins(batch: Batch) -> None:
    """Whoever may write the files would else rule here. Of who was deleted over there nothing is made anyway."""
    for number, row in list(batch.left) if not batch.trust.admins else ():
        if row.is_admin and row.values["deleted_at"] is None:
            batch.refuse(number, Reason("role", "An ADMIN is taken only with --admins."))


async def join_here(batch: Batch) -> dict[int, int | None]:
    """What each row is that need not be written, by its number: what is here already, or nothing for what was deleted
    over there. Whoever has an account here under somebody else's address would else be given what that person did.
    """
    become: dict[int, int | None] = {}
    if batch.kind is Kind.PEOPLE:
        become |= {number: None for number, row in batch.left if row.values["deleted_at"] is not None}
    natural, asked = _NATURAL[batch.kind], []
    for number, row in batch.left:
        values = _values(batch, row)
        key = [values[name] for name in natural.columns]
        if number not in become and None not in key and values.get("deleted_at") is None:
            asked.append((number, *key))
    found = await natural.statement.all(batch.connection, system=batch.system, **arrays(_ASKED[batch.kind], asked))
    for number, new_id, old_id, is_sure in found:
        if old_id is not None and batch.kind not in _SHARED:
            batch.refuse(number, Reason(natural.reason.column, natural.reason.message, f"it has the id {old_id}"))
        elif not is_sure and not batch.trust.join_unproven:
            batch.refuse(number, _UNPROVEN)
        else:
            become[number] = new_id
    return become


async def write_things(batch: Batch, become: dict[int, int | None]) -> None:
    """All that is left, and what it has become. Of who was deleted over there no seal is kept."""
    new = [number for number, _ in batch.left if number not in become]
    ids = await _IDS[batch.kind].all(batch.connection, count=len(new)) if new else []
    columns = _COLUMNS[batch.kind]
    rows = []
    for number, new_id in zip(new, ids, strict=True):
        values = _values(batch, batch.rows[number])
        rows.append((new_id, *(values[name] for name in columns)))
    written = set(await _WRITE[batch.kind].write(batch.connection, rows))
    made = {number: new_id for number, new_id in zip(new, ids, strict=True) if new_id in written}
    if batch.kind in _SHARED and len(made) < len(new):  # by another spelling of the same batch, or by somebody
        become |= {number: new_id for number, new_id in (await join_here(batch)).items() if number not in made}
    for number in new:
        if number not in made and number not in become:
            batch.refuse(number, Reason(None, "Somebody made the same just now. Import it again."))
    if batch.kind is Kind.CONTENTS:
        await _write_contents(batch, made)
    noted = {**become, **made}
    left = [(number, row) for number, row in batch.left if number in noted]
    await _NOTE.write(
        batch.connection,
        [
            (batch.system, batch.kind.value, row.key, new_id, None if new_id is None else row.seal)
            for number, row in left
            for new_id in [noted[number]]
        ],
    )


def end_things(batch: Batch, become: Mapping[int, int | None]) -> None:
    for number, _ in list(batch.left):
        joined = Outcome.GONE if number in become and become[number] is None else Outcome.JOINED
        batch.end(number, joined if number in become else Outcome.WRITTEN)


async def _write_contents(batch: Batch, made: Mapping[int, int]) -> None:
    rows = {new_id: batch.rows[number] for number, new_id in made.items()}
    texts = [
        (new_id, row.values["title"], row.values["description"], row.values["deleted_at"] is None)
        for new_id, row in rows.items()
    ]
    await write_texts(batch.connection, texts)
    named = [(new_id, name) for new_id, row in rows.items() for name in row.values["genres"]]
    links = {
        (new_id, genre_id)
        for new_id, row in rows.items()
        for old_id in row.values["genre_ids"]
        if (genre_id := batch.new_id_if_alive(Kind.GENRES, old_id)) is not None
    }
    if named:
        # Sorted, so that two who make the same ones wait for each other and not for ever.
        names = {name.lower(): name for _, name in reversed(named)}
        await _MAKE_GENRES.write(batch.connection, [(names[lower],) for lower in sorted(names)])
        links |= set(await _GENRES_NAMED.all(batch.connection, **arrays(_genre, named)))
    await _LINK.write(batch.connection, sorted(links))


def _values(batch: Batch, row: Row) -> dict[str, Any]:
    """With our own ids in the place of old ones, and none in that of something that was deleted here."""
    own = {
        column: batch.new_id_if_alive(kind, row.values[column])
        for column, kind in _REFERENCES.items()
        if row.values.get(column) is not None
    }
    return {**row.values, **own}
