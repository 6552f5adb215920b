"""How long an import of 100,000 mixed lines takes: `python -m benchmarks.importing`.

Writes files as an older system would, half of them CSV and half JSON Lines; imports them into an empty embedded
database of its own by the command anybody would type: as a dry run, for good, and again with nothing changed. Looks
whether points and counts agree with what they count. Fails where it takes a minute or longer. Takes two minutes.
"""

import asyncio
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.ground import bare

SIZES = {
    "corporations": 450,
    "genres": 50,
    "people": 14_500,
    "contents": 5_000,
    "video_assets": 5_000,
    "view_logs": 40_000,
    "likes": 15_000,
    "reviews": 10_000,
    "watch_progress": 10_000,
}
LIMIT_SECONDS = 60.0
_STEP = 7919  # a prime: its multiples come by all contents before one comes back
_BCRYPT = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
_FIRST = datetime(2019, 1, 1, tzinfo=UTC)
_STORY = "What happens to somebody who never wanted it to happen. 조용한 강가의 오래된 이야기가 여름을 지나 흐른다. "
_RUNS = {"dry run": ["--dry-run"], "imported": [], "imported again": []}
_DISAGREE = {
    "points": "select count(*) from users u where points <> (select coalesce(sum(points), 0) from point_entries p"
    " where p.user_id = u.id) or points <> 10 * (select count(*) from view_logs l where l.user_id = u.id)",
    "views": "select count(*) from contents c where view_count <>"
    " (select count(*) from view_logs l where l.content_id = c.id)",
    "likes": "select count(*) from contents c where like_count <>"
    " (select count(*) from content_likes l where l.content_id = c.id)",
    "reviews": "select count(*) from contents c where (review_count, rating_sum) <>"
    " (select count(*), coalesce(sum(rating), 0) from reviews r where r.content_id = c.id)",
    "terms": "select count(*) from contents c where not exists (select from content_terms t where t.content_id = c.id)",
}


def at(minutes: int) -> str:
    return (_FIRST + timedelta(minutes=minutes)).isoformat()


def both(number: int) -> dict[str, Any]:
    """A person and a content, each pair once."""
    people, contents = SIZES["people"], SIZES["contents"]
    user = 1 + number % people
    return {
        "user_id": user,
        "content_id": 1 + (user * 37 + (number // people) * _STEP) % contents,
        "created_at": at(number),
    }


def rows(kind: str) -> Iterable[Mapping[str, Any]]:
    for n in range(1, SIZES[kind] + 1):
        yield {"id": n, **_of(kind, n)}


def _of(kind: str, n: int) -> Mapping[str, Any]:
    if kind in {"corporations", "genres"}:
        return {"name": f"{kind[:5].title()} {n}"}
    if kind == "people":
        return {"email": f"Person{n}@Example.com", "password_hash": _BCRYPT, "first_name": f"P{n}", "created_at": at(n)}
    if kind == "contents":
        genre = 1 + n % SIZES["genres"]
        about = {"title": f"Silent 여름 River {n}", "description": _STORY * 3, "genre_ids": str(genre)}
        return {**about, "corporation_id": 1 + n % SIZES["corporations"], "runtime_minutes": 80 + n % 60}
    if kind == "video_assets":
        return {"content_id": n, "key": f"videos/{n}.mp4", "size_bytes": 1_000_000 + n}
    if kind == "reviews":
        return {**both(n), "rating": 1 + n % 10, "body": "Seen twice, and better each time but one."}
    if kind == "watch_progress":
        found = both(n)
        observed_at = found.pop("created_at")
        return {**found, "position_seconds": n % 5000, "duration_seconds": 5400, "observed_at": observed_at}
    return both(n)


def write(folder: Path) -> None:
    for place, kind in enumerate(SIZES):
        if place % 2:
            lines = (json.dumps(row, ensure_ascii=False) for row in rows(kind))
            folder.joinpath(f"{kind}.jsonl").write_text("".join(f"{line}\n" for line in lines))
        else:
            with folder.joinpath(f"{kind}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, next(iter(rows(kind))).keys())
                writer.writeheader()
                writer.writerows(rows(kind))


def imported(folder: Path, dsn: str, *options: str) -> float:
    """Seconds that the command took."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": dsn, "MARQUEE_HOME": str(folder)}
    command = [sys.executable, "server.py", "import", str(folder / "files"), *options]
    begun = time.perf_counter()
    subprocess.run([*command, "--report", str(folder / "report.jsonl")], env=environment, check=True)
    return time.perf_counter() - begun


def told(name: str, seconds: float) -> float:
    lines = sum(SIZES.values())
    print(f"{name:16}{lines:>9} lines{seconds:>8.1f} s{lines / seconds:>9.0f} lines/s", flush=True)
    return seconds


async def disagreements(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    found = [name for name, sql in _DISAGREE.items() if await connection.fetchval(sql)]
    await connection.close()
    return found


def main() -> None:
    with bare() as (dsn, folder):
        folder.joinpath("files").mkdir()
        write(folder / "files")
        seconds = {name: told(name, imported(folder, dsn, *options)) for name, options in _RUNS.items()}
        wrong = asyncio.run(disagreements(dsn))
    too_slow = seconds["imported"] >= LIMIT_SECONDS
    raise SystemExit(f"These do not agree: {wrong}" if wrong else "Too slow." if too_slow else 0)


if __name__ == "__main__":
    main()
