"""Keycloak 26: the accounts there by its admin interface, and sign-in by the password grant."""

import asyncio
import math
import re
import time
from typing import Annotated, Any, NoReturn
from urllib.parse import quote, unquote
from weakref import WeakValueDictionary

import httpx2
from pydantic import BaseModel, Field, RootModel, StringConstraints, ValidationError

from domain.accounts import NewAccount
from domain.validation import Problems
from integrations.strangers import asking, failed, read

_NAME = "Keycloak"
_LONGEST_WORDS = 300
_MOST_STUMBLES = 3
# An admin's token is used for this much of its life; the rest is for the way there.
_USED_LIFE = 0.8
_USER_ADDRESS = re.compile(r".*/users/([^/?#]{1,255})")
_FIELDS = {"username": "email", "email": "email", "firstName": "firstName", "lastName": "lastName"}
# What may be told of a refused client. Anything else is a stranger's word, and might quote what we sent.
_CLIENT_ERRORS = {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"}


_Token = Annotated[str, StringConstraints(pattern="^[!-~]+$")]  # as a header can carry it


class _AdminToken(BaseModel):
    access_token: _Token
    expires_in: float = Field(ge=0)


class _Signed(BaseModel):
    access_token: _Token
    refresh_token: _Token


class _Found(RootModel[list[Any]]):
    """Accounts that were looked for."""


class _Fault(BaseModel):
    """A field of the profile that is not as the realm wants it."""

    field: str | None = None
    key: str = Field("", alias="errorMessage")

    def plain(self) -> str:
        """A key such as error-user-attribute-required, as words: Keycloak tells the sentence on its own pages alone."""
        return self.key.removeprefix("error-").replace("-", " ")


class _Complaint(_Fault):
    """What is not well with a request, in any of Keycloak's forms: for OAuth, passwords, one field or several."""

    faults: list[_Fault] = Field([], alias="errors")
    error: str = ""
    description: str = Field("", alias="error_description")


class Keycloak:
    """Speaks domain.accounts.Accounts. The admin is one of the realm `master`; the client is a confidential one of
    `realm` that may use the password grant. One object serves the whole process, for it keeps the admin's token.
    """

    def __init__(
        self,
        *,
        client: httpx2.AsyncClient,
        url: str,
        realm: str,
        client_id: str,
        client_secret: str | None,
        admin_username: str,
        admin_password: str,
    ) -> None:
        self._client, self._url = client, url.rstrip("/")
        self._realm = quote(realm, safe="")
        self._admin_doors = f"{self._url}/admin/realms/{self._realm}"
        self._ours = {"client_id": client_id} | ({"client_secret": client_secret} if client_secret else {})
        self._admin = {"client_id": "admin-cli", "username": admin_username, "password": admin_password}
        self._token, self._token_until = "", -math.inf
        self._fetching = asyncio.Lock()
        # Against guessing in parallel Keycloak refuses, in the same words as a wrong password, whoever signs in while
        # another does so with the same address.
        self._signing_in: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create(self, new: NewAccount) -> str | None:
        body = {
            "username": new.email,
            "email": new.email,
            # Here the person is pinned to the new subject at once, so that the address finds nobody else; and tokens
            # that do not say so are refused at our doors.
            "emailVerified": True,
            "enabled": True,
            "credentials": [_credential("password", new.password)],
        }
        names = {"firstName": new.first_name, "lastName": new.last_name}
        body |= {key: name for key, name in names.items() if name}
        async with asking(_NAME):
            for _ in range(_MOST_STUMBLES):
                response = await self._administer("POST", "/users", body)
                if not _stumbled(response):
                    break
                if await self._is_there(new.email):
                    return None
                # Whoever came first is not there to be seen yet, or in the end was not made.
        if response.status_code == 409:
            return None
        if response.status_code != 201:
            _refuse(response, "password", new.password)
        if not (address := _USER_ADDRESS.fullmatch(response.headers.get("Location", ""))):
            raise failed(_NAME, "does not say which account it made")
        return unquote(address[1])

    async def delete(self, subject: str) -> None:
        async with asking(_NAME):
            response = await self._administer("DELETE", f"/users/{quote(subject, safe='')}")
            if response.status_code not in {204, 404}:
                # Of several who delete at once Keycloak stumbles over all but one, for whom the account is gone now.
                response = await self._administer("DELETE", f"/users/{quote(subject, safe='')}")
        _expect(response, 204, 404)

    async def sign_in(self, email: str, password: str) -> str | None:
        if not _can_be_sent(email + password):
            return None
        form = {**self._ours, "grant_type": "password", "scope": "openid", "username": email, "password": password}
        one_by_one = self._signing_in.setdefault(email, asyncio.Lock())
        async with asking(_NAME):
            async with one_by_one:
                response = await self._post(self._realm, "token", form)
            if response.status_code in {400, 401}:
                _expect_no(response)
                return None
            signed = read(_NAME, response, _Signed)
            # From here on the session would only be one more to end.
            ended = await self._post(self._realm, "logout", {**self._ours, "refresh_token": signed.refresh_token})
        _expect(ended, 204)
        return signed.access_token

    async def set_password(self, subject: str, password: str) -> None:
        body = _credential("newPassword", password)
        async with asking(_NAME):
            response = await self._administer("PUT", f"/users/{quote(subject, safe='')}/reset-password", body)
            if response.status_code != 204:
                _refuse(response, "newPassword", password)
            await self._end_sessions(subject)

    async def end_session(self, session: str) -> None:
        async with asking(_NAME):
            response = await self._administer("DELETE", f"/sessions/{quote(session, safe='')}")
        _expect(response, 204, 404)

    async def end_sessions(self, subject: str) -> None:
        async with asking(_NAME):
            await self._end_sessions(subject)

    async def _is_there(self, email: str) -> bool:
        response = await self._administer("GET", f"/users?exact=true&briefRepresentation=true&email={quote(email)}")
        return bool(read(_NAME, response, _Found).root)

    async def _end_sessions(self, subject: str) -> None:
        _expect(await self._administer("POST", f"/users/{quote(subject, safe='')}/logout"), 204, 404)

    async def _administer(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Asks as the admin; a second time, with another token, where the first one is no longer taken."""
        token = await self._admin_token()
        response = await self._request(method, self._admin_doors + path, json=body, token=token)
        if response.status_code == 401:
            token = await self._admin_token(refused=token)
            response = await self._request(method, self._admin_doors + path, json=body, token=token)
        return response

    async def _admin_token(self, *, refused: str = "") -> str:
        """One that is not `refused`. Who comes while it is fetched waits, and finds it; who fails leaves the next to
        try, with what time that one has left.
        """
        async with self._fetching:
            asked_at = time.monotonic()
            if self._token == refused or asked_at >= self._token_until:
                response = await self._post("master", "token", {**self._admin, "grant_type": "password"})
                if response.status_code in {400, 401}:
                    raise failed(_NAME, "does not accept this server's admin", status=response.status_code)
                found = read(_NAME, response, _AdminToken)
                self._token, self._token_until = found.access_token, asked_at + found.expires_in * _USED_LIFE
            return self._token

    async def _post(self, realm: str, door: str, form: dict[str, str]) -> httpx2.Response:
        return await self._request("POST", f"{self._url}/realms/{realm}/protocol/openid-connect/{door}", data=form)

    async def _request(self, method: str, url: str, *, token: str = "", **body: Any) -> httpx2.Response:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        # Followed, a redirect would carry passwords to wherever it leads.
        return await self._client.request(method, url, headers=headers, follow_redirects=False, **body)


def _credential(field: str, password: str) -> dict[str, Any]:
    if not _can_be_sent(password):
        with Problems("input") as problems:
            problems.add(field, "This contains characters that cannot be stored.")
    return {"type": "password", "value": password, "temporary": False}


def _stumbled(response: httpx2.Response) -> bool:
    """Of several who come with an address at once Keycloak tells some this alone, and not that it is taken."""
    return response.status_code == 400 and _complaint(response).key == "Could not create user"


def _can_be_sent(text: str) -> bool:
    """Whether it is Unicode: a lone surrogate, which JSON lets through, is not."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _expect(response: httpx2.Response, *statuses: int) -> None:
    if response.status_code not in statuses:
        raise failed(_NAME, f"refuses the question ({response.status_code})")


def _expect_no(response: httpx2.Response) -> None:
    """Raises Refusal where it is not the e-mail and the password, or the state of the account, that are refused."""
    error = _complaint(response).error
    if error != "invalid_grant":
        told = error if error in _CLIENT_ERRORS else "unknown"
        raise failed(_NAME, "does not accept this server's client", status=response.status_code, error=told)


def _refuse(response: httpx2.Response, field: str, password: str) -> NoReturn:
    """Raises what a person can mend, at the `field` of the password or at another; all else is an upstream's fault."""
    if response.status_code != 400:
        raise failed(_NAME, f"refuses the question ({response.status_code})")
    said = _complaint(response)
    with Problems("input") as problems:
        if "password" in f"{said.error} {said.description}".lower():
            problems.add(field, _words(said.description or said.error, password))
        for fault in [] if said.error else said.faults or [said]:
            if fault.field not in _FIELDS:
                raise failed(_NAME, "wants something of an account that is not asked here")
            problems.add(_FIELDS[fault.field], f"Keycloak says: {_words(fault.plain(), password)}.")
    raise failed(_NAME, "refuses the question (400)")


def _words(text: str, password: str) -> str:
    """Keycloak's own, on one line and not too many; without the password, if one of them should be it."""
    silent = text.replace(password or "\0", "…")
    return "".join(c for c in " ".join(silent.split()) if c.isprintable())[:_LONGEST_WORDS]


def _complaint(response: httpx2.Response) -> _Complaint:
    try:
        return _Complaint.model_validate_json(response.content)
    except ValidationError:
        raise failed(_NAME, "gave an answer that cannot be read", status=response.status_code) from None
