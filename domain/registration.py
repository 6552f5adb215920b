"""Signing up: what somebody says of themselves, and the one spelling in which an e-mail address is kept."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from domain.users import NewUser
from domain.validation import Problems


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
