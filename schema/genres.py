"""Genres."""

from domain import genres as domain
from schema.present import present, shown
from schema.shared import Node


@present(domain.Genre, description="A kind of content.")
class Genre(Node):
    name: str = shown("Its name.")
