"""Whose answer is everybody's: a context that does not know who asks."""

from typing import Any

from resolvers.context import Context, House
from resolvers.loaders import Loaders


class Nobody:
    """Stands for the contexts of all who are told the same. It holds what is the same for them and nothing of anybody;
    for anything else it cannot be asked, and it remembers that it was.
    """

    __slots__ = ("base_url", "house", "loaders", "was_asked")

    def __init__(self, context: Context) -> None:
        self.house, self.base_url = context.house, context.base_url
        self.loaders, self.was_asked = Loaders(self), False

    stores, services, url = Context.stores, Context.services, Context.url

    @property
    def alike(self) -> tuple[House, str]:
        """Who is told the same: all to whom our addresses are the same."""
        return self.house, self.base_url

    def shared(self, data: dict[str, Any]) -> "Shared":
        return Shared(data)

    def __getattr__(self, name: str) -> Any:
        self.was_asked = True
        raise AttributeError(f"Nobody has no {name}.")


class Shared(dict[str, Any]):
    """The data of an answer that many are told. `text` is its JSON, once somebody has written it."""

    __slots__ = ("text",)

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(data)
        self.text: str | None = None
