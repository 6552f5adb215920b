"""What many hear is read and executed once, and nobody hears what was made for somebody else: W4 of GUARD."""

import contextlib
import dataclasses
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from composition import Marquee
from domain.corporations import Corporation
from domain.users import Role
from resolvers.context import Context
from resolvers.nobody import Nobody
from tests.api.conftest import Api, Person, World
from tests.api.test_likes import LIKE
from tests.api.test_playback import id_of, started
from tests.api.test_subscriptions import Socket, connected, until
from tests.api.test_users import key_of

SAME = "subscription { viewLogAdded { id user { id displayName } content { title } createdAt } }"
PRIVATE = """subscription ($of: ID) { viewLogAdded(corporationId: $of) { content { title } user { ...Who } } }
fragment Who on User { displayName email role }"""
ABOUT_THE_VIEWER = "subscription { viewLogAdded { content { title likedByViewer viewerReview { id } } } }"


@contextlib.asynccontextmanager
async def listening(
    api: Api, marquee: Marquee, company: Corporation, people: list[Person], query: str, **variables: Any
) -> AsyncIterator[list[Socket]]:
    """A socket for each person, all of which hear of this company's contents."""
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connected(api.base_url, person)) for person in people]
        for number, socket in enumerate(sockets):
            await socket.subscribe(query, f"own {number}", **variables)
        await until(lambda: len(marquee.signals._inboxes[f"view_logs_of:{company.id}"]) == len(people))
        yield sockets


def counted(monkeypatch: pytest.MonkeyPatch, calls: Counter[str], store: Any, name: str) -> None:
    real: Callable[..., Any] = getattr(store, name)

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls[name] += 1
        return real(*args, **kwargs)

    monkeypatch.setattr(store, name, counting)


async def test_what_many_hear_is_read_and_executed_once(
    api: Api, world: World, marquee: Marquee, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, member = await world.corporation(), await world.person()
    managers = [await world.person(Role.MANAGER, ours) for _ in range(5)]
    reads = []
    for people in (managers[:1], managers):
        content, calls = await world.content(ours), Counter[str]()
        with monkeypatch.context() as patched:
            counted(patched, calls, marquee.stores.playback, "view_logs_by_ids")
            counted(patched, calls, marquee.stores.users, "by_ids")
            async with listening(api, marquee, ours, people, SAME) as sockets:
                await started(api, member, content)
                heard = [(await one.data(f"own {number}"))["viewLogAdded"] for number, one in enumerate(sockets)]
            await until(lambda: not marquee.signals._inboxes)
        assert [json.dumps(one) for one in heard] == [json.dumps(heard[0])] * len(people)
        assert heard[0]["user"] == {"id": member.id, "displayName": member.user.display_name}
        reads.append(calls)
    assert reads[0]["view_logs_by_ids"] == 1
    assert reads[1] == reads[0], "five cost as many reads as one"


@pytest.mark.parametrize("admin_first", [True, False])
async def test_an_email_is_told_to_none_but_those_who_may_see_it(
    api: Api, world: World, marquee: Marquee, admin_first: bool
) -> None:
    ours, member = await world.corporation(), await world.person()
    content = await world.content(ours, title="Ours")
    admin, manager = await world.person(Role.ADMIN), await world.person(Role.MANAGER, ours)
    people = [admin, manager, manager] if admin_first else [manager, manager, admin]
    seen = {"displayName": member.user.display_name, "email": member.user.email, "role": "MEMBER"}
    hidden = {**seen, "email": None, "role": None}
    async with listening(api, marquee, ours, people, PRIVATE, of=key_of(ours)) as sockets:
        for other in (content, await world.content(ours)):
            await started(api, member, other)
            told = [(await one.data(f"own {number}"))["viewLogAdded"]["user"] for number, one in enumerate(sockets)]
            assert told == [seen if person is admin else hidden for person in people]


async def test_what_is_about_the_viewer_is_everybodys_own(api: Api, world: World, marquee: Marquee) -> None:
    ours, member = await world.corporation(), await world.person()
    content = await world.content(ours, title="Ours")
    fond, cold = [await world.person(Role.MANAGER, ours) for _ in range(2)]
    await api.data(LIKE, fond, id=id_of(content))
    async with listening(api, marquee, ours, [cold, fond, cold], ABOUT_THE_VIEWER) as sockets:
        await started(api, member, content)
        told = [(await one.data(f"own {number}"))["viewLogAdded"]["content"] for number, one in enumerate(sockets)]
    assert [one["likedByViewer"] for one in told] == [False, True, False]


async def test_who_asks_the_same_in_other_words_is_answered_in_them(api: Api, world: World, marquee: Marquee) -> None:
    ours, member = await world.corporation(), await world.person()
    content, manager = await world.content(ours, title="Ours"), await world.person(Role.MANAGER, ours)
    maybe = "subscription ($with: Boolean!) { viewLogAdded { content { title id @include(if: $with) } } }"
    async with connected(api.base_url, manager) as socket:
        for number, given in enumerate((True, False, True)):
            await socket.subscribe(maybe, str(number), **{"with": given})
        await until(lambda: len(marquee.signals._inboxes[f"view_logs_of:{ours.id}"]) == 3)
        await started(api, member, content)
        heard = [await socket.hear() for _ in range(3)]
    told = {one["id"]: one["payload"]["data"]["viewLogAdded"]["content"] for one in heard}
    long, short = {"title": "Ours", "id": id_of(content)}, {"title": "Ours"}
    assert told == {"0": long, "1": short, "2": long}


SHARED = {"house", "base_url", "loaders", "stores", "services", "url"}
NAMES = {field.name for field in dataclasses.fields(Context)} | {name for name in dir(Context) if name[0] != "_"}


@pytest.mark.parametrize("name", sorted(NAMES - SHARED - {"renew_loaders"}))
def test_nobody_knows_nothing_of_anybody_and_remembers_that_it_was_asked(name: str) -> None:
    house: Any = object()
    nobody = Nobody(Context(house, "a request", "http://ours", None, "127.0.0.1"))
    assert not nobody.was_asked
    with pytest.raises(AttributeError):
        getattr(nobody, name)
    assert nobody.was_asked
