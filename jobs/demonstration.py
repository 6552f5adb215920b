"""The demonstration catalogue: companies, people of each role, contents with posters and clips. Made once."""

import html
import json
import zlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from domain.contents import AgeRating, ContentStore, NewContent
from domain.corporations import CorporationStore, NewCorporation, Plan
from domain.genres import GenreStore
from domain.likes import LikeStore
from domain.media import ObjectStore
from domain.passwords import Passwords, PasswordStore
from domain.ports import Database, Transaction
from domain.reviews import ReviewStore
from domain.users import NewUser, Role, User, UserStore
from domain.video_assets import VideoAssetStore

PASSWORD = "marquee-demo"  # noqa: S105  # told to everybody, and refused to be made in production
_FOLDER = Path(__file__).resolve().parent.parent / "examples" / "demonstration"
_CLIPS = ("clip-1.webm", "clip-2.webm")
# Every so many contents one has no video yet, so that this too can be seen.
_WITHOUT_VIDEO = 17


class _AlreadyThere(Exception):
    """Undoes what was begun."""


class Demonstration:
    def __init__(
        self,
        database: Database,
        corporations: CorporationStore,
        users: UserStore,
        contents: ContentStore,
        genres: GenreStore,
        video_assets: VideoAssetStore,
        likes: LikeStore,
        reviews: ReviewStore,
        objects: ObjectStore,
        passwords: Passwords,
        password_store: PasswordStore,
    ) -> None:
        self._database, self._corporations, self._users = database, corporations, users
        self._contents, self._genres, self._video_assets = contents, genres, video_assets
        self._likes, self._reviews = likes, reviews
        self._objects, self._passwords, self._password_store = objects, passwords, password_store
        self._catalogue: dict[str, list[dict[str, Any]]] = json.loads((_FOLDER / "catalogue.json").read_text())

    @property
    def emails(self) -> list[str]:
        return [str(person["email"]) for person in self._catalogue["people"]]

    async def make(self) -> bool:
        """All of it in one transaction, or nothing where its first person or any of its companies is there already.
        Whether it made anything.
        """
        if await self._password_store.credentials(self.emails[0]) is not None:
            return False
        await self._put_files()
        password_hash = await self._passwords.hash(PASSWORD)
        try:
            await self._make_rows(password_hash)
        except _AlreadyThere:
            return False
        return True

    async def _make_rows(self, password_hash: str) -> None:
        async with self._database.writing() as transaction:
            companies = await self._make_corporations(transaction)
            people = await self._make_people(transaction, companies, password_hash)
            for number, entry in enumerate(self._catalogue["contents"]):
                await self._make_content(transaction, number, entry, companies, people)

    async def _make_corporations(self, transaction: Transaction) -> dict[str, int]:
        made: dict[str, int] = {}
        for entry in self._catalogue["corporations"]:
            new = NewCorporation(entry["name"], Plan(entry["plan"]), None)
            corporation = await self._corporations.insert(transaction, new)
            if corporation is None:
                raise _AlreadyThere
            made[corporation.name] = corporation.id
        return made

    async def _make_people(
        self, transaction: Transaction, companies: Mapping[str, int], password_hash: str
    ) -> list[User]:
        people = []
        for entry in self._catalogue["people"]:
            new = NewUser(
                email=entry["email"],
                password_hash=password_hash,
                display_name=entry["display_name"],
                role=Role(entry["role"]),
                corporation_id=companies.get(entry["corporation"]),
            )
            user = await self._users.insert(transaction, new)
            if user is None:
                raise _AlreadyThere
            people.append(user)
        return people

    async def _make_content(
        self,
        transaction: Transaction,
        number: int,
        entry: dict[str, Any],
        companies: Mapping[str, int],
        fans: list[User],
    ) -> None:
        new = NewContent(
            corporation_id=companies[entry["corporation"]],
            title=entry["title"],
            description=entry["description"],
            age_rating=AgeRating(entry["age_rating"]),
            release_date=date.fromisoformat(entry["release_date"]),
            runtime_minutes=entry["runtime_minutes"],
            poster_key=_poster_key(number),
        )
        content = await self._contents.insert(transaction, new)
        assert content is not None
        await self._genres.set(transaction, content.id, entry["genres"])
        for fan in fans[: number % (len(fans) + 1)]:
            await self._likes.set(transaction, fan.id, content.id, liked=True)
        await self._review(transaction, number, content.id, fans)
        if (number + 1) % _WITHOUT_VIDEO:
            clip = _CLIPS[number % len(_CLIPS)]
            size = (_FOLDER / clip).stat().st_size
            await self._video_assets.add(transaction, content.id, _key(clip), "video/webm", size)

    async def _review(self, transaction: Transaction, number: int, content_id: int, people: list[User]) -> None:
        """From nobody up to everybody reviews it, each in other words."""
        opinions = self._catalogue["reviews"]
        for place, author in enumerate(people[: number * 7 % (len(people) + 1)]):
            opinion = opinions[(number + place * 3) % len(opinions)]
            await self._reviews.insert(transaction, content_id, author.id, opinion["rating"], opinion["body"])
            await self._reviews.count(transaction, content_id, reviews=1, rating=opinion["rating"])

    async def _put_files(self) -> None:
        for clip in _CLIPS:
            if await self._objects.head(_key(clip)) is None:
                await self._objects.put(_key(clip), (_FOLDER / clip).read_bytes())
        for number, entry in enumerate(self._catalogue["contents"]):
            if await self._objects.head(_poster_key(number)) is None:
                await self._objects.put(_poster_key(number), _poster(entry).encode())


def _key(name: str) -> str:
    return f"demonstration/{name}"


def _poster_key(number: int) -> str:
    return _key(f"posters/{number:03}.svg")


# A moon, its echo in water, hills, a city, rays: each somewhere about a point.
_MOTIFS = (
    '<circle cx="{x}" cy="{y}" r="54"/>',
    '<g fill="none" stroke="#fff" stroke-width="7"><circle cx="{x}" cy="{y}" r="26"/><circle cx="{x}" cy="{y}" r="58"/>'
    '<circle cx="{x}" cy="{y}" r="92"/><circle cx="{x}" cy="{y}" r="128"/></g>',
    '<circle cx="{x}" cy="70" r="30"/><path opacity=".5" d="M0 290 Q80 {y} 170 250 T300 210 V300 H0Z"/>'
    '<path d="M0 300 Q{x} 190 300 300Z"/>',
    '<path transform="translate({x} 170) scale(1.1 .9)"'
    ' d="M-150 150V40h40v-70h44v110h26V-90h50V20h30v-60h46V70h30v80Z"/>',
    '<g transform="rotate({x} {x} {y})"><path d="M{x} {y}l-34 -420h68z"/><path d="M{x} {y}l330 -260v80z"/>'
    '<path d="M{x} {y}l-330 -260v80z"/><path d="M{x} {y}l300 260h-90z"/><path d="M{x} {y}l-300 260h90z"/></g>',
    '<path d="M{x} 40l26 {y}l-26 40l-26 -40z"/><path opacity=".5" d="M{x} 40l70 {y}l-44 0z"/>'
    '<path opacity=".5" d="M{x} 40l-70 {y}l44 0z"/>',
)


def _poster(entry: dict[str, Any]) -> str:
    """A poster of its own for each title: two colours and a motif, where the title's checksum puts them."""
    chance = zlib.crc32(entry["title"].encode())
    hue, x, y = chance % 360, 60 + chance // 360 % 180, 90 + chance // 64800 % 120
    motif = _MOTIFS[chance // 7776000 % len(_MOTIFS)].format(x=x, y=y)
    lines = "".join(
        f'<text x="24" y="{330 + 34 * place}" font-size="23" font-weight="700">{html.escape(line)}</text>'
        for place, line in enumerate(_broken(entry["title"]))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 450" font-family="system-ui, sans-serif">'
        f'<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl({hue},55%,24%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 50) % 360},60%,50%)"/></linearGradient></defs>'
        f'<rect width="300" height="450" fill="url(#sky)"/><svg height="296" fill="#fff" opacity=".8">{motif}</svg>'
        '<rect y="296" width="300" height="154" opacity=".25"/>'
        f'<g fill="#fff">{lines}<text x="24" y="428" font-size="14" opacity=".8">{entry["release_date"][:4]}</text></g>'
        "</svg>"
    )


def _broken(title: str, width: int = 16) -> list[str]:
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:3]
