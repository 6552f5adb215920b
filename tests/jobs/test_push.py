"""What becomes of pushes whose service does something that nobody thought of."""

from collections.abc import Sequence
from datetime import timedelta

from structlog.testing import capture_logs

from domain.notifications import NotificationKind
from domain.outbox import NotTold
from domain.push import Claimed, Fate, Push, Pushed
from jobs.push import PushNotifications


class Store:
    """Of one notification for three devices."""

    def __init__(self) -> None:
        self.released: list[str] = []

    async def claim(self, subjects: Sequence[str]) -> list[Claimed]:
        kind = NotificationKind.REVIEW_ADDED
        return [Claimed(1, device, "event", kind, "Hear", "it", None, f"token {device}") for device in range(1, 4)]

    async def release(self, claimed: Sequence[Claimed]) -> None:
        self.released += [one.subject for one in claimed]

    async def forget_device(self, device_id: int, token: str) -> None:
        raise AssertionError("none of these is dead")

    async def sweep(self, kept: timedelta) -> None:
        raise AssertionError("nobody sweeps here")


class Broken:
    """Sends to the first, refuses the second for now, and fails with the third."""

    async def send(self, push: Push) -> Pushed:
        fates = {"token 1": Pushed(Fate.SENT), "token 2": Pushed(Fate.LATER, "busy", 7.0)}
        return fates[push.token]


async def test_a_fault_with_one_push_is_told_and_costs_no_other() -> None:
    store = Store()
    with capture_logs() as lines:
        later = await PushNotifications(store, Broken())(["1 1", "1 2", "1 3"])
    assert later == {"1 2": NotTold("busy", 7.0)}
    assert store.released == ["1 2"]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["push_failed"]
