"""Who listens, by sockets and by event streams, and how many of these one may have."""

from collections.abc import Callable, Hashable
from functools import partial

from domain.attempts import network_of
from domain.errors import CodedError
from resolvers.context import Context
from web.bounds import LISTENERS_OF_A_PERSON, listeners_of_an_address
from web.crowd import Crowd


class TooManyListeners(CodedError):
    code = "TOO_MANY_LISTENERS"
    status = 429


class Listeners:
    """Sockets and event streams that are open in this process, by network address and by person."""

    def __init__(self) -> None:
        self._addresses, self._persons = Crowd(), Crowd()
        self._of_an_address, self._of_a_person = listeners_of_an_address(), LISTENERS_OF_A_PERSON

    def come(self, listener: object, address: str) -> None:
        """Raises TooManyListeners. Over a Unix socket, which has no address, nobody is told from anybody."""
        _enter(self._addresses, network_of(address), listener, self._of_an_address if address else None)

    def sign_in(self, listener: object, user_id: int) -> None:
        """Raises TooManyListeners."""
        _enter(self._persons, user_id, listener, self._of_a_person)

    def stream(self, context: Context) -> Callable[[], None]:
        """One that has begun; what is returned ends it. Raises TooManyListeners."""
        listener, user_id = object(), context.viewer.user.id if context.viewer else None
        self.come(listener, context.address)
        leave = partial(self.leave, listener, context.address, user_id)
        try:
            if user_id is not None:
                self.sign_in(listener, user_id)
        except TooManyListeners:
            leave()
            raise
        return leave

    def leave(self, listener: object, address: str, user_id: int | None) -> None:
        self._addresses.leave(network_of(address), listener)
        self._persons.leave(user_id, listener)


def _enter(crowd: Crowd, who: Hashable, listener: object, most: int | None) -> None:
    if most is not None and crowd.count(who) >= most:
        whose = "one person" if isinstance(who, int) else "one address"
        raise TooManyListeners(f"There may be {most} sockets and event streams of {whose}.")
    crowd.enter(who, listener)
