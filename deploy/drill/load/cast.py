"""Who takes part, and how many of each: about fifty requests a second in all."""

from deploy.drill.load.asking import Asker
from deploy.drill.load.critics import Critic, Liker
from deploy.drill.load.followers import SocketFollower, StreamFollower
from deploy.drill.load.guests import Guest, Newcomer
from deploy.drill.load.listeners import Fan, Leaver
from deploy.drill.load.managers import Manager, Reader, Seeker
from deploy.drill.load.person import Person, World
from deploy.drill.load.uploaders import Uploader
from deploy.drill.load.viewers import Viewer

_MANY: dict[type[Person], int] = {
    Viewer: 4,
    Critic: 2,
    Liker: 2,
    Manager: 1,
    Seeker: 1,
    Reader: 2,
    Uploader: 1,
    Newcomer: 2,
    Guest: 1,
    SocketFollower: 3,
    StreamFollower: 1,
    Fan: 1,
    Leaver: 2,
}
NAMES = {f"{kind.__name__.lower()}{number}": kind for kind, count in _MANY.items() for number in range(count)}


def cast(asker: Asker, world: World) -> list[Person]:
    return [kind(name, asker, world) for name, kind in NAMES.items()]
