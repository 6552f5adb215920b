"""Accounts that are kept elsewhere, at an identity provider of the platform's own: Keycloak."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NewAccount:
    """The e-mail is already in its one spelling."""

    email: str
    password: str
    first_name: str | None
    last_name: str | None


class Accounts(Protocol):
    """Every method raises Refusal UPSTREAM_FAILED, within five seconds, where the provider does not do its part."""

    async def create(self, new: NewAccount) -> str | None:
        """The subject of the new account, which can sign in at once; None where the e-mail is taken there. Raises
        Refusal VALIDATION_FAILED where the provider does not take the password (or a name), in its own words.
        """

    async def delete(self, subject: str) -> None:
        """Afterwards there is no such account, whether or not there was one."""

    async def sign_in(self, email: str, password: str) -> str | None:
        """An access token by the password grant, whose session there has been ended again; None where the provider
        refuses e-mail and password.
        """

    async def set_password(self, subject: str, password: str) -> None:
        """Also ends every session of the account there. Raises Refusal VALIDATION_FAILED as `create` does."""

    async def end_session(self, session: str) -> None:
        """Ends the session of this name (`sid` in tokens), so that it refreshes nothing any more; an unknown one is no
        fault.
        """

    async def end_sessions(self, subject: str) -> None:
        """Whatever was signed in there by this account is so no longer; an unknown account has nothing to end."""
