"""What every concept shows: nodes, pages, refusals, what was deleted."""

from typing import Any, Generic, TypeVar

import strawberry

from domain import errors, ids, pages
from domain.metering import meter
from resolvers.context import Context
from resolvers.fields import computed
from schema.present import NAMES, enumerate_as, present, shown, worked

T = TypeVar("T")

enumerate_as(
    errors.RefusalCode,
    "Why a mutation was refused.",
    VALIDATION_FAILED="Something given is not acceptable; `problems` says what.",
    NOT_FOUND="It never existed, was deleted, or is not yours to see.",
    ALREADY_EXISTS="There is one like it already.",
    CONFLICT="Something else is in the way; the message says what.",
    BAD_CREDENTIALS="The e-mail address or the password is wrong.",
    SESSION_EXPIRED="The session has ended; sign in again.",
    PAID_PLAN_REQUIRED="The company needs the paid plan for this.",
    STREAM_LIMIT_REACHED="As much is being watched already as one person may at the same time.",
    NO_VIDEO="There is nothing to play.",
    FILE_TOO_LARGE="The file has more bytes than are taken here.",
    UNSUPPORTED_FILE_TYPE="Files of this type are not taken here.",
    UPLOAD_INCOMPLETE="The bytes have not all arrived.",
    PERSONA_REQUIRED="It needs a persona of yours, and there is none.",
    PERSONA_OAUTH_REQUIRED="This persona has to sign in at Meta first, or again: startInstagramAuthorization.",
    NOT_CONFIGURED="This server is not set up for it; a setting is missing.",
    UPSTREAM_FAILED="A service behind this one did not do its part; try again later.",
)


@present(errors.Problem, description="What is wrong with one field of an input.")
class Problem:
    field: list[str] = shown("The path to the field, from `input` on.")
    message: str = shown("What is wrong, for a person to read.")


@present(errors.Refused, description="A deliberate no, for a client to show. Nothing has changed.")
class Refusal:
    code: errors.RefusalCode = shown("Why.")
    message: str = shown("Why, for a person to read.")
    problems: list[Problem] = shown("What is wrong, field by field; may be empty.", size=3)


class ToRefusal(strawberry.ExceptionHandler[errors.Refusal, Refusal]):
    """What the domain refuses becomes the Refusal member of the field's union."""

    def handle(self, exception: errors.Refusal, *, field: object, info: object) -> Any:
        if current := meter.get():
            current.note_refusal(exception.refused.code.value)
        return exception.refused


@computed
def global_id(_: Context, shown: Any) -> str:
    return ids.encode(NAMES[type(shown)], shown.id)


@strawberry.interface(description="Anything with a global id.")
class Node:
    id = strawberry.field(
        resolver=global_id, graphql_type=strawberry.ID, description="The global id: opaque, and good for ever."
    )


@present(pages.PageInfo, description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = shown("Whether there is more behind this page.")
    has_previous_page: bool = shown("Whether this page began behind a cursor.")
    start_cursor: str | None = shown("The cursor of the first item; null on an empty page.")
    end_cursor: str | None = shown(
        "The cursor of the last item, which `after` takes; null where nothing is left to begin from."
    )


async def total_count(root: strawberry.Parent[pages.Page[Any]]) -> int:
    return await root.count()


@strawberry.type(description="An item of a page, with its cursor.")
class Edge(Generic[T]):
    cursor: str = shown("Where this item stands; `after` takes it.")
    node: T = shown("The item.")


@strawberry.type(description="A page of a list, by keyset: what is added meanwhile neither doubles nor hides anything.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = shown("The items, with cursors.")
    nodes: list[T] = shown("The items.")
    page_info: PageInfo = shown("Where this page stands in the list.")
    total_count = worked(total_count, int, "How many there are in all; counted only if asked for.")


@present(ids.Deleted, description="What was deleted.")
class Deleted:
    id: strawberry.ID = shown("The id it had.")


def connection_of(kind: Any) -> Any:
    """The connection of a type that is only known by name yet."""
    return Connection[kind]
