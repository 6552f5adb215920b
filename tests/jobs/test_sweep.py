"""Forgetting what nobody needs any more, and nothing else."""

import asyncio
from datetime import timedelta

from domain.errors import Unavailable
from domain.images import ImageStatus
from jobs.clock import Job, keep
from tests.api.conftest import World


async def test_only_what_is_over_for_long_is_forgotten(world: World) -> None:
    person = await world.person()
    content = await world.content()
    for days in (29, 31):
        await world.rows(
            "insert into sessions (user_id, expires_at, absolute_end, refresh_hash)"
            " values ($1, now() - make_interval(days => $2), now(), '')",
            *(person.user.id, days),
        )
    progress = "insert into watch_progress (user_id, content_id, position_seconds, completed, observed_at, sequence)"
    await world.rows(f"{progress} values ($1, $2, 5, false, now(), 2)", person.user.id, content.id)
    for number, days in enumerate((30, 32), start=1):
        await world.rows(
            "insert into watch_events (user_id, event_id, recorded_at)"
            " values ($1, gen_random_uuid(), now() - make_interval(days => $2))",
            *(person.user.id, days),
        )
        await world.rows(
            "insert into progress_changes (progress_id, user_id, content_id, position_seconds, completed, observed_at,"
            " sequence, recorded_at) values (1, $1, $2, 5, false, now(), $3, now() - make_interval(days => $4))",
            *(person.user.id, content.id, number, days),
        )
    for number, seconds in enumerate((-1, 60)):
        lives = "now() + make_interval(secs => $2)"
        await world.rows(
            f"insert into one_time_codes (hash, expires_at) values ($1, {lives})", bytes([number]), seconds
        )
        attempt = f"insert into attempts (hash, wrong, pending, forgotten_at) values ($1, 1, 0, {lives})"
        await world.rows(attempt, bytes([number]), seconds)
    for status, hours in (("PENDING", 23), ("PENDING", 25), ("READY", 25)):
        await world.rows(
            "insert into images (owner_id, key, filename, content_type, size_bytes, status, created_at)"
            " values ($1, gen_random_uuid(), 'a.png', 'image/png', 1, $2, now() - make_interval(hours => $3))",
            *(person.user.id, ImageStatus(status), hours),
        )
    for _ in range(2):
        await world.run("sweep", "sweep uploads")
        counts = [
            await world.rows(f"select count(*) from {table}")
            for table in (
                "sessions",
                "watch_events",
                "progress_changes",
                "watch_progress",
                "one_time_codes",
                "attempts",
                "images",
            )
        ]
        assert counts == [[(2,)], *[[(1,)]] * 5, [(2,)]]


async def test_a_signing_key_is_forgotten_once_no_token_of_it_can_be_alive(world: World) -> None:
    await world.rows("update signing_keys set created_at = now()")
    kept = {kid for (kid,) in await world.rows("select kid from signing_keys")}
    keys = "insert into signing_keys (kid, private_key, created_at) values ($1, '', now() - make_interval(hours => $2))"
    await world.rows(keys, "replaced long ago", 300)
    await world.rows(keys, "replaced just now", 200)
    await world.marquee.keys.sweep(timedelta(hours=2))
    left = {kid for (kid,) in await world.rows("select kid from signing_keys")}
    await world.rows("delete from signing_keys where kid like 'replaced%'")
    assert left == kept | {"replaced just now"}


async def test_a_job_that_fails_comes_round_again_and_ends_no_other() -> None:
    runs = {"unlucky": 0, "lucky": 0}
    done = asyncio.Event()

    async def unlucky() -> None:
        runs["unlucky"] += 1
        raise Unavailable("away") if runs["unlucky"] == 1 else RuntimeError("broken")

    async def lucky() -> None:
        runs["lucky"] += 1
        if min(runs.values()) >= 3:
            done.set()

    jobs = asyncio.create_task(keep([Job("unlucky", 0.001, unlucky), Job("lucky", 0.001, lucky)]))
    async with asyncio.timeout(5):
        await done.wait()
    jobs.cancel()
