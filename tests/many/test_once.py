"""Once, over two servers and everything between: R1 to R4 of GUARD."""

import asyncio
import contextlib
import itertools
from typing import Any

import httpx2

from deploy.many.layout import Many
from domain.contents import Content
from tests.api.conftest import Api, Person, World
from tests.api.test_likes import crowd
from tests.api.test_playback import assert_books_balance, id_of, started

FIVE = "\n".join(
    f"a{number}: startStream(input: $input) {{ ... on StreamStarted {{ firstView pointsBalance }} }}"
    for number in range(5)
)
PLAY_FIVE = f"mutation ($input: StartStreamInput!) {{ {FIVE} }}"


async def test_a_hundred_copies_over_both_servers_with_aliases_are_one_view(
    api: Api, apis: list[Api], world: World
) -> None:
    person, content = await world.person(), await world.content()
    asked = itertools.islice(itertools.cycle([*apis, api]), 20)
    copies = [one.data(PLAY_FIVE, person, input={"contentId": id_of(content)}) for one in asked]
    answers = [answer for copy in await asyncio.gather(*copies) for answer in copy.values()]
    assert len(answers) == 100
    assert sum(answer["firstView"] for answer in answers) == 1
    assert {answer["pointsBalance"] for answer in answers} == {10}
    await assert_books_balance(world, person, views=1)


async def test_a_hundred_contents_at_once_are_a_thousand_points(api: Api, world: World) -> None:
    person, corporation = await world.person(), await world.corporation()
    contents = [await world.content(corporation) for _ in range(100)]
    # They wait for each other's commits, and each commit for the replica: more are too many for a slow machine.
    answers = await crowd(*(started(api, person, content) for content in contents), at_once=20)
    assert all(answer["firstView"] for answer in answers)
    await assert_books_balance(world, person, views=100)


async def test_what_a_server_answered_before_kill_nine_is_there_and_the_rest_is_sent_again(
    many: Many, api: Api, world: World
) -> None:
    victim, corporation = many.servers[0], await world.corporation()
    people = [await world.person() for _ in range(4)]
    contents = [await world.content(corporation) for _ in range(40)]
    answered: dict[tuple[int, int], dict[str, Any]] = {}

    async def attempt(person: Person, content: Content) -> None:
        answer = await sent(api, person, content)
        if answer:
            answered[person.user.id, content.id] = answer
        if len(answered) == 40:
            await victim.kill()

    pairs = list(itertools.product(people, contents))
    await asyncio.gather(*(attempt(*pair) for pair in pairs))
    assert len(answered) >= 40
    logged = set(await world.rows("select user_id, content_id from view_logs"))
    assert answered.keys() <= logged, "what was answered is there"
    for person, content in pairs:
        again = await started(api, person, content)
        assert not (again["firstView"] and (person.user.id, content.id) in answered)
    for person in people:
        await assert_books_balance(world, person, views=40)


async def sent(api: Api, person: Person, content: Content) -> dict[str, Any] | None:
    """What was answered, where anything was: of a server that dies nginx says so."""
    with contextlib.suppress(httpx2.TransportError):
        answer = await api.ask(
            "mutation ($input: StartStreamInput!) { " + FIVE.splitlines()[0] + " }",
            person,
            input={"contentId": id_of(content)},
        )
        if "errors" not in answer.body:
            return dict(answer.data["a0"])
        assert answer.codes == ["UNAVAILABLE"]
    return None
