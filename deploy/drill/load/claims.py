"""What the drill may hold the database to: of each thing the states that are possible after what was answered."""

from dataclasses import dataclass, field
from typing import Any

from deploy.drill.load.asking import Answer
from deploy.drill.load.telling import tell


@dataclass(slots=True)
class Claim:
    """After an answer that is certain there is one state; after any other, the new one may be there too."""

    about: str
    key: tuple[Any, ...]
    possible: list[Any] = field(default_factory=lambda: [None])

    @property
    def is_certain(self) -> bool:
        return len(self.possible) == 1

    def asked_for(self, state: Any, answer: Answer) -> None:
        """A change to this state was asked for, and this came back."""
        if answer.done:
            self.settle(state)
        elif not answer.is_certain and state not in self.possible:
            self.possible.append(state)

    def settle(self, state: Any) -> None:
        self.possible = [state]

    def tell(self) -> None:
        tell(claim=self.about, key=self.key, possible=self.possible)
