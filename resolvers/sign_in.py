"""Signing up and in."""

from typing import Any

from domain import sign_in as domain
from domain.identities import IdentityProvider
from domain.registration import Registration
from domain.sessions import SignedIn
from resolvers.context import Context, Info
from resolvers.fields import computed


async def register(info: Info, input: Any) -> SignedIn:
    """Makes an account and signs it in."""
    new = Registration(
        input.email, input.password, input.first_name, input.last_name, input.region_code, input.subscription_status
    )
    client = info.context.client(wants_cookie=input.use_cookie)
    return await _remember(info, await _service(info).register(new, client))


async def login(info: Info, input: Any) -> SignedIn:
    """Signs in with a password. Too many wrong ones, for an account or from an address, answer RATE_LIMITED."""
    client = info.context.client(wants_cookie=input.use_cookie)
    return await _remember(info, await _service(info).login(input.email, input.password, client))


async def exchange_login_code(info: Info, input: Any) -> SignedIn:
    """Signs in with the code that the way through a provider ends with. It works once, within a minute."""
    client = info.context.client(wants_cookie=input.use_cookie)
    return await _remember(info, await _service(info).exchange_code(input.code, client))


async def issue_test_token(info: Info, input: Any) -> SignedIn:
    """Signs in whoever has this e-mail address, without asking anything. Outside production only, for tests."""
    return await _remember(info, await _service(info).for_tests(input.email, info.context.client()))


async def change_password(info: Info, input: Any) -> SignedIn:
    """Changes the password and ends every session, at once and everywhere; this one goes on with what is answered."""
    client = info.context.client(wants_cookie=info.context.by_cookie)
    viewer = info.context.signed_in()
    changed = await _service(info).change_password(viewer, input.current_password, input.new_password, client)
    return await _remember(info, changed)


async def refresh_session(info: Info, input: Any) -> SignedIn:
    """Replaces both tokens. A refresh token works once; one that comes back later ends its session."""
    return await _remember(info, await info.context.services.sessions.refresh(input.refresh_token))


def sign_in_providers(info: Info) -> list[IdentityProvider]:
    """Where one can sign in by redirects, as this server is set up."""
    return info.context.services.oauth.providers


@computed
def provider(_: Context, provider: IdentityProvider) -> IdentityProvider:
    return provider


@computed
def provider_url(context: Context, provider: IdentityProvider) -> str:
    return context.url(f"/auth/{provider.value.lower()}/login")


@computed
def csrf_token(context: Context, _: Any) -> str | None:
    by_cookie = context.by_cookie or (context.cookie is not None and context.cookie.value != "")
    return context.services.authentication.csrf_token(context.viewer) if context.viewer and by_cookie else None


def _service(info: Info) -> domain.SignIn:
    return info.context.services.sign_in


async def _remember(info: Info, signed_in: SignedIn) -> SignedIn:
    """The rest of this answer is for the person who has just signed in, and meant it. A cookie that is replaced by
    another leaves no session behind that nobody holds.
    """
    context: Context = info.context
    if context.by_cookie and context.viewer and signed_in.cookie:
        await context.services.sign_in.logout(context.viewer)
    context.viewer, context.cookie, context.by_cookie = signed_in.viewer, signed_in.cookie or context.cookie, False
    return signed_in
