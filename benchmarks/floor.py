"""The floor: nobody is faster who asks PostgreSQL the same and answers the same JSON, in Python on uvicorn.

No GraphQL, nobody is signed in, nothing is limited, logged or checked: `python -m benchmarks.floor` answers
POST /Q1 and so on at DATABASE_URL, with the variables and the `viewer` as its body. Reads are our own statements; what
writes is written out here as one person's transaction.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import orjson

from benchmarks import floor_writes
from benchmarks.bare import answer, serve, tell
from benchmarks.floor_rows import Rows, content_id, genres_by_content, page_info
from domain.contents import CONTENT_ORDERS, ContentOrder
from domain.ids import encode
from domain.pages import PageRequest
from domain.progress import HISTORY
from persistence import contents, corporations, genres, progress, reviews, users, video_assets
from persistence.pages import page_values

_NEWEST = CONTENT_ORDERS[ContentOrder.NEWEST]
_PAGE = contents._page(_NEWEST, True, ())
Answer = dict[str, Any]


class Floor:
    """Each answer, by the path that it is asked for at."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._rows = Rows(pool)
        self.answers: Mapping[str, Callable[[Answer], Awaitable[Answer]]] = {
            "/Q1": self.one,
            "/Q2": self.page,
            "/Q3": self.deep,
            "/Q4": self.history,
            "/M1": lambda given: floor_writes.start(self._rows, given),
            "/M2": lambda given: floor_writes.record(self._rows, given),
        }

    @property
    def statements(self) -> int:
        return self._rows.statements

    async def one(self, given: Answer) -> Answer:
        rows = await self._rows.all(contents._BY_IDS[False], ids=[content_id(given["id"])])
        return {"content": _content(rows[0]) if rows else None}

    async def page(self, given: Answer) -> Answer:
        request = PageRequest.of(_NEWEST, 50, given["after"])
        rows = await self._rows.all(_PAGE, **page_values(request))
        found = rows[:50]
        by_content, companies = await asyncio.gather(
            self._rows.all(genres._OF_CONTENTS, ids=[row[0] for row in found]),
            self._rows.all(corporations._BY_IDS, ids=[row[1] for row in found]),
        )
        of_content = genres_by_content(by_content)
        named = {row[0]: {"id": encode("Corporation", row[0]), "name": row[1]} for row in companies}
        nodes = [
            {
                "id": encode("Content", row[0]),
                "title": row[2],
                "description": row[3],
                "ageRating": row[4],
                "releaseDate": row[5],
                "runtimeMinutes": row[6],
                "likeCount": row[9],
                "viewCount": row[12],
                "averageRating": row[11] if row[10] else None,
                "createdAt": row[13],
                "genres": of_content[row[0]],
                "corporation": named[row[1]],
            }
            for row in found
        ]
        return {"contents": {"nodes": nodes, "pageInfo": page_info(_NEWEST, rows, 50, 13)}}

    async def deep(self, given: Answer) -> Answer:
        request = PageRequest.of(_NEWEST, 20, given["after"])
        found = (await self._rows.all(_PAGE, **page_values(request)))[:20]
        ids = [row[0] for row in found]
        named, written, files = await asyncio.gather(
            self._rows.all(genres._OF_CONTENTS, ids=ids),
            self._rows.all(reviews._OF_CONTENTS[False], parents=ids, most=6),
            self._rows.all(video_assets._OF_CONTENTS, ids=ids),
        )
        authors = {
            row[0]: {"id": encode("User", row[0]), "displayName": row[2]}
            for row in await self._rows.all(users._BY_IDS, ids=[row[3] for row in written])
        }
        of_content: dict[int, tuple[list[Answer], list[Answer], list[Answer]]] = {key: ([], [], []) for key in ids}
        for row in named:
            of_content[row[0]][0].append({"name": row[2]})
        for row in written:
            if len(of_content[row[0]][1]) < 5:
                of_content[row[0]][1].append(_review(row, authors[row[3]]))
        for row in files:
            of_content[row[1]][2].append(_file(row))
        nodes = [_deep(row, *of_content[row[0]]) for row in found]
        return {"contents": {"nodes": nodes}}

    async def history(self, given: Answer) -> Answer:
        rows = await self._rows.all(progress._PAGE[False, False], user_id=given["viewer"], most=51)
        found = rows[:50]
        seen = await self._rows.all(contents._BY_IDS[True], ids=[row[2] for row in found])
        shown = {row[0]: {"id": encode("Content", row[0]), "title": row[2], "runtimeMinutes": row[6]} for row in seen}
        nodes = [
            {
                "id": encode("WatchProgress", row[0]),
                "positionSeconds": row[3],
                "durationSeconds": row[4],
                "completed": row[5],
                "observedAt": row[6],
                "content": shown[row[2]],
            }
            for row in found
        ]
        return {"viewer": {"watchHistory": {"nodes": nodes, "pageInfo": page_info(HISTORY, rows, 50, 6)}}}


def _content(row: Any) -> Answer:
    return {
        "id": encode("Content", row[0]),
        "title": row[2],
        "ageRating": row[4],
        "releaseDate": row[5],
        "runtimeMinutes": row[6],
        "averageRating": row[11] if row[10] else None,
    }


def _deep(row: Any, named: list[Answer], written: list[Answer], files: list[Answer]) -> Answer:
    return {
        "id": encode("Content", row[0]),
        "title": row[2],
        "genres": named,
        "reviews": {"nodes": written},
        "videoAssets": files,
    }


def _review(row: Any, author: Answer) -> Answer:
    return {
        "id": encode("Review", row[1]),
        "rating": row[4],
        "body": row[5],
        "createdAt": row[6],
        "author": author,
    }


def _file(row: Any) -> Answer:
    return {
        "id": encode("VideoAsset", row[0]),
        "key": row[2],
        "contentType": row[3],
        "sizeBytes": float(row[4]),
    }


class App:
    """Bare ASGI."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/metrics":
            await tell(send, statements=self._floor.statements, operations=self._operations)
        else:
            self._operations += 1
            found = await self._floor.answers[scope["path"]](orjson.loads(await _body(receive)))
            await answer(send, orjson.dumps({"data": found}), b"application/json")

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with asyncpg.create_pool(self._dsn, min_size=1, max_size=16, reset=_as_it_is) as pool:
            self._floor, self._operations = Floor(pool), 0
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def _as_it_is(_connection: Any) -> None:
    """No statement leaves anything behind that would have to be put back."""


if __name__ == "__main__":
    serve(App(os.environ["DATABASE_URL"]))
