"""Signing up: what somebody says of themselves, and the one spelling in which an e-mail address is kept."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from domain.users import NewUser
from domain.validation import Problems

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200
LONGEST_NAME, LONGEST_REGION, LONGEST_STATUS = 100, 10, 30


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
            if problem := password_problem(self.password):
                problems.add("password", problem)
            return Registration(
                email,
                self.password,
                problems.optional_text("firstName", self.first_name, longest=LONGEST_NAME),
                problems.optional_text("lastName", self.last_name, longest=LONGEST_NAME),
                problems.optional_text("regionCode", self.region_code, longest=LONGEST_REGION),
                problems.optional_text("subscriptionStatus", self.subscription_status, longest=LONGEST_STATUS),
            )

    def person(self, password_hash: str | None) -> NewUser:
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


def password_problem(password: str) -> str | None:
    """What is wrong with a new password, if anything."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"A password has from {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    return None


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
