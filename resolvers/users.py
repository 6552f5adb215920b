"""People and the viewer's own graph."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain import ids
from domain.corporations import Corporation
from domain.pages import Page, PageRequest
from domain.playback import POINT_ENTRIES_BY_AGE, VIEW_LOGS_BY_AGE, PointEntry, ViewLog, ViewLogFilter
from domain.progress import CONTINUE_WATCHING, HISTORY, WatchProgress
from domain.users import USERS_BY_AGE, Role, User, Viewer
from resolvers.arguments import After, First, Id, given
from resolvers.context import Context, Info
from resolvers.fields import batched, computed


def viewer(info: Info) -> Viewer | None:
    """The signed-in person; null where nobody is signed in."""
    return info.context.viewer


async def user(info: Info, id: Id) -> User | None:
    """A person."""
    return (await info.context.stores.users.by_ids([ids.decode("User", id)]))[0]


async def users(info: Info, first: First = 20, after: After = None) -> Page[User]:
    """All people, those who came first first."""
    return await info.context.stores.users.page(PageRequest.of(USERS_BY_AGE, first, after))


@computed
def avatar_url(_: Context, user: User) -> str | None:
    return user.picture_url


@computed
def email(context: Context, user: User) -> str | None:
    return user.email if _may_see(context, user) else None


@computed
def role(context: Context, user: User) -> Role | None:
    return user.role if _may_see(context, user) else None


@batched
async def corporation(context: Context, people: Sequence[User]) -> Sequence[Corporation | None]:
    wanted = [(person.corporation_id or ids.NOTHING) if _may_see(context, person) else ids.NOTHING for person in people]
    return await context.stores.corporations.by_ids(wanted) if any(wanted) else [None] * len(people)


async def points(root: strawberry.Parent[Viewer], info: Info) -> int:
    """Read anew: an operation before this one may have added some."""
    return await info.context.stores.playback.points(root.user.id)


async def point_entries(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[PointEntry]:
    page = PageRequest.of(POINT_ENTRIES_BY_AGE, first, after)
    return await info.context.stores.playback.point_entries(root.user.id, page)


async def watch_history(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[WatchProgress]:
    page = PageRequest.of(HISTORY, first, after)
    return await info.context.stores.progress.page(root.user.id, page, unfinished=False)


async def continue_watching(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[WatchProgress]:
    page = PageRequest.of(CONTINUE_WATCHING, first, after)
    return await info.context.stores.progress.page(root.user.id, page, unfinished=True)


async def view_logs(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[ViewLog]:
    page = PageRequest.of(VIEW_LOGS_BY_AGE, first, after)
    return await info.context.stores.playback.view_logs(page, ViewLogFilter(user_id=root.user.id))


async def update_user(info: Info, input: Any) -> User:
    """Changes what a person may do, and for which company: an ADMIN anybody's, a MANAGER that of the own company's
    people. Who leaves a company they managed is a MEMBER from then on, unless a role is given with it.
    """
    changes = given(input)
    if changes.get("corporation_id") is not None:
        changes["corporation_id"] = ids.decode("Corporation", changes["corporation_id"])
    return await info.context.services.users.update(info.context.signed_in(), ids.decode("User", input.id), changes)


async def delete_user(info: Info, input: Any) -> ids.Deleted:
    """Deletes a person for good: oneself, or anybody for an ADMIN. Ends all their sessions, and takes away everything
    that is private; reviews stay, under "Deleted user".
    """
    await info.context.services.sign_in.delete(info.context.signed_in(), ids.decode("User", input.id))
    return ids.Deleted(input.id)


def _may_see(context: Context, person: User) -> bool:
    return context.viewer is not None and context.viewer.may_see_private(person)
