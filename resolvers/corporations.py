"""Companies."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.contents import CONTENT_ORDERS, Content, ContentOrder
from domain.corporations import CORPORATIONS_BY_AGE, Corporation, NewCorporation
from domain.errors import Forbidden
from domain.pages import Page, PageRequest
from domain.users import USERS_BY_AGE, User
from resolvers.arguments import After, First, Id
from resolvers.context import Context, Info
from resolvers.fields import batched

IncludeDeleted = Annotated[
    bool, strawberry.argument(description="Whether what lies in the trash is listed too; for managers of the company.")
]


async def corporation(info: Info, id: Id) -> Corporation | None:
    """A company."""
    return (await info.context.stores.corporations.by_ids([ids.decode("Corporation", id)]))[0]


async def corporations(info: Info, first: First = 20, after: After = None) -> Page[Corporation]:
    """All companies, oldest first."""
    return await info.context.stores.corporations.page(PageRequest.of(CORPORATIONS_BY_AGE, first, after))


@batched
async def members(
    context: Context, parents: Sequence[Corporation], first: First = 20, after: After = None
) -> Sequence[Page[User]]:
    _require_manager(context, parents)
    page = PageRequest.of(USERS_BY_AGE, first, after)
    return await context.stores.users.of_corporations([parent.id for parent in parents], page)


@batched
async def contents(
    context: Context,
    parents: Sequence[Corporation],
    first: First = 20,
    after: After = None,
    include_deleted: IncludeDeleted = False,
) -> Sequence[Page[Content]]:
    if include_deleted:
        _require_manager(context, parents)
    page = PageRequest.of(CONTENT_ORDERS[ContentOrder.NEWEST], first, after)
    return await context.stores.contents.of_corporations(
        [parent.id for parent in parents], page, deleted_too=include_deleted
    )


async def create_corporation(info: Info, input: Any) -> Corporation:
    """Makes a company."""
    new = NewCorporation(input.name, input.plan, input.plan_expires_at)
    return await info.context.services.corporations.create(new)


async def update_corporation(info: Info, input: Any) -> Corporation:
    """Changes a company."""
    corporation_id = ids.decode("Corporation", input.id)
    return await info.context.services.corporations.rename(info.context.signed_in(), corporation_id, input.name)


async def change_plan(info: Info, input: Any) -> Corporation:
    """Puts a company on a plan; a paid one until a date, or without end."""
    corporation_id = ids.decode("Corporation", input.id)
    return await info.context.services.corporations.change_plan(corporation_id, input.plan, input.expires_at)


async def delete_corporation(info: Info, input: Any) -> ids.Deleted:
    """Deletes a company that has neither contents nor members."""
    await info.context.services.corporations.delete(ids.decode("Corporation", input.id))
    return ids.Deleted(input.id)


def _require_manager(context: Context, corporations: Sequence[Corporation]) -> None:
    viewer = context.signed_in()
    if not all(viewer.manages(corporation.id) for corporation in corporations):
        raise Forbidden("This is for the managers of the company.")
