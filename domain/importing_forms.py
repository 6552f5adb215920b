"""The columns of each kind of file, and what must hold between them. Limits are those of the mutations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID

from domain.contents import LONGEST_DESCRIPTION, LONGEST_RUNTIME, LONGEST_TITLE, AgeRating
from domain.corporations import LONGEST_COMPANY_NAME, Plan
from domain.genres import LONGEST_GENRE, MOST_GENRES, checked_genres
from domain.importing import Kind
from domain.importing_cells import (
    Reader,
    bcrypt,
    choice,
    day,
    email,
    ids,
    key,
    moment,
    number,
    old_id,
    text,
    texts,
    whole,
    yes_no,
)
from domain.media import video_type
from domain.profiles import EARLIEST_BIRTHDAY
from domain.progress_ledger import LONGEST_SECONDS, Ledger, WatchEvent, judge
from domain.registration import LONGEST_NAME, LONGEST_REGION, LONGEST_STATUS
from domain.reviews import LONGEST_REVIEW
from domain.users import Gender, Role
from domain.validation import Problems

Values: TypeAlias = dict[str, Any]
# Puts in what was left out, and finds what does not go together. `now` is the database's.
Settle: TypeAlias = Callable[[Values, Problems, datetime], None]

_LARGEST_INT, _LARGEST_FILE = 2**31 - 1, 2**50
_NOBODY = UUID(int=0)
_STANDING = ("position_seconds", "duration_seconds", "completed")


@dataclass(frozen=True, slots=True)
class Column:
    read: Reader
    required: bool = False
    refers_to: Kind | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """`key` is what a line is known by. Of `claims`, which are columns taken together, no two lines of a system have
    the same, but for lines of something deleted.
    """

    columns: Mapping[str, Column]
    settle: Settle
    key: tuple[str, ...] = ("id",)
    claims: tuple[tuple[str, ...], ...] = ()


_ID = Column(old_id, required=True)
_MOMENT = Column(moment)


def _past(values: Values, problems: Problems, now: datetime, *names: str) -> None:
    """Each not before the one ahead of it, and none in the future. What is left out is as the one ahead of it."""
    earliest, ahead = None, ""
    for name in names:
        found = values.get(name)
        if found is not None and found > now:
            problems.add(name, "This is in the future.")
        elif found is not None and earliest is not None and found < earliest:
            problems.add(name, f"This is before {ahead}.")
        if found is not None:
            earliest, ahead = found, name


def _made(values: Values, now: datetime) -> None:
    """Where nothing says when it was made, the earliest that is known of it: it was there by then."""
    moments = [value for value in values.values() if isinstance(value, datetime)]
    values["created_at"] = values["created_at"] or min([*moments, now])
    if "updated_at" in values:
        values["updated_at"] = values["updated_at"] or values["created_at"]


def _corporation(values: Values, problems: Problems, now: datetime) -> None:
    """A plan that has ended is free, and keeps its date; nobody is told of that any more."""
    _past(values, problems, now, "created_at", "updated_at")
    _made(values, now)
    end, values["plan"] = values["plan_expires_at"], values["plan"] or Plan.FREE
    if end is not None and end <= now:
        values["plan"] = Plan.FREE
    elif end is not None and values["plan"] is Plan.FREE:
        problems.add("plan_expires_at", "Only a paid plan has an end.")


def _nothing(values: Values, problems: Problems, now: datetime) -> None:
    pass


def _person(values: Values, problems: Problems, now: datetime) -> None:
    _past(values, problems, now, "created_at", "deleted_at")
    _past(values, problems, now, "consented_at")
    _made(values, now)
    if values["birthday"] is not None and not EARLIEST_BIRTHDAY <= values["birthday"] <= now.date():
        problems.add("birthday", "A birthday is a day from 1900-01-01 up to today.")
    if values["password_hash"] and not values["email"]:
        problems.add("password_hash", "A password needs an e-mail address to sign in with.")
    values["role"] = values["role"] or Role.MEMBER
    if values["role"] is Role.MANAGER and values["corporation_id"] is None:
        problems.add("corporation_id", "A MANAGER manages a company; name it.")
    names = " ".join(part for part in (values["first_name"], values["last_name"]) if part)
    name = values["display_name"] or names or (values["email"] or "").partition("@")[0]
    values["display_name"] = name[:LONGEST_NAME].strip()
    if not values["display_name"] and not values["deleted_at"]:
        problems.add(
            "display_name", "This must not be empty where there is neither another name nor an e-mail address."
        )
    values["email_proven"] = bool(values.pop("email_verified")) and values["email"] is not None


def _content(values: Values, problems: Problems, now: datetime) -> None:
    _past(values, problems, now, "created_at", "updated_at")
    _past(values, problems, now, "created_at", "deleted_at")
    _made(values, now)
    values["age_rating"] = values["age_rating"] or AgeRating.ALL
    values["genres"] = checked_genres(problems, values["genres"] or [])
    values["genre_ids"] = values["genre_ids"] or []
    if len(values["genre_ids"]) + len(values["genres"]) > MOST_GENRES:
        problems.add("genre_ids", f"A content may have at most {MOST_GENRES} genres.")


def _video_asset(values: Values, problems: Problems, now: datetime) -> None:
    values["content_type"] = video_type(values["key"] or ".mp4")
    if values["content_type"] is None:
        problems.add("key", "Only .mp4 .avi .mov .mkv .webm .m4v and .flv can play.")


def _deed(values: Values, problems: Problems, now: datetime) -> None:
    _past(values, problems, now, "created_at", "updated_at")
    _made(values, now)


def _progress(values: Values, problems: Problems, now: datetime) -> None:
    """How far somebody got is judged as if their player had told it."""
    _past(values, problems, now, "observed_at")
    position, duration, completed = (values[name] for name in _STANDING)
    if position is None or values["observed_at"] is None:
        return
    event = WatchEvent(_NOBODY, 1, position, duration, completed, values["observed_at"])
    (stands,) = judge(0, [event], Ledger(0, now, frozenset(), frozenset(), {}))
    for name in _STANDING:
        values[name] = getattr(stands, name)


_OF_A_DEED = {
    "id": Column(old_id),
    "user_id": Column(old_id, required=True, refers_to=Kind.PEOPLE),
    "content_id": Column(old_id, required=True, refers_to=Kind.CONTENTS),
}
_BY_BOTH = ("user_id", "content_id")

FORMS: Mapping[Kind, Form] = MappingProxyType(
    {
        Kind.CORPORATIONS: Form(
            {
                "id": _ID,
                "name": Column(text(LONGEST_COMPANY_NAME, required=True), required=True),
                "plan": Column(choice(Plan)),
                "plan_expires_at": _MOMENT,
                "created_at": _MOMENT,
                "updated_at": _MOMENT,
            },
            _corporation,
            claims=(("name",),),
        ),
        Kind.GENRES: Form({"id": _ID, "name": Column(text(LONGEST_GENRE, required=True), required=True)}, _nothing),
        Kind.PEOPLE: Form(
            {
                "id": _ID,
                "email": Column(email),
                "email_verified": Column(yes_no),
                "password_hash": Column(bcrypt),
                "display_name": Column(text(LONGEST_NAME)),
                "first_name": Column(text(LONGEST_NAME)),
                "last_name": Column(text(LONGEST_NAME)),
                "role": Column(choice(Role)),
                "corporation_id": Column(old_id, refers_to=Kind.CORPORATIONS),
                "region_code": Column(text(LONGEST_REGION)),
                "subscription_status": Column(text(LONGEST_STATUS)),
                "birthday": Column(day),
                "gender": Column(choice(Gender, {"남성": Gender.MALE, "여성": Gender.FEMALE})),
                "consented_at": _MOMENT,
                "created_at": _MOMENT,
                "deleted_at": _MOMENT,
            },
            _person,
            claims=(("email",),),
        ),
        Kind.CONTENTS: Form(
            {
                "id": _ID,
                "corporation_id": Column(old_id, required=True, refers_to=Kind.CORPORATIONS),
                "title": Column(text(LONGEST_TITLE, required=True), required=True),
                "description": Column(text(LONGEST_DESCRIPTION, lines=True)),
                "age_rating": Column(choice(AgeRating)),
                "release_date": Column(day),
                "runtime_minutes": Column(whole(1, LONGEST_RUNTIME)),
                "genres": Column(texts),
                "genre_ids": Column(ids, refers_to=Kind.GENRES),
                "poster_key": Column(key),
                "tmdb_id": Column(whole(1, _LARGEST_INT)),
                "created_at": _MOMENT,
                "updated_at": _MOMENT,
                "deleted_at": _MOMENT,
            },
            _content,
            claims=(("corporation_id", "tmdb_id"),),
        ),
        Kind.VIDEO_ASSETS: Form(
            {
                "id": Column(old_id),
                "content_id": Column(old_id, required=True, refers_to=Kind.CONTENTS),
                "key": Column(key, required=True),
                "size_bytes": Column(whole(1, _LARGEST_FILE), required=True),
            },
            _video_asset,
            key=("content_id", "key"),
        ),
        Kind.VIEW_LOGS: Form({**_OF_A_DEED, "created_at": _MOMENT}, _deed, key=_BY_BOTH),
        Kind.LIKES: Form({**_OF_A_DEED, "created_at": _MOMENT}, _deed, key=_BY_BOTH),
        Kind.REVIEWS: Form(
            {
                **_OF_A_DEED,
                "rating": Column(whole(1, 10), required=True),
                "body": Column(text(LONGEST_REVIEW, lines=True)),
                "created_at": _MOMENT,
                "updated_at": _MOMENT,
            },
            _deed,
            key=_BY_BOTH,
        ),
        Kind.WATCH_PROGRESS: Form(
            {
                **_OF_A_DEED,
                "position_seconds": Column(number(0, LONGEST_SECONDS), required=True),
                "duration_seconds": Column(number(0.1, LONGEST_SECONDS)),
                "completed": Column(yes_no),
                "observed_at": Column(moment, required=True),
            },
            _progress,
            key=_BY_BOTH,
        ),
    }
)
