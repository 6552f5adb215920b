"""The viewer's identities at other issuers."""

from typing import Any

import strawberry

from domain.identities import Identity
from domain.users import Viewer
from resolvers.context import Info


async def of_viewer(root: strawberry.Parent[Viewer], info: Info) -> list[Identity]:
    return await info.context.services.identities.of(root)


async def unlink_identity(info: Info, input: Any) -> Viewer:
    """Forgets who the viewer is at a provider, and ends what was signed in by its tokens. The last way in stays."""
    viewer = info.context.signed_in()
    await info.context.services.identities.unlink(viewer, input.provider)
    return viewer
