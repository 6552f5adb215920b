"""The data set of the speed benchmark: the same rows each time, with counters that agree with them.

What follows from a number (who has watched what, who may start what for the first time) is said here once, for the SQL
that makes it and for those who ask for it.
"""

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# A prime that divides no number of contents or users: its multiples come by all of them before one comes back.
_STEP, _PERSON_STEP = 7919, 37
GENRES, REVIEWS_OF_A_CONTENT = 20, 10
# Of an odd person and of an even one: forty on average, and more than a page of fifty for those who ask for one.
WATCHED_BY_ODD, WATCHED_BY_EVEN = 60, 20
_FIRST_CONTENT = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are. Of each content there are ten reviews, of each person forty rows of progress on average."""

    contents: int = 10_000
    users: int = 5_000
    companies: int = 200

    @classmethod
    def of(cls, scale: float) -> "Size":
        """A part of the whole; a hundredth is the least, for somebody has watched sixty contents."""
        whole = cls()
        return cls(int(whole.contents * scale), int(whole.users * scale), max(1, int(whole.companies * scale)))

    def added_at(self, content_id: int) -> datetime:
        return _FIRST_CONTENT + timedelta(minutes=content_id)

    def watched(self, user_id: int, place: int) -> int:
        """The content that an odd person has watched, place 0 to 59."""
        return 1 + (user_id * _PERSON_STEP + place * _STEP) % self.contents

    def unseen(self, user_id: int, place: int) -> int:
        """A content that this person has never started: place 0 up to `contents` less 60."""
        return self.watched(user_id, WATCHED_BY_ODD + place)

    def can_sign_in(self) -> list[tuple[int, int]]:
        """Odd people, each with the session that they have."""
        return [(2 * session_id - 1, session_id) for session_id in range(1, self.users // 2 + 1)]


_VALUES = {
    "genres": GENRES,
    "reviews": REVIEWS_OF_A_CONTENT,
    "odd": WATCHED_BY_ODD,
    "even": WATCHED_BY_EVEN,
    "step": _STEP,
    "person_step": _PERSON_STEP,
    "first": f"timestamptz '{_FIRST_CONTENT.isoformat()}'",
}
_ROWS = [
    """
    insert into genres (name) select 'Genre ' || n from generate_series(1, {genres}) n
    """,
    """
    insert into corporations (name, plan, created_at, updated_at) select 'Company ' || n, 'PAID', {first}, {first}
    from generate_series(1, {companies}) n
    """,
    """
    insert into users (email, display_name, role, created_at)
    select 'person' || n || '@example.com', 'Person ' || n, 'MEMBER', {first} + n * interval '1 hour'
    from generate_series(1, {users}) n
    """,
    """
    insert into sessions (user_id, user_agent, created_at, last_used_at, rotated_at, expires_at, absolute_end,
                          refresh_hash)
    select 2 * n - 1, 'benchmark', {first}, {first}, {first}, timestamptz '2100-01-01 00:00Z',
           timestamptz '2100-01-01 00:00Z', sha256(n::text::bytea)
    from generate_series(1, {users} / 2) n
    """,
    """
    insert into contents (corporation_id, title, description, age_rating, release_date, runtime_minutes, created_at,
                          updated_at)
    select 1 + n % {companies},
           (array['Silent', 'Golden', 'Last', '서울의', 'Broken', 'Distant'])[1 + n % 6] || ' ' ||
           (array['Harbor', 'River', 'Winter', '여름', 'Garden', 'Station', 'Mirror'])[1 + n % 7] || ' ' || n,
           'What happens to somebody who never wanted it to happen, in ' || n % 97 || ' chapters and a "last word".',
           (array['ALL', 'AGE_12', 'AGE_15', 'AGE_19'])[1 + n % 4]::age_rating, date '1990-01-01' + (n % 12000)::int,
           80 + n % 60, {first} + n * interval '1 minute', {first} + n * interval '1 minute'
    from generate_series(1, {contents}) n
    """,
    """
    insert into content_genres
    select id, 1 + id % {genres} from contents
    union all select id, 1 + (id + 1 + id / {genres} % ({genres} - 1)) % {genres} from contents
    """,
    """
    insert into video_assets (content_id, key, content_type, size_bytes)
    select id, 'videos/' || id || '-' || part || '.mp4', 'video/mp4', 100000000 + id * part
    from contents, generate_series(1, 2) part where part <= 2 - id % 2 order by id, part
    """,
    """
    insert into reviews (content_id, author_id, rating, body, created_at, updated_at)
    select n, 1 + (n * 13 + j * {step}) % {users}, 1 + (n * 7 + j * (n % 4)) % 10,
           'Seen ' || j || ' times, and it was better each time but one.', written_at, written_at
    from generate_series(1, {contents}) n, generate_series(0, {reviews} - 1) j,
         lateral (select {first} + (n * {reviews} + j) * interval '10 minutes' written_at) moment
    """,
    """
    insert into watch_progress (user_id, content_id, position_seconds, duration_seconds, completed, observed_at,
                                sequence)
    select u, 1 + (u * {person_step} + place * {step}) % {contents}, 30 + u * (place + 1) % 3000, 5400, false,
           timestamptz '2026-06-01 00:00Z' + u * interval '1 second' + place * interval '1 hour', place + 1
    from generate_series(1, {users}) u,
         lateral generate_series(0, case when u % 2 = 1 then {odd} else {even} end - 1) place
    """,
]
# Whoever has watched something has started it, and has been rewarded for it.
_COUNTED = [
    """
    insert into progress_counters select user_id, max(sequence) from watch_progress group by user_id
    """,
    """
    insert into view_logs (user_id, content_id, corporation_id, created_at)
    select user_id, content_id, corporation_id, observed_at
    from watch_progress p join contents c on c.id = p.content_id order by observed_at, p.id
    """,
    """
    insert into point_entries (user_id, content_id, points, reason, created_at)
    select user_id, content_id, 10, 'FIRST_VIEW', created_at from view_logs order by id
    """,
    """
    update users set points = 10 * seen from (select user_id, count(*) seen from view_logs group by user_id) l
    where l.user_id = users.id
    """,
    """
    update contents set review_count = written, rating_sum = sum
    from (select content_id, count(*) written, sum(rating) sum from reviews group by content_id) r
    where r.content_id = contents.id
    """,
    """
    update contents set view_count = seen
    from (select content_id, count(*) seen from view_logs group by content_id) l where l.content_id = contents.id
    """,
]
_TIDY = ["vacuum full users, contents", "vacuum analyze"]


async def fill(connection: Any, size: Size) -> None:
    """Into a database that has the newest tables and nothing in them."""
    for statement in [*_ROWS, *_COUNTED]:
        await connection.execute(statement.format(**_VALUES, **dataclasses.asdict(size)))
    for statement in _TIDY:
        await connection.execute(statement)


def edition(size: Size) -> str:
    """What is kept of an earlier run is what would be made now, where this is the same."""
    return hashlib.sha256(f"{_ROWS}{_COUNTED}{_VALUES}{size}".encode()).hexdigest()
