"""People: what is known of a person, and who may see or do what."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from domain.pages import Order, Page, PageRequest
from domain.ports import Transaction
from domain.validation import Problems


class Role(enum.Enum):
    MEMBER = "MEMBER"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"


@dataclass(frozen=True, slots=True)
class User:
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


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be written. The e-mail is already in its one spelling (`normal_email`), the password hashed."""

    email: str
    password_hash: str
    display_name: str
    first_name: str | None = None
    last_name: str | None = None
    role: Role = Role.MEMBER
    corporation_id: int | None = None
    region_code: str | None = None
    subscription_status: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody says of themselves to make an account."""

    email: str
    password: str
    first_name: str | None
    last_name: str | None
    region_code: str | None
    subscription_status: str | None

    def checked(self) -> "Registration":
        """The same in the spelling it is kept in. Raises Refusal VALIDATION_FAILED."""
        with Problems("input") as problems:
            email = normal_email(problems, "email", self.email)
            if not 8 <= len(self.password) <= 200:
                problems.add("password", "A password has from 8 to 200 characters.")
            return Registration(
                email,
                self.password,
                problems.optional_text("firstName", self.first_name, longest=100),
                problems.optional_text("lastName", self.last_name, longest=100),
                problems.optional_text("regionCode", self.region_code, longest=10),
                problems.optional_text("subscriptionStatus", self.subscription_status, longest=30),
            )

    def person(self, password_hash: str) -> NewUser:
        names = " ".join(part for part in (self.first_name, self.last_name) if part)
        return NewUser(
            email=self.email,
            password_hash=password_hash,
            display_name=names or self.email.partition("@")[0],
            first_name=self.first_name,
            last_name=self.last_name,
            region_code=self.region_code,
            subscription_status=self.subscription_status,
        )


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person of a request. `session_id` is None for the token of another issuer; `expires_at` is when
    the token ends that proved who this is.
    """

    user: User
    session_id: int | None
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
    def region_code(self) -> str | None:
        return self.user.region_code

    @property
    def subscription_status(self) -> str | None:
        return self.user.subscription_status

    @property
    def role(self) -> Role:
        return self.user.role

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

    async def of_corporations(self, corporation_ids: Sequence[int], page: PageRequest) -> list[Page[User]]: ...

    async def insert(self, transaction: Transaction, new: NewUser) -> User | None:
        """None where the e-mail is taken."""

    async def credentials(self, email: str) -> tuple[User, str | None] | None:
        """The person with this e-mail and the password's hash, if there is one."""

    async def replace_hash(self, user_id: int, password_hash: str) -> None: ...

    async def by_identity(self, issuer: str, subject: str) -> User | None: ...

    async def pin_identity(self, transaction: Transaction, issuer: str, subject: str, email: str) -> User | None:
        """Binds (issuer, subject) to the person with this e-mail; None where there is no such person, or where
        another subject of this issuer is that person already.
        """


def normal_email(problems: Problems, field: str, written: str) -> str:
    """The one spelling of an e-mail address: in lower case, so that two spellings are one person."""
    try:
        return _normalized(written)
    except (EmailNotValidError, UnicodeError) as error:
        problems.add(field, f"This is not an e-mail address. {error}")
        return ""


def spelling_of(email: str) -> str:
    """The spelling by which a person with this address is found. What is no address to us may be one elsewhere."""
    try:
        return _normalized(email)
    except (EmailNotValidError, UnicodeError):
        return email.strip().lower().replace("\0", "\ufffd")


def _normalized(email: str) -> str:
    found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    return found.normalized.lower()
