"""What Instagram lets personas do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.instagram import InstagramAccountList, InstagramLink
from domain.instagram_authorization import AuthorizationStarted
from domain.personas import Persona
from resolvers.context import Context, Info
from resolvers.fields import batched

# Where Meta sends browsers back to, below this server's own address.
CALLBACK = "/oauth/instagram/callback"

PersonaId = Annotated[strawberry.ID, strawberry.argument(description="The id of a persona of one's own.")]


@batched
async def link_of(context: Context, personas: Sequence[Persona]) -> Sequence[InstagramLink | None]:
    return await context.stores.instagram_links.links([persona.id for persona in personas])


@batched
async def authorized_until(context: Context, personas: Sequence[Persona]) -> Sequence[datetime | None]:
    return await context.stores.instagram_tokens.until([persona.id for persona in personas])


async def instagram_accounts(info: Info, persona_id: PersonaId) -> InstagramAccountList:
    """The Instagram accounts behind what a persona was allowed at Meta, of which one can be linked."""
    viewer, wanted = info.context.signed_in(), ids.decode("Persona", persona_id)
    return await info.context.services.instagram.accounts(viewer, wanted)


async def start_instagram_authorization(info: Info, input: Any) -> AuthorizationStarted:
    """Asks where to sign in at Meta for a persona, so that it may speak for an Instagram account. From there a browser
    comes back here within ten minutes, and goes on to the front end: to `/mypage?ig=connected`, or where it failed to
    `/mypage?ig=failed&error=session_expired&error_description=...`, with the code of a refusal in small letters. What
    is no persona of one's own is refused with PERSONA_REQUIRED.
    """
    viewer, persona_id = info.context.signed_in(), ids.decode("Persona", input.persona_id)
    authorization = info.context.services.instagram_authorization
    return await authorization.start(viewer, persona_id, info.context.url(CALLBACK))


async def link_instagram_account(info: Info, input: Any) -> Persona:
    """Links a persona with one of the accounts of `instagramAccounts`, in place of another."""
    viewer, persona_id = info.context.signed_in(), ids.decode("Persona", input.persona_id)
    instagram = info.context.services.instagram
    return await instagram.link(viewer, persona_id, input.instagram_user_id, input.facebook_page_id)


async def unlink_instagram_account(info: Info, input: Any) -> Persona:
    """Unlinks a persona, and forgets what it was allowed at Meta. If nothing is linked, nothing changes."""
    viewer, persona_id = info.context.signed_in(), ids.decode("Persona", input.persona_id)
    return await info.context.services.instagram.unlink(viewer, persona_id)
