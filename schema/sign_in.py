"""Signing up and in."""

import strawberry

from domain import identities as domain
from domain import sessions
from resolvers import sign_in as resolve
from schema.present import URL, given, present, shown, union, worked
from schema.shared import Refusal
from schema.users import CSRF_HEADER, Viewer

USE_COOKIE = (
    "Whether an HttpOnly cookie shall carry the session instead of tokens, for a page on the same site. Mutations then "
    "need the header `X-CSRF-Token`."
)


@present(sessions.Tokens, description="What a client keeps to stay signed in.")
class Tokens:
    access_token: str = shown(
        "Goes into `Authorization: Bearer …` of every request. Empty where a cookie carries the session."
    )
    token_type: str = shown("`bearer`, or `cookie`.")
    expires_in: int = shown("How long the access token, or the cookie, lives, in seconds.")
    refresh_token: str | None = shown("Good for exactly one refreshSession. Null where a cookie carries the session.")
    refresh_expires_in: int | None = shown("How long the refresh token lives, in seconds.")


@present(sessions.SignedIn, description="A person who has just signed in.")
class SignedIn:
    tokens: Tokens = shown("The tokens of this session.")
    viewer: Viewer = shown("The person.")
    csrf_token = worked(resolve.csrf_token, str | None, CSRF_HEADER)


SignedInResult = union("SignedInResult", SignedIn, Refusal, "Somebody who is signed in now, or why not.")


@present(domain.IdentityProvider, description="A place to sign in by redirects.")
class SignInProvider:
    provider = worked(resolve.provider, domain.IdentityProvider, "Which one.")
    url = worked(resolve.provider_url, URL, "Where to send the browser. It comes back to the front end with a code.")


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = given("The e-mail address; upper and lower case are the same.")
    password: str = given("8 to 200 characters.")
    first_name: str | None = given("The given name.", None)
    last_name: str | None = given("The family name.", None)
    region_code: str | None = given("The region, such as KR.", None)
    subscription_status: str | None = given("The subscription, such as ACTIVE.", None)
    use_cookie: bool = given(USE_COOKIE, False)


@strawberry.input(description="Who signs in.")
class LoginInput:
    email: str = given("The e-mail address.")
    password: str = given("The password.")
    use_cookie: bool = given(USE_COOKIE, False)


@strawberry.input(description="Who comes back from a provider.")
class ExchangeLoginCodeInput:
    code: str = given("The `code` in the address that the front end was called with.")
    use_cookie: bool = given(USE_COOKIE, False)


@strawberry.input(description="Whom a test signs in.")
class IssueTestTokenInput:
    email: str = given("The e-mail address.")


@strawberry.input(description="A password for another.")
class ChangePasswordInput:
    current_password: str = given("The password so far.")
    new_password: str = given("8 to 200 characters.")


@strawberry.input(description="Which session goes on.")
class RefreshSessionInput:
    refresh_token: str = given("The newest refresh token of the session.")
