"""Signing up, in and out."""

from typing import Any

import strawberry

from domain import ids
from domain.registration import Registration
from domain.sessions import Session, SignedIn
from resolvers.context import Info


async def register(info: Info, input: Any) -> SignedIn:
    """Makes an account and signs it in."""
    new = Registration(
        input.email, input.password, input.first_name, input.last_name, input.region_code, input.subscription_status
    )
    return _remember(info, await info.context.services.sessions.register(new, info.context.user_agent))


async def login(info: Info, input: Any) -> SignedIn:
    """Signs in with a password."""
    sessions = info.context.services.sessions
    return _remember(info, await sessions.login(input.email, input.password, info.context.user_agent))


async def refresh_session(info: Info, input: Any) -> SignedIn:
    """Replaces both tokens. A refresh token works once; one that comes back later ends its session."""
    return _remember(info, await info.context.services.sessions.refresh(input.refresh_token))


async def logout(info: Info) -> bool:
    """Ends this session, at once and everywhere."""
    return await info.context.services.sessions.logout(info.context.signed_in())


async def revoke_session(info: Info, input: Any) -> Session:
    """Ends one of the viewer's sessions, at once and everywhere."""
    session_id = ids.decode("Session", input.id)
    return await info.context.services.sessions.revoke(info.context.signed_in(), session_id)


async def revoke_all_sessions(info: Info) -> int:
    """Ends all of the viewer's sessions, this one too; how many."""
    return await info.context.services.sessions.revoke_all(info.context.signed_in())


def current(root: strawberry.Parent[Session], info: Info) -> bool:
    return info.context.viewer is not None and info.context.viewer.session_id == root.id


def _remember(info: Info, signed_in: SignedIn) -> SignedIn:
    """The rest of this answer is for the person who has just signed in."""
    info.context.viewer = signed_in.viewer
    return signed_in
