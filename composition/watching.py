"""Everything of watching: streams, and progress, of which what comes at once is written at once."""

from datetime import timedelta

from composition.gathering import failing
from domain.playback import Playback, PlaybackStore
from domain.ports import Database, Signals
from domain.progress import Progress, ProgressStore
from domain.tokens import Tickets
from settings import Settings


class Watching:
    def __init__(self, settings: Settings, database: Database, signals: Signals, tickets: Tickets) -> None:
        self._settings, self._database, self._signals, self._tickets = settings, database, signals, tickets

    def playback(self, store: PlaybackStore) -> Playback:
        lifetime, most = timedelta(minutes=self._settings.stream_ticket_minutes), self._settings.streams_at_once
        return Playback(self._database, store, self._tickets, self._signals, lifetime, most)

    def progress(self, store: ProgressStore) -> Progress:
        told = failing("progress") if self._settings.progress_gathered else None
        return Progress(self._database, store, self._signals, told)
