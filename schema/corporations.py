"""Companies."""

from datetime import datetime

import strawberry

from domain import corporations as domain
from resolvers import corporations as resolve
from schema.present import enumerate_as, given, lazily, present, shown, union, worked
from schema.shared import Connection, Node, Refusal, connection_of
from schema.users import User

enumerate_as(
    domain.Plan,
    "What a company pays for.",
    FREE="Nothing.",
    PAID="The paid plan, until it expires.",
)


@present(domain.Corporation, description="A company: it owns contents and pays for a plan.")
class Corporation(Node):
    name: str = shown("Its name.")
    plan: domain.Plan = shown("The plan of this moment: a paid plan past its date is FREE.")
    plan_expires_at: datetime | None = shown("When the paid plan ends; null for never.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    members = worked(resolve.members, Connection[User], "The people of the company; for its managers.")
    contents = worked(
        resolve.contents, connection_of(lazily("Content", "schema.contents")), "What it has to show, newest first."
    )


CorporationResult = union("CorporationResult", Corporation, Refusal, "The company as it is now, or why not.")


@strawberry.input(description="A new company.")
class CreateCorporationInput:
    name: str = given("Its name, up to 200 characters; no other company may have it, in any case.")
    plan: domain.Plan = given("Its plan.", domain.Plan.FREE)
    plan_expires_at: datetime | None = given("When a paid plan ends; null for never.", None)


@strawberry.input(description="What changes of a company; what is left out stays.")
class UpdateCorporationInput:
    id: strawberry.ID = given("The company's id.")
    name: str | None = given("Its new name.", None)


@strawberry.input(description="A plan for a company.")
class ChangePlanInput:
    id: strawberry.ID = given("The company's id.")
    plan: domain.Plan = given("The plan from now on.")
    expires_at: datetime | None = given("When a paid plan ends, which must be to come; null for never.", None)


@strawberry.input(description="Which company is deleted.")
class DeleteCorporationInput:
    id: strawberry.ID = given("The company's id.")
