"""Personas."""

from datetime import datetime

import strawberry

import resolvers.instagram
from domain import personas as domain
from domain.users import Gender
from resolvers import personas as resolve
from schema.instagram import InstagramLink
from schema.present import URL, given, many, present, shown, union, worked
from schema.shared import Node, Refusal


@present(domain.Persona, description="Whom a person appears as. The person alone sees it.")
class Persona(Node):
    number: int = shown(
        "Which of the person's personas it is, from 1 to 10. It stays; of a deleted one it is free again."
    )
    name: str = shown("What it is called.")
    gender: Gender | None = shown("Its gender.")
    feature: str | None = shown("What is particular about it, as plain text.")
    options: list[str] = shown("What else it is to be, word by word.")
    image_url = worked(
        resolve.image_url_of,
        URL | None,
        "A fresh address of its image, good for 900 seconds; null until one was generated for it.",
    )
    instagram = worked(
        resolvers.instagram.link_of,
        InstagramLink | None,
        "The Instagram account it speaks for; null if none is linked.",
    )
    instagram_authorized_until = worked(
        resolvers.instagram.authorized_until,
        datetime | None,
        "Until when Meta lets it speak for accounts, unless that is prolonged, as it mostly is by itself. If null, "
        "startInstagramAuthorization comes first.",
    )
    created_at: datetime = shown("When it was made.")


PersonaResult = union("PersonaResult", Persona, Refusal, "The persona as it is now, or why not.")


@strawberry.input(description="A new persona.")
class CreatePersonaInput:
    name: str = given("What it is called, up to 100 characters.")
    gender: Gender | None = given("Its gender.", None)
    feature: str | None = given("What is particular about it, up to 2000 characters.", None)
    options: list[str] = many("What else it is to be: up to 20, of up to 100 characters each.")


@strawberry.input(description="What changes of a persona; what is left out stays.")
class UpdatePersonaInput:
    id: strawberry.ID = given("The persona's id.")
    name: str | None = given("What it is called, up to 100 characters; it cannot be taken away.", optional=True)
    gender: Gender | None = given("Its gender; null takes it away.", optional=True)
    feature: str | None = given(
        "What is particular about it, up to 2000 characters; null takes it away.", optional=True
    )
    options: list[str] | None = given(
        "What else it is to be, instead of what was there: up to 20, of up to 100 characters each; null is none.",
        optional=True,
    )


@strawberry.input(description="Which persona is deleted.")
class DeletePersonaInput:
    id: strawberry.ID = given("The persona's id.")
