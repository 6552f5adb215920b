"""Signing up, in and out."""

from datetime import datetime

import strawberry

from domain import sessions as domain
from resolvers import sessions as resolve
from schema.present import given, present, shown, union, worked
from schema.shared import Node, Refusal
from schema.users import Viewer


@present(domain.Session, description="One device that is signed in.")
class Session(Node):
    user_agent: str | None = shown("What the device called itself when it signed in.")
    created_at: datetime = shown("When it signed in.")
    last_used_at: datetime = shown("When it last refreshed its tokens.")
    expires_at: datetime = shown("When it ends, unless its tokens are refreshed before.")
    current = worked(resolve.current, bool, "Whether this is the device that is asking.")


@present(domain.Tokens, description="What a client keeps to stay signed in.")
class Tokens:
    access_token: str = shown("Goes into `Authorization: Bearer …` of every request.")
    token_type: str = shown("Always `bearer`.")
    expires_in: int = shown("How long the access token lives, in seconds.")
    refresh_token: str | None = shown("Good for exactly one refreshSession.")
    refresh_expires_in: int | None = shown("How long the refresh token lives, in seconds.")


@present(domain.SignedIn, description="A person who has just signed in.")
class SignedIn:
    tokens: Tokens = shown("The tokens of this session.")
    viewer: Viewer = shown("The person.")


SignedInResult = union("SignedInResult", SignedIn, Refusal, "Somebody who is signed in now, or why not.")
RevokeResult = union("RevokeResult", Session, Refusal, "The session that was ended, or why not.")


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = given("The e-mail address; upper and lower case are the same.")
    password: str = given("8 to 200 characters.")
    first_name: str | None = given("The given name.", None)
    last_name: str | None = given("The family name.", None)
    region_code: str | None = given("The region, such as KR.", None)
    subscription_status: str | None = given("The subscription, such as ACTIVE.", None)


@strawberry.input(description="Who signs in.")
class LoginInput:
    email: str = given("The e-mail address.")
    password: str = given("The password.")


@strawberry.input(description="Which session goes on.")
class RefreshSessionInput:
    refresh_token: str = given("The newest refresh token of the session.")


@strawberry.input(description="Which session ends.")
class RevokeSessionInput:
    id: strawberry.ID = given("The session's id.")
