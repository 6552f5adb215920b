"""Everything that people do to the same few contents, all at once: nobody waits for each other for ever, and afterwards
every number is the number of what is there.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.errors import Conflict, Refusal, RefusalCode
from domain.progress import WatchEvent
from domain.users import Role
from tests.api.conftest import World

pytestmark = pytest.mark.xdist_group("heavy")

OPERATIONS = 1500
AT_ONCE = 24
WRONG_COUNTS = """
    select id from contents c
    where like_count <> (select count(*) from content_likes where content_id = c.id)
       or view_count <> (select count(*) from view_logs where content_id = c.id)
       or review_count <> (select count(*) from reviews where content_id = c.id)
       or rating_sum <> (select coalesce(sum(rating), 0) from reviews where content_id = c.id)"""
WRONG_POINTS = """
    select id from users u
    where points <> (select coalesce(sum(points), 0) from point_entries where user_id = u.id)
       or points <> 10 * (select count(*) from view_logs where user_id = u.id)"""
WRONG_SEQUENCES = """
    select user_id from progress_counters c left join progress_changes p using (user_id) group by user_id, c.sequence
    having c.sequence <> count(p.sequence) or c.sequence <> max(p.sequence)"""
Deed = Callable[[], Awaitable[object]]


async def deeds(world: World, chance: random.Random) -> Iterator[Deed]:
    """One deed after another, of anybody to anything, seldom ones seldom."""
    services, corporation = world.marquee.services, await world.corporation()
    people = [world.viewer(await world.person()) for _ in range(60)]
    manager = world.viewer(await world.person(Role.MANAGER, corporation))
    admin = world.viewer(await world.person(Role.ADMIN))
    contents = [(await world.content(corporation)).id for _ in range(6)]

    def next_deed() -> Deed:
        who, what = chance.choice(people), chance.choice(contents)
        review, rating, liked = chance.randint(1, 200), chance.randint(1, 10), chance.random() < 0.6
        now = datetime.now(UTC)
        genres, role = chance.sample(["a", "B", "c", "D", "e"], 3), chance.choice([Role.MEMBER, Role.MANAGER])
        weighted: list[tuple[int, Deed]] = [
            (30, lambda: services.likes.set(who, what, liked=liked)),
            (20, lambda: services.reviews.create(who, what, rating, None)),
            (10, lambda: services.reviews.update(who, review, {"rating": rating})),
            (8, lambda: services.reviews.delete(manager, review)),
            (18, lambda: services.playback.start_stream(who, what, None)),
            (18, lambda: services.progress.record(who, [WatchEvent(uuid4(), what, rating, None, None, now)])),
            (4, lambda: services.contents.delete(manager, what)),
            (5, lambda: services.contents.restore(manager, what)),
            (2, lambda: services.users.delete(admin, who.user.id)),
            (2, lambda: services.users.update(admin, who.user.id, {"role": role})),
            (1, lambda: services.contents.update(manager, what, {"genres": genres})),
        ]
        return chance.choices([deed for _, deed in weighted], [weight for weight, _ in weighted])[0]

    return (next_deed() for _ in itertools.count())


async def test_whatever_is_done_at_once_every_number_stays_true(world: World) -> None:
    todo = itertools.islice(await deeds(world, random.Random(5)), OPERATIONS)

    codes: set[RefusalCode] = set()

    async def busy() -> None:
        for deed in todo:
            try:
                await deed()
            except Refusal as refusal:
                codes.add(refusal.refused.code)
            except Conflict:
                pass  # somebody was deleted while they did it

    await asyncio.gather(*(busy() for _ in range(AT_ONCE)))
    assert codes <= {RefusalCode.NOT_FOUND, RefusalCode.ALREADY_EXISTS}
    assert await world.rows(WRONG_COUNTS) == []
    assert await world.rows(WRONG_POINTS) == []
    assert await world.rows(WRONG_SEQUENCES) == []
    assert (await world.rows("select count(*) > 50 from view_logs")) == [(True,)]
