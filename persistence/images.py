"""Images in PostgreSQL."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

from domain.images import Image, ImageStatus, Swept
from domain.outbox import OBJECTS
from domain.uploads import NewImage
from persistence.database import Connection, Database
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.sweeping import SWEPT_AT_ONCE, sweep
from persistence.tables import images, outbox, personas, posts, users

COLUMNS = columns_of(Image, images)
_IMAGE = images.c.id == sa.bindparam("image_id", type_=sa.BigInteger)
_READY = images.c.status == sa.literal(ImageStatus.READY, images.c.status.type)
# As the index has it that the sweep goes through.
_PENDING = sa.text("images.status = 'PENDING'")
_MAY_SEE = sa.or_(
    images.c.owner_id == sa.bindparam("viewer_id", type_=sa.BigInteger),
    sa.and_(_READY, sa.exists(sa.select(posts.c.id).where(posts.c.image_id == images.c.id))),
)
_VISIBLE = sa.select(*COLUMNS).where(_MAY_SEE)
_NEW = ("owner_id", "key", "filename", "content_type", "size_bytes")

_BY_IDS = Statement(_VISIBLE.where(is_any(images.c.id, "ids")), Image)
_BY_KEY = Statement(_VISIBLE.where(images.c.key == sa.bindparam("key")), Image)
_INSERT = Statement(
    sa.insert(images).values({name: sa.bindparam(name) for name in _NEW}).returning(*COLUMNS),
    Image,
)
# Deleted by whoever is told of the outbox, unless the key is taken out of it first.
_EXPECT_BYTES = plain(
    sa.insert(outbox).values(topic=OBJECTS, subject=sa.bindparam("key"), due_at=sa.func.now() + timedelta(hours=1))
)
_ACQUIT = plain(sa.delete(outbox).where(outbox.c.topic == OBJECTS, outbox.c.subject == sa.bindparam("key")))
_KEEP = Statement(
    sa.insert(images)
    .values({**{name: sa.bindparam(name) for name in _NEW}, "status": ImageStatus.READY, "is_generated": True})
    .returning(*COLUMNS),
    Image,
)
_MAKE_READY = Statement(
    sa.update(images).where(_IMAGE).values(status=ImageStatus.READY).returning(*COLUMNS),
    Image,
)
_DELETE = plain(sa.delete(images).where(_IMAGE))
_OLD = sa.and_(_PENDING, images.c.created_at < sa.func.now() - sa.bindparam("kept", type_=INTERVAL))
# People first, as everywhere: they are told of it.
_LOCK_OWNERS = plain(
    sa.select(users.c.id)
    .where(users.c.id.in_(sa.select(images.c.owner_id).where(_OLD).limit(SWEPT_AT_ONCE)))
    .order_by(users.c.id)
    .with_for_update(read=True, key_share=True)
)
_loose = (
    sa.select(images.c.id)
    .where(
        images.c.is_generated,
        images.c.created_at < sa.func.now() - sa.bindparam("kept", type_=INTERVAL),
        ~sa.exists(sa.select(personas.c.id).where(personas.c.image_id == images.c.id)),
    )
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP_LOOSE = plain(sa.delete(images).where(images.c.id.in_(_loose)).returning(images.c.id))
_old = (
    sa.select(images.c.id)
    .where(_OLD, is_any(images.c.owner_id, "owners"))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = Statement(
    sa.delete(images)
    .where(images.c.id.in_(_old))
    .returning(images.c.id.label("image_id"), images.c.owner_id, images.c.filename),
    Swept,
)


class Images:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def visible(self, ids: Sequence[int], viewer_id: int) -> list[Image | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, ids=ids, viewer_id=viewer_id), lambda image: image.id)

    async def visible_by_key(self, key: str, viewer_id: int) -> Image | None:
        async with self._database.reading() as connection:
            return await _BY_KEY.first(connection, key=key, viewer_id=viewer_id)

    async def insert(self, transaction: Connection, owner_id: int, new: NewImage) -> Image:
        return await _INSERT.one(transaction, owner_id=owner_id, **dataclasses.asdict(new))

    async def expect_bytes(self, key: str) -> None:
        async with self._database.single() as connection:
            await _EXPECT_BYTES.run(connection, key=key)

    async def keep(self, transaction: Connection, owner_id: int, new: NewImage) -> Image:
        await _ACQUIT.run(transaction, key=new.key)
        return await _KEEP.one(transaction, owner_id=owner_id, **dataclasses.asdict(new))

    async def make_ready(self, transaction: Connection, image_id: int) -> Image | None:
        return await _MAKE_READY.first(transaction, image_id=image_id)

    async def delete(self, transaction: Connection, image_id: int) -> None:
        await _DELETE.run(transaction, image_id=image_id)

    async def sweep_uploads(self, transaction: Connection, kept: timedelta) -> list[Swept]:
        owners = await _LOCK_OWNERS.all(transaction, kept=kept)
        return await _SWEEP.all(transaction, kept=kept, owners=owners) if owners else []

    async def sweep(self, kept: timedelta) -> None:
        await sweep(self._database, _SWEEP_LOOSE, kept=kept)
