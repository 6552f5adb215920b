"""Who listens in a benchmark, and what happens that they hear of."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from composition import Marquee
from domain.contents import Content, NewContent
from domain.corporations import Corporation, NewCorporation, Plan
from domain.notifications import Message, NotificationKind
from domain.progress import WatchEvent
from domain.sessions import Client
from domain.users import NewUser, Role, User, Viewer
from settings import Settings

_DEVICES = 100
_SCREENS = 10
VIEWS = "subscription { viewLogAdded { id user { id displayName } content { id title } createdAt } }"
NOTIFICATIONS = "subscription { notificationAdded { id kind title body content { id title } createdAt } }"
PROGRESS = "subscription { watchProgress { cursor progress { positionSeconds content { id title } } } }"


@dataclass(frozen=True, slots=True)
class Audience:
    """A token for each socket; so many of them hear what happens."""

    document: str
    tokens: list[str]
    hearing: int
    happen: Callable[[], Awaitable[None]]


class People:
    """Made straight in the database, by a Marquee that serves nobody."""

    def __init__(self, dsn: str, settings: dict[str, str]) -> None:
        given = Settings(
            _env_file=None,
            database_url=dsn,
            marquee_home=settings["MARQUEE_HOME"],
            session_secret=settings["SESSION_SECRET"],
            demonstration=False,
        )
        self._marquee, self._numbers = Marquee(given, dsn), itertools.count(1)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["People"]:
        async with self._marquee.running(listening=False):
            yield self

    async def audiences(self, name: str, count: int, sockets: int, hearing: int) -> list[Audience]:
        """One for each of several servers, as many sockets each."""
        made = {"views": self._views, "notifications": self._notifications, "progress": self._progress}[name]
        return [await made(sockets, hearing) for _ in range(count)]

    async def _views(self, sockets: int, hearing: int) -> Audience:
        """Managers with ten screens each, a thousand screens of a company."""
        companies = [await self._company() for _ in range(sockets // hearing)]
        tokens = [
            token
            for company in companies
            for _ in range(hearing // _SCREENS)
            for token in _SCREENS * [(await self._person(Role.MANAGER, company))[1]]
        ]
        content = await self._content(companies[0])

        async def happen() -> None:
            member, _ = await self._person()
            await self._marquee.services.playback.start_stream(self._viewer(member), content.id, None)

        return Audience(VIEWS, tokens, hearing, happen)

    async def _notifications(self, sockets: int, hearing: int) -> Audience:
        people = [await self._person() for _ in range(sockets)]
        content = await self._content(await self._company())
        told = [person.id for person, _ in people[:hearing]]

        async def happen() -> None:
            message = Message(NotificationKind.CONTENT_ADDED, str(uuid4()), "New", "There is a film.", content.id)
            async with self._marquee.database.writing() as transaction:
                await self._marquee.telling.notifications.tell(transaction, told, message)

        return Audience(NOTIFICATIONS, [token for _, token in people], hearing, happen)

    async def _progress(self, sockets: int, hearing: int) -> Audience:
        """People with a hundred devices each."""
        people = [await self._person() for _ in range(sockets // _DEVICES)]
        content = await self._content(await self._company())
        positions = itertools.count(100)

        async def happen() -> None:
            at = float(next(positions))
            for person, _ in people[: hearing // _DEVICES]:
                event = WatchEvent(uuid4(), content.id, at, 9000.0, None, datetime.now(UTC))
                await self._marquee.services.progress.record(self._viewer(person), [event])

        return Audience(PROGRESS, [token for _, token in people for _ in range(_DEVICES)], hearing, happen)

    async def _company(self) -> Corporation:
        async with self._marquee.database.writing() as transaction:
            new = NewCorporation(f"Company {next(self._numbers)}", Plan.PAID, None)
            made = await self._marquee.stores.corporations.insert(transaction, new)
        assert made
        return made

    async def _content(self, company: Corporation) -> Content:
        async with self._marquee.database.writing() as transaction:
            new = NewContent(corporation_id=company.id, title=f"Title {next(self._numbers)}")
            made = await self._marquee.stores.contents.insert(transaction, new)
            assert made
            await self._marquee.stores.video_assets.add(transaction, made.id, "clip.webm", "video/webm", 1024)
        return made

    async def _person(self, role: Role = Role.MEMBER, company: Corporation | None = None) -> tuple[User, str]:
        number = next(self._numbers)
        async with self._marquee.database.writing() as transaction:
            new = NewUser(
                email=f"person{number}@example.com",
                password_hash=None,
                display_name=f"Person {number}",
                role=role,
                corporation_id=company.id if company else None,
            )
            user = await self._marquee.stores.users.insert(transaction, new)
            assert user
            signed_in = await self._marquee.services.sessions.begin(transaction, user, Client("crowd", "127.0.0.1"))
        return user, signed_in.tokens.access_token

    def _viewer(self, user: User) -> Viewer:
        return Viewer(user, 0, datetime.now(UTC) + timedelta(hours=1))
