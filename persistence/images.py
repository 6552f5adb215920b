"""Images in PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

from domain.images import Image, ImageStatus, Swept
from domain.uploads import NewImage
from persistence.database import Connection, Database
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import images, posts, users

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
# So many at once, that none of them is held for long.
_SWEPT_AT_ONCE = 1000

_BY_IDS = Statement(_VISIBLE.where(is_any(images.c.id, "ids")), Image)
_BY_KEY = Statement(_VISIBLE.where(images.c.key == sa.bindparam("key")), Image)
_INSERT = Statement(
    sa.insert(images).values({name: sa.bindparam(name) for name in _NEW}).returning(*COLUMNS),
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
    .where(users.c.id.in_(sa.select(images.c.owner_id).where(_OLD).limit(_SWEPT_AT_ONCE)))
    .order_by(users.c.id)
    .with_for_update(read=True, key_share=True)
)
_old = (
    sa.select(images.c.id)
    .where(_OLD, is_any(images.c.owner_id, "owners"))
    .limit(_SWEPT_AT_ONCE)
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
        return await _INSERT.one(
            transaction,
            owner_id=owner_id,
            key=new.key,
            filename=new.filename,
            content_type=new.content_type,
            size_bytes=new.size_bytes,
        )

    async def make_ready(self, transaction: Connection, image_id: int) -> Image | None:
        return await _MAKE_READY.first(transaction, image_id=image_id)

    async def delete(self, transaction: Connection, image_id: int) -> None:
        await _DELETE.run(transaction, image_id=image_id)

    async def sweep(self, transaction: Connection, kept: timedelta) -> list[Swept]:
        owners = await _LOCK_OWNERS.all(transaction, kept=kept)
        return await _SWEEP.all(transaction, kept=kept, owners=owners) if owners else []
