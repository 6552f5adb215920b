"""What Instagram lets personas do."""

from datetime import datetime

import strawberry

from domain import instagram as domain
from domain import instagram_authorization as authorization
from schema.present import URL, given, present, shown, union
from schema.shared import Refusal


@present(domain.InstagramLink, description="The Instagram account that a persona speaks for.")
class InstagramLink:
    instagram_user_id: str = shown("Its id at Instagram.")
    username: str = shown("What it is called there, when it was linked.")
    facebook_page_id: str = shown("The id of the Facebook page it belongs to.")
    linked_at: datetime = shown("When it was linked.")


@present(domain.InstagramAccount, description="An Instagram account that a persona may be linked with.")
class InstagramAccount:
    instagram_user_id: str = shown("Its id at Instagram.")
    username: str = shown("What it is called there.")
    facebook_page_id: str = shown("The id of the Facebook page it belongs to.")
    facebook_page_name: str = shown("What that page is called.")


@present(domain.InstagramAccountList, description="Instagram accounts that a persona may be linked with.")
class InstagramAccountList:
    accounts: list[InstagramAccount] = shown("The accounts; none where no page has one.", size=5)


@present(authorization.AuthorizationStarted, description="Signing a persona in at Meta has begun.")
class AuthorizationStarted:
    url: URL = shown("The address at Meta to send the browser to; good once, for ten minutes.")


StartAuthorizationResult = union(
    "StartAuthorizationResult", AuthorizationStarted, Refusal, "Where to sign in at Meta, or why nowhere."
)
InstagramAccountsResult = union(
    "InstagramAccountsResult", InstagramAccountList, Refusal, "The accounts, or why they cannot be told."
)


@strawberry.input(description="For which persona to sign in at Meta.")
class StartInstagramAuthorizationInput:
    persona_id: strawberry.ID = given("The persona's id.")


@strawberry.input(description="Which account a persona speaks for from now on.")
class LinkInstagramAccountInput:
    persona_id: strawberry.ID = given("The persona's id.")
    instagram_user_id: str = given("The account's id at Instagram, as `instagramAccounts` tells it.")
    facebook_page_id: str = given("The id of its page, likewise.")


@strawberry.input(description="Which persona is unlinked.")
class UnlinkInstagramAccountInput:
    persona_id: strawberry.ID = given("The persona's id.")
