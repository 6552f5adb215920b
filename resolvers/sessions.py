"""The viewer's sessions, and the way out of them."""

from typing import Any

import strawberry

from domain import ids
from domain.sessions import CLEARED, Session
from domain.users import Viewer
from resolvers.context import Context, Info
from resolvers.fields import computed


async def logout(info: Info) -> bool:
    """Ends this session, at once and everywhere."""
    ended = await info.context.services.sign_in.logout(info.context.signed_in())
    _drop_cookie(info)
    return ended


async def revoke_session(info: Info, input: Any) -> Session:
    """Ends one of the viewer's sessions, at once and everywhere."""
    session_id = ids.decode("Session", input.id)
    return await info.context.services.sign_in.revoke(info.context.signed_in(), session_id)


async def revoke_all_sessions(info: Info) -> int:
    """Ends all of the viewer's sessions, this one too; how many."""
    _drop_cookie(info)
    return await info.context.services.sign_in.out_everywhere(info.context.signed_in())


async def of_viewer(root: strawberry.Parent[Viewer], info: Info) -> list[Session]:
    return await info.context.services.sessions.living(root)


@computed
def current(context: Context, session: Session) -> bool:
    return context.viewer is not None and context.viewer.session_id == session.id


def _drop_cookie(info: Info) -> None:
    if info.context.by_cookie or info.context.cookie:
        info.context.cookie = CLEARED
