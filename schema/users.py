"""People, and what the signed-in person sees of the own graph."""

from datetime import date, datetime

import strawberry

import resolvers.identities
import resolvers.likes
import resolvers.notifications
import resolvers.personas
import resolvers.profiles
import resolvers.reviews
import resolvers.sessions
import resolvers.sign_in
from domain import users as domain
from resolvers import users as resolve
from schema.present import URL, enumerate_as, given, lazily, list_of, present, shown, union, worked
from schema.shared import Node, Refusal, connection_of

enumerate_as(
    domain.Role,
    "What a person may do beyond watching.",
    MEMBER="Watches, likes, reviews.",
    MANAGER="Looks after the catalogue of the own company.",
    ADMIN="Looks after everything.",
)

enumerate_as(domain.Gender, "A person's gender.", MALE="남성.", FEMALE="여성.")

CSRF_HEADER = "Where a cookie carries the session, what a mutation must say in the header `X-CSRF-Token`; else null."


@present(domain.User, description="What anyone may see of a person.")
class User(Node):
    display_name: str = shown("The name to show.")
    avatar_url = worked(resolve.avatar_url, URL | None, "The picture to show.")
    email = worked(
        resolve.email,
        str | None,
        "Null to those who may not see it: all but the person, the company's managers, ADMIN.",
    )
    role = worked(resolve.role, domain.Role | None, "What this person may do; null to those who may not see it.")
    corporation = worked(
        resolve.corporation,
        lazily("Corporation", "schema.corporations") | None,
        "The company this person belongs to; null where there is none, and to those who may not see it.",
    )
    created_at: datetime = shown("When the account was made.")


@present(domain.Viewer, description="The signed-in person's own graph. Nothing here can be reached by anybody else.")
class Viewer:
    user: User = shown("The same person, as others see them.")
    email: str | None = shown("The e-mail address; null for someone who came in without one.")
    first_name: str | None = shown("The given name.")
    last_name: str | None = shown("The family name.")
    birthday: date | None = shown("The birthday.")
    gender: domain.Gender | None = shown("The gender.")
    region_code: str | None = shown("The region, such as KR.")
    subscription_status: str | None = shown("The subscription, as given at registration.")
    role: domain.Role = shown("What this person may do.")
    needs_consent = worked(
        resolvers.profiles.needs_consent, bool, "Whether this person still has to give consent, by giveConsent."
    )
    csrf_token = worked(resolvers.sign_in.csrf_token, str | None, CSRF_HEADER)
    points = worked(resolve.points, int, "The balance: the sum of all point entries.")
    point_entries = worked(
        resolve.point_entries,
        connection_of(lazily("PointEntry", "schema.playback")),
        "Every change of points, newest first.",
    )
    watch_history = worked(
        resolve.watch_history,
        connection_of(lazily("WatchProgress", "schema.progress")),
        "Everything watched, what was watched last first.",
    )
    continue_watching = worked(
        resolve.continue_watching,
        connection_of(lazily("WatchProgress", "schema.progress")),
        "What was started and not finished, what was watched last first.",
    )
    view_logs = worked(
        resolve.view_logs, connection_of(lazily("ViewLog", "schema.playback")), "First views, newest first."
    )
    liked_contents = worked(
        resolvers.likes.liked_contents,
        connection_of(lazily("Content", "schema.contents")),
        "What this person likes, what was liked last first.",
    )
    reviews = worked(
        resolvers.reviews.of_viewer,
        connection_of(lazily("Review", "schema.reviews")),
        "This person's reviews, newest first.",
    )
    identities = worked(
        resolvers.identities.of_viewer,
        list_of(lazily("Identity", "schema.identities")),
        "Who this person is at providers, first linked first.",
        size=3,
    )
    personas = worked(
        resolvers.personas.of_viewer,
        list_of(lazily("Persona", "schema.personas")),
        "Whom this person appears as, by number.",
        size=5,
    )
    sessions = worked(
        resolvers.sessions.of_viewer,
        list_of(lazily("Session", "schema.sessions")),
        "The sessions that are signed in, last used first.",
        size=5,
    )
    devices = worked(
        resolvers.notifications.devices_of_viewer,
        list_of(lazily("Device", "schema.notifications")),
        "Where this person's notifications are pushed to, last registered first.",
        size=5,
    )
    notifications = worked(
        resolvers.notifications.of_viewer,
        connection_of(lazily("Notification", "schema.notifications")),
        "What this person was told of, newest first.",
    )
    unread_notification_count = worked(
        resolvers.notifications.unread_of_viewer, int, "How many of the notifications were not marked as read."
    )


UserResult = union("UserResult", User, Refusal, "The person as they are now, or why not.")


@strawberry.input(description="What changes of a person; what is left out stays.")
class UpdateUserInput:
    id: strawberry.ID = given("The person's id.")
    role: domain.Role | None = given("What they may do from now on.", optional=True)
    corporation_id: strawberry.ID | None = given(
        "The company they belong to from now on; null for none.", optional=True
    )


@strawberry.input(description="Who is deleted.")
class DeleteUserInput:
    id: strawberry.ID = given("The person's id.")
