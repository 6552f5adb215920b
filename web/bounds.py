"""How much, how long and how many: what a server puts up with on a connection."""

import resource
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from web.crowd import Crowd, Network

# Connections that the system has accepted before we could, and what else is a file: the database, parts, what is read.
BACKLOG = 1024
_OTHER_FILES = 256
_MOST_CONNECTIONS = 10_000
# Of one person in one process: every screen and tab of a household, and no more than a mistake of a client may cost us.
LISTENERS_OF_A_PERSON = 100
# A school or an office behind one address, of whom each has a socket.
_LISTENERS_OF_AN_ADDRESS = 1000


def room_for_connections() -> int:
    """As many as there may be files, less those that are none."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(64, min(_MOST_CONNECTIONS, files - BACKLOG - _OTHER_FILES))


def listeners_of_an_address() -> int:
    """A tenth of a large house, and a quarter of a small one: others have room, whatever one address does."""
    return min(_LISTENERS_OF_AN_ADDRESS, room_for_connections() // 4)


def take_all_files_allowed() -> None:
    """Systems start a process with 1024, and allow it far more if it asks."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MOST_CONNECTIONS
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds, bytes and counts; what is not said of a body is for its door to say."""

    url_bytes: int = 16_384
    head_bytes: int = 65_536
    headers: int = 100
    head_seconds: float = 10
    body_seconds: float = 30
    body_silence_seconds: float = 10
    # Proxies must keep their connections for less, or one may ask while it is hung up on.
    idle_seconds: int = 25
    # How long a client may read nothing of what waits for it: an answer, or what a socket says.
    unread_seconds: float = 30
    socket_unread_seconds: float = 10
    # What is still heard, and dropped, behind an answer that came before the request's end, so that it can be read.
    linger_bytes: int = 4_000_000
    linger_seconds: float = 5
    requests_in_line: int = 256
    fragments: int = 1000
    # A silent peer is asked after so long, and given up when it takes as long again to answer.
    ping_seconds: float = 20
    # At the end: what idles may ask once more, what was asked may be answered, and what remains may take note.
    last_request_seconds: float = 0.5
    grace_seconds: float = 5
    farewell_seconds: float = 1
    # And what is behind the application may be put away: a second more is left for the process itself, of ten.
    closing_seconds: float = 3
    connections: int = field(default_factory=room_for_connections)
    # What one address may have of them; and who speaks for many addresses, and may have them all.
    share: float = 0.5
    proxies: tuple[Network, ...] = ()

    @property
    def connections_of_an_address(self) -> int:
        return max(1, int(self.share * self.connections))

    @property
    def glance_seconds(self) -> float:
        """How often a connection is looked at: often enough for the shortest patience."""
        return min(self.head_seconds, self.body_silence_seconds) / 4


class Configuration(uvicorn.Config):
    """uvicorn's, with our bounds, with those who hold a connection but ask nothing, in the order they came, and with
    all connections by the address at their other end.
    """

    def __init__(self, application: ASGIApp, bounds: Bounds, **settings: Any) -> None:
        super().__init__(application, **settings)
        self.bounds = bounds
        self.waiting: dict[Any, None] = {}
        self.crowd = Crowd()
