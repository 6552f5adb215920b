"""Where the drill takes place: all parts, with a link before each that others reach over a network."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.drill.strangers import Engine, Issuer, Store, settings_of
from deploy.many.kept import Kept
from deploy.many.layout import Many, opened
from deploy.many.link import Link
from deploy.many.part import Part

STRANGERS = ("store", "engine", "issuer")
# Never reached, but counted: so Redis is asked for each request, as it is in production.
_RATES = {"RATE_LIMIT_PER_ADDRESS": "100000000", "RATE_LIMIT_PER_PERSON": "100000000"}


class Ground:
    def __init__(self, folder: Path) -> None:
        self.kept = kept = opened(folder)
        kept.forget_taken_ports()
        self.issuer = Issuer(kept)
        self.strangers: list[Part] = [Store(kept), Engine(kept), self.issuer]
        self.many = Many(kept, kept.address("front"), self._environment(), linked=True)
        # The worker makes the engine's index, without which no server is ready.
        self.many.parts = _in_order(self.many)
        self.parts: dict[str, Part] = {**{part.name: part for part in self.strangers}, **self.many.parts}
        self._own_links = {name: _link(kept, name) for name in STRANGERS}
        self.links = {**self.many.links, **self._own_links}

    @property
    def front(self) -> str:
        return self.many.nginx.address

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        ours = {"ENVIRONMENT": "development", "DEMONSTRATION": "false", "SIGN_IN_TRIES_PER_ADDRESS": "100000"}
        return {**inherited, **ours, **_RATES, **settings_of(self.kept, {name: f"link-{name}" for name in STRANGERS})}

    @property
    def environment(self) -> dict[str, str]:
        """What one of server.py's commands needs to be told."""
        return dict(self.many.worker.environment)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[None]:
        """Everything, from the first part to the last; none is left behind."""
        async with AsyncExitStack() as leaving:
            for link in self._own_links.values():
                await leaving.enter_async_context(link.running())
            try:
                for part in self.strangers:
                    await part.start()
                await self.many.start()
                yield
            finally:
                for link in self.links.values():
                    link.heal()
                await self.many.stop()
                for part in self.strangers:
                    await part.stop()


def _in_order(many: Many) -> dict[str, Part]:
    last: list[Part] = [*many.servers, many.nginx]
    first = [part for part in many.parts.values() if part not in last]
    return {part.name: part for part in (*first, *last)}


def _link(kept: Kept, name: str) -> Link:
    return Link(kept.port(f"link-{name}"), lambda: kept.port(name))
