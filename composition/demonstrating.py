"""The demonstration catalogue, where one is wanted."""

import asyncio
from functools import cached_property

import structlog

from domain.errors import Unavailable
from domain.media import ObjectStore
from integrations.passwords import PwdlibPasswords
from jobs.demonstration import Demonstration
from persistence.database import Database
from persistence.passwords import Passwords
from resolvers.context import Stores
from settings import Settings

_log = structlog.get_logger("marquee")


class Demonstrating:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        stores: Stores,
        objects: ObjectStore,
        passwords: PwdlibPasswords,
        password_store: Passwords,
    ) -> None:
        self._settings, self._database, self._stores, self._objects = settings, database, stores, objects
        self._passwords, self._password_store = passwords, password_store

    @property
    def is_wanted(self) -> bool:
        settings, wanted = self._settings, self._settings.demonstration
        return settings.development and (settings.database_url is None if wanted is None else wanted)

    @cached_property
    def demonstration(self) -> Demonstration:
        stores = self._stores
        return Demonstration(
            self._database,
            stores.corporations,
            stores.users,
            stores.contents,
            stores.genres,
            stores.video_assets,
            stores.likes,
            stores.reviews,
            self._objects,
            self._passwords,
            self._password_store,
        )

    async def is_done(self) -> bool:
        """Without it, this is a server all the same."""
        try:
            if self.is_wanted:
                await self.demonstration.make()
        except Unavailable as error:
            _log.warning("no_demonstration_yet", reason=error.message)
            return False
        return True

    async def until_done(self) -> None:
        """As soon as it can be."""
        while True:
            await asyncio.sleep(5)
            if await self.is_done():
                return
