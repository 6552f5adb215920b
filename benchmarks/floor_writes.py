"""The floor's two writes: a start by our own statement, a report by hand. Each leaves behind what ours leaves."""

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from benchmarks.floor_rows import Rows, content_id
from domain.ids import encode
from persistence.contents import COLUMNS as CONTENTS
from persistence.playback import _START
from persistence.video_assets import COLUMNS as ASSETS

_HOLD = """
insert into progress_counters (user_id, sequence) select id, 0 from users where id = $1 for key share
on conflict (user_id) do update set sequence = progress_counters.sequence
returning sequence, clock_timestamp()
"""
_RECORD = """
with remembered as (
    insert into watch_events (user_id, event_id) values ($1, $2) on conflict do nothing returning user_id
), counted as (
    update progress_counters set sequence = sequence + 1 where user_id = $1 returning sequence
), written as (
    insert into watch_progress (user_id, content_id, position_seconds, duration_seconds, completed, observed_at,
                                sequence)
    select $1, contents.id, $4, $5, $4::float8 >= $5::float8 * 0.95, $6, counted.sequence
    from contents, counted, remembered where contents.id = $3 and deleted_at is null
    on conflict (user_id, content_id) do update
    set position_seconds = excluded.position_seconds, duration_seconds = excluded.duration_seconds,
        completed = excluded.completed, observed_at = excluded.observed_at, sequence = excluded.sequence
    where watch_progress.observed_at < excluded.observed_at
    returning *
), logged as (
    insert into progress_changes (progress_id, user_id, content_id, position_seconds, duration_seconds, completed,
                                  observed_at, sequence)
    select id, user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence from written
)
select id, position_seconds, duration_seconds, completed, observed_at, pg_notify('marquee', 'progress:' || $1 || ':')
from written
"""


async def start(rows: Rows, given: dict[str, Any]) -> dict[str, Any]:
    viewer, wanted = given["viewer"], content_id(given["input"]["contentId"])
    found = await rows.all(
        _START, user_id=viewer, content_id=wanted, asset_id=None, streams_at_once=None, within=timedelta(seconds=30)
    )
    _, _, title, *_ = found[0]
    asset_id, content_type = (
        found[0][len(CONTENTS) + [column.name for column in ASSETS].index(name)] for name in ("id", "content_type")
    )
    resume, now, _, _, points, views, *_ = found[0][len(CONTENTS) + len(ASSETS) :]
    stream_id, expires_at = str(uuid4()), now + timedelta(minutes=240)
    ticket = base64.urlsafe_b64encode(f"{stream_id}.{viewer}.{asset_id}.{expires_at.timestamp()}".encode()).decode()
    return {
        "startStream": {
            "streamId": stream_id,
            "url": f"http://127.0.0.1/stream/{ticket}",
            "contentType": content_type,
            "expiresAt": expires_at,
            "resumeAtSeconds": resume,
            "firstView": True,
            "pointsAwarded": 10,
            "pointsBalance": points,
            "content": {"id": encode("Content", wanted), "title": title, "viewCount": views},
        }
    }


async def record(rows: Rows, given: dict[str, Any]) -> dict[str, Any]:
    """Of one event that is new and the latest of its content."""
    viewer, event = given["viewer"], given["input"]["events"][0]
    observed_at = datetime.fromisoformat(event["observedAt"])
    async with rows.pool.acquire() as connection, connection.transaction():
        _, now = await connection.fetchrow(_HOLD, viewer)
        written = await connection.fetchrow(
            _RECORD,
            viewer,
            UUID(event["eventId"]),
            content_id(event["contentId"]),
            event["positionSeconds"],
            event["durationSeconds"],
            min(observed_at, now),
        )
    rows.statements += 2
    shown = {
        "id": encode("WatchProgress", written[0]),
        "positionSeconds": written[1],
        "durationSeconds": written[2],
        "completed": written[3],
        "observedAt": written[4],
    }
    return {"recordWatchProgress": {"progress": [shown]}}
