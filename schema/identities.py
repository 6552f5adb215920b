"""Who somebody is elsewhere."""

from datetime import datetime

import strawberry

from domain import identities as domain
from schema.present import enumerate_as, given, present, shown

enumerate_as(
    domain.IdentityProvider,
    "Who vouches for somebody.",
    KEYCLOAK="The platform's own Keycloak.",
    GOOGLE="Google.",
    GITHUB="GitHub.",
    KAKAO="Kakao.",
    OTHER="Another issuer that this server trusts.",
)


@present(domain.Identity, description="Who the viewer is at a provider.")
class Identity:
    provider: domain.IdentityProvider = shown("The provider.")
    linked_at: datetime = shown("When it was linked.")


@strawberry.input(description="Which provider is unlinked.")
class UnlinkIdentityInput:
    provider: domain.IdentityProvider = given("The provider.")
