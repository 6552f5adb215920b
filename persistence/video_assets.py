"""Video files in PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.video_assets import VideoAsset
from persistence.contents import VISIBLE
from persistence.database import Connection, Database
from persistence.making import maker_of
from persistence.statements import Statement, by_key, columns_of, grouped, is_any, plain
from persistence.tables import contents, video_assets

COLUMNS = columns_of(VideoAsset, video_assets)
_make = maker_of(VideoAsset)

_OF_CONTENTS = Statement(
    sa.select(*COLUMNS).where(is_any(video_assets.c.content_id, "ids")).order_by(video_assets.c.id),
    lambda *row: (int(row[1]), _make(*row)),
)
_BY_IDS = Statement(
    sa.select(*COLUMNS)
    .join(contents, contents.c.id == video_assets.c.content_id)
    .where(is_any(video_assets.c.id, "ids"), VISIBLE),
    VideoAsset,
)
_ADD = Statement(
    insert(video_assets)
    .values({name: sa.bindparam(name) for name in ("content_id", "key", "content_type", "size_bytes")})
    .on_conflict_do_nothing()
    .returning(*COLUMNS),
    VideoAsset,
)
_REMOVE = plain(sa.delete(video_assets).where(video_assets.c.id == sa.bindparam("asset_id")))


class VideoAssets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_contents(self, content_ids: Sequence[int]) -> list[list[VideoAsset]]:
        async with self._database.reading() as connection:
            return grouped(content_ids, await _OF_CONTENTS.all(connection, ids=content_ids))

    async def by_ids(self, ids: Sequence[int]) -> list[VideoAsset | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, ids=ids), lambda asset: asset.id)

    async def add(
        self, transaction: Connection, content_id: int, key: str, content_type: str, size_bytes: int
    ) -> VideoAsset | None:
        return await _ADD.first(
            transaction, content_id=content_id, key=key, content_type=content_type, size_bytes=size_bytes
        )

    async def remove(self, transaction: Connection, asset_id: int) -> None:
        await _REMOVE.run(transaction, asset_id=asset_id)
