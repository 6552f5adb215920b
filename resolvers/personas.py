"""Personas."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain import ids
from domain.personas import NewPersona, Persona
from domain.users import Viewer
from resolvers.arguments import given
from resolvers.context import Context, Info
from resolvers.fields import batched
from resolvers.images import addresses


async def of_viewer(root: strawberry.Parent[Viewer], info: Info) -> list[Persona]:
    return await info.context.stores.personas.of_user(root.user.id)


@batched
async def image_url_of(context: Context, parents: Sequence[Persona]) -> Sequence[str | None]:
    return await addresses(context, [persona.image_id or ids.NOTHING for persona in parents])


async def create_persona(info: Info, input: Any) -> Persona:
    """Makes a persona, under the lowest number that is free. A person has at most ten."""
    new = NewPersona(input.name, input.gender, input.feature, input.options)
    return await info.context.services.personas.create(info.context.signed_in(), new)


async def update_persona(info: Info, input: Any) -> Persona:
    """Changes a persona of one's own; its number stays."""
    persona_id = ids.decode("Persona", input.id)
    return await info.context.services.personas.update(info.context.signed_in(), persona_id, given(input))


async def delete_persona(info: Info, input: Any) -> ids.Deleted:
    """Deletes a persona of one's own, with its image and what Instagram let it do. Its number is free again."""
    await info.context.services.personas.delete(info.context.signed_in(), ids.decode("Persona", input.id))
    return ids.Deleted(input.id)
