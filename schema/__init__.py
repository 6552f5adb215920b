"""What clients see. This page is the table of contents: every query, mutation and subscription, and who may."""

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig

import resolvers.contents
import resolvers.corporations
import resolvers.node
import resolvers.playback
import resolvers.progress
import resolvers.sessions
import resolvers.users
from resolvers.permissions import Who
from schema import contents as c
from schema import corporations as co
from schema import playback as p
from schema import progress as w
from schema import sessions as s
from schema import users as u
from schema.present import mutation, query, subscription, union
from schema.scalars import SCALARS
from schema.shared import Connection, Deleted, Node, Refusal, ToRefusal

# A document is kept once it was seen; the doors bound how large one may be.
CACHED_DOCUMENTS = 500

DeleteResult = union("DeleteResult", Deleted, Refusal, "What was deleted, or why it was not.")


@strawberry.type(description="What can be asked.")
class Query:
    node = query(
        Who.ANYONE, resolvers.node.node, Node | None, "Anything by its global id; null for what is not yours to see."
    )
    nodes = query(
        Who.ANYONE, resolvers.node.nodes, list[Node | None], "Many things by their global ids, in the same order."
    )

    viewer = query(
        Who.ANYONE, resolvers.users.viewer, u.Viewer | None, "The signed-in person; null where nobody is signed in."
    )
    user = query(Who.ANYONE, resolvers.users.user, u.User | None, "A person.")
    corporation = query(Who.ANYONE, resolvers.corporations.corporation, co.Corporation | None, "A company.")
    corporations = query(
        Who.ADMIN, resolvers.corporations.corporations, Connection[co.Corporation], "All companies, oldest first."
    )

    content = query(Who.ANYONE, resolvers.contents.content, c.Content | None, "A content.")
    contents = query(
        Who.ANYONE, resolvers.contents.contents, Connection[c.Content], "The catalogue.", filter=c.FilterArgument
    )
    genres = query(Who.ANYONE, resolvers.contents.genres, list[c.Genre], "All genres, by name.")

    view_logs = query(
        Who.MANAGER,
        resolvers.playback.view_logs,
        Connection[p.ViewLog],
        "Who saw what first when, newest first: a MANAGER sees the own company's, an ADMIN all.",
        filter=p.FilterArgument,
    )


@strawberry.type(description="What can be changed. Several in one operation run one after the other.")
class Mutation:
    register = mutation(
        Who.ANYONE,
        resolvers.sessions.register,
        s.SignedInResult,
        "Makes an account and signs it in.",
        input=s.RegisterInput,
    )
    login = mutation(
        Who.ANYONE, resolvers.sessions.login, s.SignedInResult, "Signs in with a password.", input=s.LoginInput
    )
    refresh_session = mutation(
        Who.ANYONE,
        resolvers.sessions.refresh_session,
        s.SignedInResult,
        "Replaces both tokens. A refresh token works once; one that comes back later ends its session.",
        input=s.RefreshSessionInput,
    )
    logout = mutation(Who.SIGNED_IN, resolvers.sessions.logout, bool, "Ends this session, at once and everywhere.")
    revoke_session = mutation(
        Who.SIGNED_IN,
        resolvers.sessions.revoke_session,
        s.RevokeResult,
        "Ends one of the viewer's sessions, at once and everywhere.",
        input=s.RevokeSessionInput,
    )
    revoke_all_sessions = mutation(
        Who.SIGNED_IN,
        resolvers.sessions.revoke_all_sessions,
        int,
        "Ends all of the viewer's sessions, this one too; how many.",
    )

    create_corporation = mutation(
        Who.ADMIN,
        resolvers.corporations.create_corporation,
        co.CorporationResult,
        "Makes a company.",
        input=co.CreateCorporationInput,
    )
    update_corporation = mutation(
        Who.MANAGER,
        resolvers.corporations.update_corporation,
        co.CorporationResult,
        "Changes a company.",
        input=co.UpdateCorporationInput,
    )
    delete_corporation = mutation(
        Who.ADMIN,
        resolvers.corporations.delete_corporation,
        DeleteResult,
        "Deletes a company that has neither contents nor members.",
        input=co.DeleteCorporationInput,
    )

    create_content = mutation(
        Who.MANAGER, resolvers.contents.create_content, c.ContentResult, "Adds a content.", input=c.CreateContentInput
    )
    update_content = mutation(
        Who.MANAGER,
        resolvers.contents.update_content,
        c.ContentResult,
        "Changes a content.",
        input=c.UpdateContentInput,
    )
    delete_content = mutation(
        Who.MANAGER,
        resolvers.contents.delete_content,
        c.ContentResult,
        "Puts a content into the company's trash, where nobody else sees it.",
        input=c.DeleteContentInput,
    )
    add_video_asset = mutation(
        Who.MANAGER,
        resolvers.contents.add_video_asset,
        c.VideoAssetResult,
        "Adds a video file.",
        input=c.AddVideoAssetInput,
    )
    remove_video_asset = mutation(
        Who.MANAGER,
        resolvers.contents.remove_video_asset,
        DeleteResult,
        "Removes a video file.",
        input=c.RemoveVideoAssetInput,
    )
    like_content = mutation(
        Who.SIGNED_IN,
        resolvers.contents.like_content,
        c.ContentResult,
        "Likes a content; liking it again changes nothing.",
        input=c.LikeContentInput,
    )
    unlike_content = mutation(
        Who.SIGNED_IN,
        resolvers.contents.unlike_content,
        c.ContentResult,
        "Takes a like back; where there is none, nothing changes.",
        input=c.LikeContentInput,
    )

    start_stream = mutation(
        Who.SIGNED_IN,
        resolvers.playback.start_stream,
        p.StartStreamResult,
        "Starts playing: an address that plays and seeks. The first time a person plays a content earns 10 points.",
        input=p.StartStreamInput,
    )
    record_watch_progress = mutation(
        Who.SIGNED_IN,
        resolvers.progress.record_watch_progress,
        w.RecordWatchProgressResult,
        "Records where players are. Repeats and late arrivals change nothing.",
        input=w.RecordWatchProgressInput,
    )


@strawberry.type(description="What can be listened to.")
class Subscription:
    watch_progress = subscription(
        Who.SIGNED_IN,
        resolvers.progress.watch_progress,
        w.WatchProgressEvent,
        "The viewer's own progress on all devices: first how it stands, then every change as it comes.",
    )
    view_log_added = subscription(
        Who.MANAGER,
        resolvers.playback.view_log_added,
        p.ViewLog,
        "First views as they come, of the own company's contents.",
    )


class Schema(strawberry.Schema):
    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing is logged here: errors are told once, at the door. Guesses go where none are wanted; Strawberry's
        own setting takes them from fields alone.
        """
        for error in errors if self.config.disable_field_suggestions else ():
            error.message = error.message.partition(" Did you mean")[0]


def build(*extensions: Callable[[], SchemaExtension], suggestions: bool = True) -> strawberry.Schema:
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[u.User, s.Session, co.Corporation, c.Content, c.Genre, c.VideoAsset, p.ViewLog, p.PointEntry],
        extensions=[
            *extensions,
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        ],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
        exception_handlers=[ToRefusal()],
    )
