"""Reviews in PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.pages import Page, PageRequest
from domain.reviews import REVIEWS_BY_AGE, Held, Review
from persistence.contents import VISIBLE
from persistence.database import Connection, Database
from persistence.making import of_parent
from persistence.pages import of_parents, ordered, page_of, page_values, pages_of
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import contents, reviews

COLUMNS = columns_of(Review, reviews)
_REVIEW = reviews.c.id == sa.bindparam("review_id", type_=sa.BigInteger)
_CONTENT = contents.c.id == sa.bindparam("content_id", type_=sa.BigInteger)
_AUTHOR = sa.bindparam("author_id", type_=sa.BigInteger)
_ALL = sa.select(*COLUMNS)
_VISIBLE = _ALL.join(contents, contents.c.id == reviews.c.content_id).where(VISIBLE)
_OWN = _VISIBLE.where(reviews.c.author_id == _AUTHOR)

_BY_IDS = Statement(_VISIBLE.where(is_any(reviews.c.id, "ids")), Review)
_OF_CONTENTS = {
    after: Statement(
        of_parents(_ALL, reviews.c.content_id, REVIEWS_BY_AGE, after=after),
        of_parent(Review),
    )
    for after in (False, True)
}
_COUNT_OF_CONTENTS = Statement(
    sa.select(contents.c.id, contents.c.review_count).where(is_any(contents.c.id, "ids")),
    lambda content_id, held: (int(content_id), int(held)),
)
_BY_AUTHOR = {after: Statement(ordered(_OWN, REVIEWS_BY_AGE, after=after), Review) for after in (False, True)}
_COUNT_BY_AUTHOR = Statement(sa.select(sa.func.count()).select_from(_OWN.subquery()), int)
_BY_AUTHOR_OF = Statement(
    _ALL.where(reviews.c.author_id == _AUTHOR, is_any(reviews.c.content_id, "content_ids")), Review
)
_TAKES_REVIEWS = plain(sa.select(contents.c.id).where(_CONTENT, VISIBLE))
_NEW = ("content_id", "author_id", "rating", "body")
_INSERT = Statement(
    insert(reviews).values({name: sa.bindparam(name) for name in _NEW}).on_conflict_do_nothing().returning(*COLUMNS),
    Review,
)
_HOLD = Statement(
    _VISIBLE.add_columns(contents.c.corporation_id)
    .where(_REVIEW)
    .with_for_update(of=[contents, reviews], key_share=True),
    lambda *row: Held(Review(*row[:-1]), row[-1]),
)
_UPDATE = Statement(
    sa.update(reviews)
    .where(_REVIEW)
    .values(rating=sa.bindparam("new_rating"), body=sa.bindparam("new_body"), updated_at=sa.func.now())
    .returning(*COLUMNS),
    Review,
)
_DELETE = plain(sa.delete(reviews).where(_REVIEW))
_COUNT = plain(
    sa.update(contents)
    .where(_CONTENT, VISIBLE)
    .values(
        review_count=contents.c.review_count + sa.bindparam("reviews", type_=sa.Integer),
        rating_sum=contents.c.rating_sum + sa.bindparam("rating", type_=sa.Integer),
    )
    .returning(contents.c.id)
)


class Reviews:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Sequence[int]) -> list[Review | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, ids=ids), lambda review: review.id)

    async def of_contents(self, content_ids: Sequence[int], page: PageRequest) -> list[Page[Review]]:
        statement = _OF_CONTENTS[page.after is not None]
        async with self._database.reading() as connection:
            rows = await statement.all(connection, parents=list(set(content_ids)), **page_values(page))
        return pages_of(page, content_ids, rows, self._count_of_contents)

    async def by_author(self, author_id: int, page: PageRequest) -> Page[Review]:
        async with self._database.reading() as connection:
            rows = await _BY_AUTHOR[page.after is not None].all(connection, author_id=author_id, **page_values(page))
        return page_of(page, rows, lambda: self._count_by_author(author_id))

    async def by_author_of(self, author_id: int, content_ids: Sequence[int]) -> list[Review | None]:
        async with self._database.reading() as connection:
            rows = await _BY_AUTHOR_OF.all(connection, author_id=author_id, content_ids=content_ids)
        return by_key(content_ids, rows, lambda review: review.content_id)

    async def takes_reviews(self, transaction: Connection, content_id: int) -> bool:
        return await _TAKES_REVIEWS.first(transaction, content_id=content_id) is not None

    async def insert(
        self, transaction: Connection, content_id: int, author_id: int, rating: int, body: str | None
    ) -> Review | None:
        return await _INSERT.first(transaction, content_id=content_id, author_id=author_id, rating=rating, body=body)

    async def hold(self, transaction: Connection, review_id: int) -> Held | None:
        return await _HOLD.first(transaction, review_id=review_id)

    async def update(self, transaction: Connection, review_id: int, rating: int, body: str | None) -> Review:
        return await _UPDATE.one(transaction, review_id=review_id, new_rating=rating, new_body=body)

    async def delete(self, transaction: Connection, review_id: int) -> None:
        await _DELETE.run(transaction, review_id=review_id)

    async def count(self, transaction: Connection, content_id: int, *, reviews: int, rating: int) -> bool:
        counted = await _COUNT.first(transaction, content_id=content_id, reviews=reviews, rating=rating)
        return counted is not None

    async def _count_of_contents(self, content_ids: list[int]) -> dict[int, int]:
        async with self._database.reading() as connection:
            return dict(await _COUNT_OF_CONTENTS.all(connection, ids=content_ids))

    async def _count_by_author(self, author_id: int) -> int:
        async with self._database.reading() as connection:
            return await _COUNT_BY_AUTHOR.one(connection, author_id=author_id)
