"""People: what is known of a person, and who may see or do what."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Protocol

from domain.errors import Forbidden, Refusal, RefusalCode, not_found
from domain.pages import Order, Page, PageRequest
from domain.ports import Database, Signals, Transaction
from domain.validation import Problems


class Role(enum.Enum):
    MEMBER = "MEMBER"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"


class Gender(enum.Enum):
    MALE = "MALE"
    FEMALE = "FEMALE"


@dataclass(frozen=True, slots=True)
class User:
    """`picture_url` is an address at whoever they signed in by. `consented_at` is None until they gave consent."""

    id: int
    email: str | None
    display_name: str
    first_name: str | None
    last_name: str | None
    role: Role
    corporation_id: int | None
    region_code: str | None
    subscription_status: str | None
    points: int
    created_at: datetime
    birthday: date | None
    gender: Gender | None
    picture_url: str | None
    consented_at: datetime | None


# Who stands under what a person left behind who has gone. Nobody is found by this id.
DELETED_USER = User(
    id=0,
    email=None,
    display_name="Deleted user",
    first_name=None,
    last_name=None,
    role=Role.MEMBER,
    corporation_id=None,
    region_code=None,
    subscription_status=None,
    points=0,
    created_at=datetime.fromtimestamp(0, UTC),
    birthday=None,
    gender=None,
    picture_url=None,
    consented_at=None,
)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be written. The e-mail is already in its one spelling (`normal_email`), the password hashed; whose
    password is kept elsewhere, or who never had one, has no hash.
    """

    email: str | None
    password_hash: str | None
    display_name: str
    first_name: str | None = None
    last_name: str | None = None
    role: Role = Role.MEMBER
    corporation_id: int | None = None
    region_code: str | None = None
    subscription_status: str | None = None
    picture_url: str | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person of a request. `expires_at` is when the token, or the cookie, ends that proved who it is."""

    user: User
    session_id: int
    expires_at: datetime

    @property
    def email(self) -> str | None:
        return self.user.email

    @property
    def first_name(self) -> str | None:
        return self.user.first_name

    @property
    def last_name(self) -> str | None:
        return self.user.last_name

    @property
    def birthday(self) -> date | None:
        return self.user.birthday

    @property
    def gender(self) -> Gender | None:
        return self.user.gender

    @property
    def region_code(self) -> str | None:
        return self.user.region_code

    @property
    def subscription_status(self) -> str | None:
        return self.user.subscription_status

    @property
    def role(self) -> Role:
        return self.user.role

    @property
    def rights(self) -> tuple[Role, int | None]:
        return self.user.role, self.user.corporation_id

    @property
    def is_admin(self) -> bool:
        return self.user.role is Role.ADMIN

    @property
    def is_manager(self) -> bool:
        return self.user.role in {Role.MANAGER, Role.ADMIN}

    def manages(self, corporation_id: int) -> bool:
        """Whether what belongs to this company is this person's to change: its own manager, or an ADMIN."""
        own = self.user.role is Role.MANAGER and self.user.corporation_id == corporation_id
        return own or self.is_admin

    def may_see_private(self, other: User) -> bool:
        """E-mail, role and company of a person: for that person, for managers of the company, for an ADMIN."""
        if other.id == self.user.id or self.is_admin:
            return True
        return other.corporation_id is not None and self.manages(other.corporation_id)


USERS_BY_AGE = Order("users", ("created_at", "id"), (datetime, int), descending=False)


class UserStore(Protocol):
    async def by_ids(self, ids: Sequence[int]) -> list[User | None]: ...

    async def page(self, page: PageRequest) -> Page[User]: ...

    async def of_corporations(self, corporation_ids: Sequence[int], page: PageRequest) -> list[Page[User]]: ...

    async def insert(self, transaction: Transaction, new: NewUser) -> User | None:
        """None where the e-mail is taken."""

    async def held(self, transaction: Transaction, ids: Sequence[int]) -> list[User]:
        """These people and every ADMIN, as they are until the transaction ends."""

    async def change(self, transaction: Transaction, user: User) -> User | None:
        """Writes role and company; None where there is no such company."""

    async def delete(self, transaction: Transaction, user_id: int) -> None:
        """With everything that is private, which is taken out of the counts of contents; reviews lose their author."""


class Users:
    """What is done to people by others, or by themselves for good. Signing in and out is elsewhere."""

    def __init__(self, database: Database, store: UserStore, signals: Signals) -> None:
        self._database, self._store, self._signals = database, store, signals

    async def update(self, viewer: Viewer, user_id: int, changes: Mapping[str, Any]) -> User:
        """`changes` holds only the fields to change: role, corporation_id. An ADMIN changes anybody, a MANAGER members
        of the own company. Raises Forbidden, or Refusal: NOT_FOUND, VALIDATION_FAILED, CONFLICT.
        """
        if "role" in changes and changes["role"] is None:
            with Problems("input") as problems:
                problems.add("role", "A role can be changed but not taken away.")
        async with self._database.writing() as transaction:
            people = await self._held(transaction, viewer, user_id)
            actor, before = people[viewer.user.id], people.get(user_id)
            if before is None or not _manages(actor, before):
                raise not_found("person whom you manage")
            after = _changed(before, changes)
            _require_right(actor, before, after)
            _require_an_admin(people, before, after)
            written = await self._store.change(transaction, after) if after != before else before
            if written is None:
                raise not_found("company")
            await self._signals.announce(transaction, "person", user_id, [])
        return written

    async def delete(self, viewer: Viewer, user_id: int) -> None:
        """Oneself, or anybody for an ADMIN. Ends all sessions. Raises Forbidden, or Refusal: NOT_FOUND, CONFLICT."""
        async with self._database.writing() as transaction:
            people = await self._held(transaction, viewer, user_id)
            if user_id != viewer.user.id and people[viewer.user.id].role is not Role.ADMIN:
                raise Forbidden("Only an ADMIN deletes somebody else.")
            if user_id not in people:
                raise not_found("person")
            _require_an_admin(people, people[user_id], None)
            await self._store.delete(transaction, user_id)
            await self._signals.announce(transaction, "person", user_id, [])

    async def _held(self, transaction: Transaction, viewer: Viewer, user_id: int) -> dict[int, User]:
        """By id: the viewer as they are by now, the person in question, and every ADMIN."""
        people = {user.id: user for user in await self._store.held(transaction, [viewer.user.id, user_id])}
        if viewer.user.id not in people:
            raise Forbidden("Your account has been deleted.")
        return people


def _manages(actor: User, other: User) -> bool:
    if actor.role is Role.ADMIN:
        return True
    own = actor.role is Role.MANAGER and actor.corporation_id is not None
    return own and actor.corporation_id == other.corporation_id


def _changed(before: User, changes: Mapping[str, Any]) -> User:
    """Who leaves a company they managed is a MEMBER from then on, unless a role was given with it."""
    after = replace(before, **changes)
    left = before.corporation_id is not None and after.corporation_id != before.corporation_id
    if left and before.role is Role.MANAGER and "role" not in changes:
        return replace(after, role=Role.MEMBER)
    return after


def _require_right(actor: User, before: User, after: User) -> None:
    """What a MANAGER may not do even within the own company. Raises Forbidden, or Refusal NOT_FOUND."""
    if actor.role is Role.ADMIN:
        return
    if Role.ADMIN in (before.role, after.role):
        raise Forbidden("Only an ADMIN makes or changes an ADMIN.")
    if after.corporation_id not in (None, actor.corporation_id):
        raise not_found("company")


def _require_an_admin(people: Mapping[int, User], before: User, after: User | None) -> None:
    """Somebody must be left who can make others an ADMIN."""
    stays = after is not None and after.role is Role.ADMIN
    others = [user for user in people.values() if user.role is Role.ADMIN and user.id != before.id]
    if before.role is Role.ADMIN and not stays and not others:
        raise Refusal(RefusalCode.CONFLICT, "This is the last ADMIN. Make somebody else an ADMIN first.")
