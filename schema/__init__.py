"""What clients see. This page is the table of contents: every query, mutation and subscription, and who may."""

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

import resolvers.contents
import resolvers.corporations
import resolvers.generated_images
import resolvers.genres
import resolvers.identities
import resolvers.images
import resolvers.instagram
import resolvers.likes
import resolvers.media_objects
import resolvers.node
import resolvers.notifications
import resolvers.personas
import resolvers.playback
import resolvers.posts
import resolvers.profiles
import resolvers.progress
import resolvers.reviews
import resolvers.search
import resolvers.sessions
import resolvers.sign_in
import resolvers.tmdb
import resolvers.users
import resolvers.video_assets
from resolvers.permissions import Who
from schema import contents as c
from schema import corporations as co
from schema import generated_images as ge
from schema import genres as g
from schema import identities as i
from schema import images as im
from schema import instagram as ig
from schema import media_objects as m
from schema import notifications as n
from schema import personas as pe
from schema import playback as p
from schema import posts as po
from schema import profiles as pr
from schema import progress as w
from schema import reviews as r
from schema import search as se
from schema import sessions as s
from schema import sign_in as si
from schema import tmdb as t
from schema import users as u
from schema.hooks import Schema
from schema.present import mutation, query, subscription, union
from schema.scalars import SCALARS
from schema.shared import Connection, Deleted, Node, Refusal, ToRefusal

# What costs more than others of its kind: search, computing for a tenth of a second, asking a store or a stranger.
SEARCHING, HASHING, STORE, STRANGER, DRAWING = 10, 50, 20, 50, 100
# Seconds for what waits for strangers, who have time-outs of their own, or for its turn to have a password looked at.
LONG = 15.0

DeleteResult = union("DeleteResult", Deleted, Refusal, "What was deleted, or why it was not.")


@strawberry.type(description="What can be asked.")
class Query:
    node = query(Who.ANYONE, resolvers.node.node, Node | None)
    nodes = query(Who.ANYONE, resolvers.node.nodes, list[Node | None], size="ids")

    viewer = query(Who.ANYONE, resolvers.users.viewer, u.Viewer | None)
    user = query(Who.ANYONE, resolvers.users.user, u.User | None)
    users = query(Who.ADMIN, resolvers.users.users, Connection[u.User])
    corporation = query(Who.ANYONE, resolvers.corporations.corporation, co.Corporation | None)
    corporations = query(Who.ADMIN, resolvers.corporations.corporations, Connection[co.Corporation])

    sign_in_providers = query(Who.ANYONE, resolvers.sign_in.sign_in_providers, list[si.SignInProvider], size=5)

    content = query(Who.ANYONE, resolvers.contents.content, c.Content | None)
    contents = query(Who.ANYONE, resolvers.contents.contents, Connection[c.Content], filter=c.FilterArgument)
    genres = query(Who.ANYONE, resolvers.genres.genres, list[g.Genre], size=20)
    search = query(Who.ANYONE, resolvers.search.search, se.SearchResult, cost=SEARCHING, filter=se.FilterArgument)
    tmdb_titles = query(
        Who.MANAGER, resolvers.tmdb.tmdb_titles, list[t.TmdbTitle], cost=STRANGER, patience=LONG, size=20
    )

    view_logs = query(Who.MANAGER, resolvers.playback.view_logs, Connection[p.ViewLog], filter=p.FilterArgument)

    media_objects = query(Who.MANAGER, resolvers.media_objects.media_objects, m.MediaObjectConnection, cost=STORE)
    media_object = query(Who.MANAGER, resolvers.media_objects.media_object, m.MediaObject | None, cost=STORE)
    image_url = query(Who.ANYONE, resolvers.images.image_url, im.SignedUrl | None)
    post = query(Who.ANYONE, resolvers.posts.post, po.Post | None)
    posts = query(Who.ANYONE, resolvers.posts.posts, Connection[po.Post])

    instagram_accounts = query(
        Who.SIGNED_IN,
        resolvers.instagram.instagram_accounts,
        ig.InstagramAccountsResult,
        cost=STRANGER,
        patience=LONG,
    )


@strawberry.type(description="What can be changed. Several in one operation run one after the other.")
class Mutation:
    register = mutation(
        Who.ANYONE, resolvers.sign_in.register, si.SignedInResult, si.RegisterInput, cost=HASHING, patience=LONG
    )
    login = mutation(Who.ANYONE, resolvers.sign_in.login, si.SignedInResult, si.LoginInput, cost=HASHING, patience=LONG)
    exchange_login_code = mutation(
        Who.ANYONE, resolvers.sign_in.exchange_login_code, si.SignedInResult, si.ExchangeLoginCodeInput
    )
    refresh_session = mutation(Who.ANYONE, resolvers.sign_in.refresh_session, si.SignedInResult, si.RefreshSessionInput)
    issue_test_token = mutation(
        Who.ANYONE, resolvers.sign_in.issue_test_token, si.SignedInResult, si.IssueTestTokenInput
    )
    logout = mutation(Who.SIGNED_IN, resolvers.sessions.logout, bool)
    revoke_session = mutation(Who.SIGNED_IN, resolvers.sessions.revoke_session, s.RevokeResult, s.RevokeSessionInput)
    revoke_all_sessions = mutation(Who.SIGNED_IN, resolvers.sessions.revoke_all_sessions, int)
    change_password = mutation(
        Who.SIGNED_IN,
        resolvers.sign_in.change_password,
        si.SignedInResult,
        si.ChangePasswordInput,
        cost=HASHING,
        patience=LONG,
    )
    update_profile = mutation(Who.SIGNED_IN, resolvers.profiles.update_profile, pr.ViewerResult, pr.UpdateProfileInput)
    give_consent = mutation(Who.SIGNED_IN, resolvers.profiles.give_consent, pr.ViewerResult)
    unlink_identity = mutation(
        Who.SIGNED_IN,
        resolvers.identities.unlink_identity,
        pr.ViewerResult,
        i.UnlinkIdentityInput,
        cost=STRANGER,
        patience=LONG,
    )

    update_user = mutation(Who.MANAGER, resolvers.users.update_user, u.UserResult, u.UpdateUserInput)
    delete_user = mutation(Who.SIGNED_IN, resolvers.users.delete_user, DeleteResult, u.DeleteUserInput)

    create_corporation = mutation(
        Who.ADMIN, resolvers.corporations.create_corporation, co.CorporationResult, co.CreateCorporationInput
    )
    update_corporation = mutation(
        Who.MANAGER, resolvers.corporations.update_corporation, co.CorporationResult, co.UpdateCorporationInput
    )
    change_plan = mutation(Who.ADMIN, resolvers.corporations.change_plan, co.CorporationResult, co.ChangePlanInput)
    delete_corporation = mutation(
        Who.ADMIN, resolvers.corporations.delete_corporation, DeleteResult, co.DeleteCorporationInput
    )

    create_content = mutation(Who.MANAGER, resolvers.contents.create_content, c.ContentResult, c.CreateContentInput)
    update_content = mutation(Who.MANAGER, resolvers.contents.update_content, c.ContentResult, c.UpdateContentInput)
    delete_content = mutation(Who.MANAGER, resolvers.contents.delete_content, c.ContentResult, c.DeleteContentInput)
    restore_content = mutation(Who.MANAGER, resolvers.contents.restore_content, c.ContentResult, c.RestoreContentInput)
    add_video_asset = mutation(
        Who.MANAGER, resolvers.video_assets.add_video_asset, c.VideoAssetResult, c.AddVideoAssetInput
    )
    remove_video_asset = mutation(
        Who.MANAGER, resolvers.video_assets.remove_video_asset, DeleteResult, c.RemoveVideoAssetInput
    )
    import_tmdb_title = mutation(
        Who.MANAGER,
        resolvers.tmdb.import_tmdb_title,
        c.ContentResult,
        t.ImportTmdbTitleInput,
        cost=STRANGER,
        patience=LONG,
    )
    like_content = mutation(Who.SIGNED_IN, resolvers.likes.like_content, c.ContentResult, c.LikeContentInput)
    unlike_content = mutation(Who.SIGNED_IN, resolvers.likes.unlike_content, c.ContentResult, c.LikeContentInput)

    create_review = mutation(Who.SIGNED_IN, resolvers.reviews.create_review, r.ReviewResult, r.CreateReviewInput)
    update_review = mutation(Who.SIGNED_IN, resolvers.reviews.update_review, r.ReviewResult, r.UpdateReviewInput)
    delete_review = mutation(Who.SIGNED_IN, resolvers.reviews.delete_review, DeleteResult, r.DeleteReviewInput)

    start_stream = mutation(Who.SIGNED_IN, resolvers.playback.start_stream, p.StartStreamResult, p.StartStreamInput)
    record_watch_progress = mutation(
        Who.SIGNED_IN,
        resolvers.progress.record_watch_progress,
        w.RecordWatchProgressResult,
        w.RecordWatchProgressInput,
        size="input.events",
    )

    create_image_upload = mutation(
        Who.SIGNED_IN, resolvers.images.create_image_upload, im.ImageUploadResult, im.CreateImageUploadInput
    )
    complete_image_upload = mutation(
        Who.SIGNED_IN, resolvers.images.complete_image_upload, im.ImageResult, im.CompleteImageUploadInput, cost=STORE
    )
    create_post = mutation(Who.SIGNED_IN, resolvers.posts.create_post, po.CreatePostResult, po.CreatePostInput)
    delete_post = mutation(Who.SIGNED_IN, resolvers.posts.delete_post, DeleteResult, po.DeletePostInput)

    create_persona = mutation(Who.SIGNED_IN, resolvers.personas.create_persona, pe.PersonaResult, pe.CreatePersonaInput)
    update_persona = mutation(Who.SIGNED_IN, resolvers.personas.update_persona, pe.PersonaResult, pe.UpdatePersonaInput)
    delete_persona = mutation(Who.SIGNED_IN, resolvers.personas.delete_persona, DeleteResult, pe.DeletePersonaInput)

    generate_image = mutation(
        Who.SIGNED_IN,
        resolvers.generated_images.generate_image,
        ge.GenerateImageResult,
        ge.GenerateImageInput,
        cost=DRAWING,
        patience=LONG,
    )

    start_instagram_authorization = mutation(
        Who.SIGNED_IN,
        resolvers.instagram.start_instagram_authorization,
        ig.StartAuthorizationResult,
        ig.StartInstagramAuthorizationInput,
    )
    link_instagram_account = mutation(
        Who.SIGNED_IN,
        resolvers.instagram.link_instagram_account,
        pe.PersonaResult,
        ig.LinkInstagramAccountInput,
        cost=STRANGER,
        patience=LONG,
    )
    unlink_instagram_account = mutation(
        Who.SIGNED_IN, resolvers.instagram.unlink_instagram_account, pe.PersonaResult, ig.UnlinkInstagramAccountInput
    )

    register_device = mutation(
        Who.SIGNED_IN, resolvers.notifications.register_device, n.DeviceResult, n.RegisterDeviceInput
    )
    unregister_device = mutation(
        Who.SIGNED_IN, resolvers.notifications.unregister_device, DeleteResult, n.UnregisterDeviceInput
    )
    mark_notifications_read = mutation(
        Who.SIGNED_IN, resolvers.notifications.mark_notifications_read, int, n.MarkNotificationsReadInput
    )


@strawberry.type(description="What can be listened to.")
class Subscription:
    watch_progress = subscription(Who.SIGNED_IN, resolvers.progress.watch_progress, w.WatchProgressEvent)
    view_log_added = subscription(Who.MANAGER, resolvers.playback.view_log_added, p.ViewLog)
    notification_added = subscription(Who.SIGNED_IN, resolvers.notifications.notification_added, n.Notification)


def build(
    *extensions: Callable[[], SchemaExtension], suggestions: bool = True, executor: type[Any] | None = None
) -> strawberry.Schema:
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[u.User, s.Session, co.Corporation, c.Content, g.Genre, c.VideoAsset, r.Review, p.ViewLog, p.PointEntry],
        extensions=extensions,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
        exception_handlers=[ToRefusal()],
        execution_context_class=executor,
    )
