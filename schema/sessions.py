"""Sessions, and the way out of them."""

from datetime import datetime

import strawberry

from domain import sessions as domain
from resolvers import sessions as resolve
from schema.present import given, present, shown, union, worked
from schema.shared import Node, Refusal


@present(domain.Session, description="One device that is signed in.")
class Session(Node):
    user_agent: str | None = shown("What the device called itself when it signed in.")
    created_at: datetime = shown("When it signed in.")
    last_used_at: datetime = shown("When it last came with a new token or cookie.")
    expires_at: datetime = shown("When it ends, unless its tokens are refreshed before.")
    current = worked(resolve.current, bool, "Whether this is the device that is asking.")


RevokeResult = union("RevokeResult", Session, Refusal, "The session that was ended, or why not.")


@strawberry.input(description="Which session ends.")
class RevokeSessionInput:
    id: strawberry.ID = given("The session's id.")
