"""What the drill takes for a broken promise."""

from collections.abc import Sequence
from typing import Any

import pytest

from deploy.drill.drill import Drill
from deploy.drill.faults import FAULTS, Fault
from deploy.drill.judging import Row, Span, judged
from deploy.drill.load.asking import Answer
from deploy.drill.load.claims import Claim
from deploy.drill.needs import NEEDS
from deploy.drill.records import Record
from deploy.drill.report import table

SPAN = Span(began=100.0, back=105.0, until=110.0)


def fault(name: str) -> Fault:
    return next(one for one in FAULTS if one.name == name)


def answer(kind: str, at: float, took: float = 0.1, **rest: Any) -> Record:
    given = {"late": 0.0, "outcome": "done", "code": "", "good": True, "past": "", **rest}
    return Record(kind=kind, at=at, took=took, **given)


def error(kind: str, at: float, took: float = 0.1, **rest: Any) -> Record:
    return answer(kind, at, took, **{"outcome": "error", "code": "UNAVAILABLE", "good": False, **rest})


ALL_BACK = [answer(kind, 105.5) for kind in NEEDS]


def judge(name: str, *records: Record, seen: Sequence[str] = ()) -> Row:
    return judged(fault(name), SPAN, [*ALL_BACK, *records], seen)


def test_a_fault_in_which_all_goes_on_breaks_nothing() -> None:
    assert judge("redis: kill -9").broken == ()


def test_what_needs_the_part_may_be_told_so_and_what_does_not_may_not() -> None:
    assert judge("primary: kill -9", error("review", 102)).broken == ()
    assert judge("engine: kill -9", error("search", 102)).broken == ()
    assert judge("engine: kill -9", error("page", 102)).broken == ("page: error UNAVAILABLE at +2.0 for 0.1 s",)
    assert judge("primary: kill -9", error("nothing", 102)).broken == ("nothing: error UNAVAILABLE at +2.0 for 0.1 s",)


def test_an_answer_later_than_five_seconds_breaks_a_promise_but_not_where_we_were_late_ourselves() -> None:
    assert judge("primary: kill -9", error("review", 101, 5.3)).broken == (
        "review: answered after 5.3 s (UNAVAILABLE)",
    )
    row = judge("primary: kill -9", error("review", 101, 5.9, late=0.4))
    assert (row.broken, row.doubts) == ((), ("review: answered after 5.5 s (UNAVAILABLE)",))


def test_a_request_may_cross_with_the_front_hanging_up_while_it_is_given_another_configuration() -> None:
    crossed: dict[str, Any] = {"outcome": "unanswered", "code": "ReadError", "good": False}
    assert judge("both servers: rolling restart", answer("review", 101, 0.0, **crossed)).broken == ()
    assert judge("both servers: rolling restart", answer("review", 101, 0.6, **crossed)).broken
    hung_up = crossed | {"code": "RemoteProtocolError"}
    assert judge("both servers: rolling restart", answer("review", 101, 0.0, **hung_up)).broken == ()
    for code in ("502", "cut: RemoteProtocolError", "cut: ReadError"):
        assert judge("both servers: rolling restart", answer("review", 101, 0.0, **crossed | {"code": code})).broken
    assert judge("redis: kill -9", answer("review", 101, 0.0, **crossed)).broken


def test_more_than_a_few_that_crossed_are_a_broken_promise() -> None:
    crossed = answer("review", 101, 0.0, outcome="unanswered", code="ReadError", good=False)
    past = answer("review", 101, 0.0, outcome="unanswered", code="ReadError", good=False, past="server-1")
    assert judge("both servers: rolling restart", *[crossed] * 5, past).broken == ()
    assert judge("both servers: rolling restart", *[crossed] * 6).broken == ("6 requests were hung up on",)


def test_nobody_answers_only_where_the_door_itself_is_at_fault() -> None:
    lost: dict[str, Any] = {"outcome": "unanswered", "code": "ConnectError", "good": False}
    assert judge("server-1: kill -9", answer("review", 101, **lost)).unanswered == 1
    assert judge("server-1: kill -9", answer("review", 101, **lost)).broken == ()
    assert judge("redis: kill -9", answer("review", 101, **lost)).broken != ()
    assert judge("both servers: rolling restart", answer("review", 101, **lost)).broken != ()


def test_a_socket_that_outlives_its_session_is_told_unless_servers_could_not_hear_of_it() -> None:
    late = answer("revocation", 101, 6)
    assert judge("redis: kill -9", late).broken == ("revocation: arrived after 6.0 s",)
    assert judge("the line to the primary (LISTEN): cut", late).broken == ()


def test_an_unclean_answer_is_never_excused() -> None:
    unclean = answer("review", 101, outcome="unclean", code="500", good=False)
    assert judge("primary: kill -9", unclean).broken == ("review: unclean answer 500",)


def test_what_does_not_come_back_is_named() -> None:
    row = judged(fault("redis: kill -9"), SPAN, [record for record in ALL_BACK if record.kind != "review"])
    assert row.back is None
    assert row.broken == ("not back within 10 s: review",)


def test_what_comes_back_too_late_has_not_come_back() -> None:
    late = [answer(kind, 105.5) for kind in NEEDS if kind != "review"] + [answer("review", 116)]
    assert judged(fault("redis: kill -9"), SPAN, late).back is None


def test_a_change_that_nobody_confirmed_may_be_there_and_one_that_was_confirmed_is() -> None:
    claim = Claim("like", ("somebody", "something"), [False])
    claim.asked_for(True, Answer("error", "UNAVAILABLE"))
    assert claim.possible == [False, True]
    claim.asked_for(False, Answer("refused", "NOT_FOUND"))
    assert claim.possible == [False, True]
    claim.asked_for(True, Answer("done"))
    assert claim.possible == [True]


def test_the_table_has_a_line_for_each_fault() -> None:
    told = table([judge("redis: kill -9"), judge("engine: kill -9", error("page", 102))])
    assert [line.split("  ")[0] for line in told.splitlines()] == ["fault", "redis: kill -9", "engine: kill -9"]
    assert "kept" in told.splitlines()[1]
    assert "broken" in told.splitlines()[2]


@pytest.mark.parametrize("part", ["server-1", "worker", "nginx", "pgbouncer", "primary", "replica", "redis", "store"])
def test_each_part_is_killed_once(part: str) -> None:
    assert fault(f"{part}: kill -9")


def test_a_drill_that_had_no_time_for_a_fault_has_kept_no_promise() -> None:
    drill = Drill.__new__(Drill)
    drill.rows, drill.proofs, drill.skipped = [], [], ["redis: kill -9"]
    assert not drill.is_kept
    assert "There was no time for redis: kill -9." in drill.report()
