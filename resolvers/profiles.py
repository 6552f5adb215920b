"""What people say of themselves."""

from dataclasses import replace
from typing import Any

from domain.users import Viewer
from resolvers.arguments import given
from resolvers.context import Context, Info
from resolvers.fields import computed


async def update_profile(info: Info, input: Any) -> Viewer:
    """Changes what the viewer says of themselves: all that is given, or nothing."""
    viewer = info.context.signed_in()
    return replace(viewer, user=await info.context.services.profiles.update(viewer, given(input)))


async def give_consent(info: Info) -> Viewer:
    """Notes that the viewer has given consent, now."""
    viewer = info.context.signed_in()
    return replace(viewer, user=await info.context.services.profiles.consent(viewer))


@computed
def needs_consent(context: Context, viewer: Viewer) -> bool:
    return context.services.profiles.needs_consent(viewer)
