"""How a batch of watch events is judged: F1 of FEATURES."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain.progress_ledger import Ledger, WatchEvent, WatchProgress, judge

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FILM, SERIES = 7, 8


def event(
    position: float,
    minutes_ago: float,
    *,
    content: int = FILM,
    duration: float | None = 1000.0,
    completed: bool | None = None,
    event_id: UUID | None = None,
) -> WatchEvent:
    observed_at = NOW - timedelta(minutes=minutes_ago)
    return WatchEvent(event_id or uuid4(), content, position, duration, completed, observed_at)


def standing(
    position: float, minutes_ago: float, *, completed: bool = False, duration: float | None = 1000.0
) -> WatchProgress:
    return WatchProgress(3, 1, FILM, position, duration, completed, NOW - timedelta(minutes=minutes_ago), 5)


def judged(
    *events: WatchEvent, before: WatchProgress | None = None, known: frozenset[UUID] = frozenset()
) -> list[WatchProgress]:
    progress = {before.content_id: before} if before else {}
    return judge(1, events, Ledger(5, NOW, frozenset({FILM, SERIES}), known, progress))


def positions(changed: list[WatchProgress]) -> list[float]:
    return [progress.position_seconds for progress in changed]


def test_the_newest_event_of_a_batch_wins_in_whatever_order_they_come() -> None:
    events = [event(100, 9), event(300, 1), event(200, 5)]
    for batch in (events, events[::-1], [events[1], events[0], events[2]]):
        (changed,) = judged(*batch)
        assert (changed.position_seconds, changed.observed_at) == (300, NOW - timedelta(minutes=1))


def test_each_content_of_a_batch_has_one_state_and_sequences_follow_without_gaps() -> None:
    changed = judged(event(10, 4), event(20, 3, content=SERIES), event(30, 2), event(40, 1, content=SERIES))
    assert sorted((state.content_id, state.position_seconds) for state in changed) == [
        (FILM, 30),
        (SERIES, 40),
    ]
    assert [progress.sequence for progress in changed] == [6, 7]


def test_a_new_content_has_no_id_yet_and_a_known_one_keeps_its_own() -> None:
    assert [progress.id for progress in judged(event(10, 1))] == [0]
    (changed,) = judged(event(10, 1), before=standing(5, 2))
    assert (changed.id, changed.user_id, changed.content_id) == (3, 1, FILM)


def test_a_repeat_of_a_known_event_changes_nothing() -> None:
    again = event(500, 1)
    assert judged(again, before=standing(100, 9), known=frozenset({again.event_id})) == []


def test_of_one_event_id_twice_in_a_batch_the_first_counts() -> None:
    one = uuid4()
    changed = judged(
        event(100, 5, event_id=one), event(900, 1, event_id=one), event(1, 0, event_id=one, content=SERIES)
    )
    assert [(progress.content_id, progress.position_seconds) for progress in changed] == [(FILM, 100)]


def test_a_late_arrival_changes_nothing() -> None:
    assert judged(event(900, 10), before=standing(100, 9)) == []
    assert positions(judged(event(900, 10), event(950, 8), before=standing(100, 9))) == [950]


def test_an_event_of_the_very_moment_of_the_standing_one_changes_nothing() -> None:
    assert judged(event(900, 9), before=standing(100, 9)) == []


def test_of_two_events_of_one_moment_in_a_batch_the_later_in_the_list_wins() -> None:
    assert positions(judged(event(100, 5), event(200, 5))) == [200]
    assert positions(judged(event(200, 5), event(100, 5))) == [100]


def test_a_clock_ahead_counts_as_now() -> None:
    (changed,) = judged(event(100, -60 * 24 * 365))
    assert changed.observed_at == NOW
    (changed,) = judged(event(100, 1), event(200, -5), event(300, -3))
    assert (changed.position_seconds, changed.observed_at) == (200, NOW)


def test_a_clock_ahead_does_not_lock_out_what_is_observed_later() -> None:
    (first,) = judged(event(100, -600))
    later = NOW + timedelta(seconds=1)
    honest = WatchEvent(uuid4(), FILM, 150.0, 1000.0, None, later)
    (changed,) = judge(1, [honest], Ledger(6, later, frozenset({FILM}), frozenset(), {FILM: first}))
    assert (changed.position_seconds, changed.observed_at) == (150.0, later)


def test_a_ping_near_the_start_never_wipes_a_finished_view() -> None:
    finished = standing(1000, 9, completed=True)
    assert judged(event(0, 1), before=finished) == []
    assert judged(event(29.9, 1), before=finished) == []
    assert judged(event(3, 1, duration=None), before=finished) == []
    assert judged(event(3, 1, completed=False), before=finished) == []
    assert judged(event(3, 1, duration=None), before=standing(1000, 9, completed=True, duration=None)) == []
    # Nor where the view was finished earlier in the same batch.
    (changed,) = judged(event(990, 5), event(0, 1))
    assert (changed.position_seconds, changed.completed) == (990, True)


def test_of_something_short_the_start_is_a_twentieth_of_it() -> None:
    finished = standing(100, 9, completed=True, duration=100)
    assert judged(event(4.9, 1, duration=100), before=finished) == []
    assert positions(judged(event(5, 1, duration=100), before=finished)) == [5]


def test_watching_again_beyond_the_start_counts() -> None:
    (changed,) = judged(event(30, 1), before=standing(1000, 9, completed=True))
    assert (changed.position_seconds, changed.completed) == (30, False)
    # And once it has begun again, going back to the start counts too.
    assert positions(judged(event(400, 5), event(0, 1), before=standing(1000, 9, completed=True))) == [0]


def test_finishing_again_near_the_start_is_believed() -> None:
    (changed,) = judged(event(1, 1, completed=True), before=standing(1000, 9, completed=True))
    assert (changed.position_seconds, changed.completed) == (1, True)


def test_an_unfinished_view_may_go_back_to_the_start() -> None:
    (changed,) = judged(event(0, 1), before=standing(400, 9))
    assert (changed.position_seconds, changed.completed) == (0, False)


def test_whoever_got_to_the_last_twentieth_has_seen_it() -> None:
    assert [progress.completed for progress in judged(event(949.9, 1))] == [False]
    assert [progress.completed for progress in judged(event(950, 1))] == [True]
    assert [progress.completed for progress in judged(event(950, 1, duration=None))] == [False]
    # A duration that is known from before is good enough.
    assert [progress.completed for progress in judged(event(950, 1, duration=None), before=standing(1, 2))] == [True]


def test_the_player_is_believed_over_the_position() -> None:
    assert [progress.completed for progress in judged(event(100, 1, completed=True))] == [True]
    assert [progress.completed for progress in judged(event(1000, 1, completed=False))] == [False]


def test_a_position_beyond_the_duration_is_the_end() -> None:
    (changed,) = judged(event(5000, 1))
    assert (changed.position_seconds, changed.duration_seconds, changed.completed) == (1000, 1000, True)
    (changed,) = judged(event(5000, 1, duration=None), before=standing(1, 2))
    assert changed.position_seconds == 1000


def test_a_duration_that_is_not_said_stays_known() -> None:
    (changed,) = judged(event(100, 1, duration=None), before=standing(1, 2))
    assert changed.duration_seconds == 1000
    (changed,) = judged(event(100, 1, duration=2000), before=standing(1, 2))
    assert changed.duration_seconds == 2000
