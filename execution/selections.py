"""What is asked for of objects of one type. The values of a level are held by column: all objects' titles, all
objects' genres; at the end they become rows.
"""

from collections.abc import Coroutine, Sequence
from typing import Any

from graphql.execution.executor import Executor
from graphql.pyutils import gather_with_cancel

from execution.completions import Completion
from execution.faults import Faulty, first_fault
from execution.places import Where, of_field
from execution.sources import AtHand, Source


class Column:
    """One field: where its values come from, and what becomes of them. `name` is the one in the answer."""

    def __init__(self, name: str, typename: str, source: Source, completion: Completion) -> None:
        self.name, self._typename, self._source, self._completion = name, typename, source, completion
        self._at_hand = source if isinstance(source, AtHand) and completion.is_leaf else None

    @property
    def waits(self) -> bool:
        return self._source.waits or self._completion.waits

    @property
    def weight(self) -> int:
        return 1 + self._completion.weight

    async def results(self, executor: Executor[Any], objects: list[Any], objects_at: Where) -> list[Any]:
        where = of_field(objects_at, self.name, self._typename)
        if self._at_hand is None:
            values = await self._source.values(executor, objects, where)
        else:
            values = self._at_hand.at_once(executor, objects)
            results = self._completion.at_once(values)
            if results is not None:
                return results
        return await self._completion.complete(executor, values, where)


class Typename:
    """The column of `__typename`."""

    waits, weight = False, 1

    def __init__(self, name: str, typename: str) -> None:
        self.name, self._typename = name, typename

    async def results(self, executor: Executor[Any], objects: list[Any], objects_at: Where) -> list[Any]:
        return [self._typename] * len(objects)


class Selection:
    """Its rows are dictionaries, or the error by which an object cannot be told."""

    def __init__(self, columns: Sequence[Column | Typename]) -> None:
        self._columns = columns
        self._names = [column.name for column in columns]
        waiting = [number for number, column in enumerate(columns) if column.waits]
        # A task for each costs more than to wait for the only one.
        self._waiting = waiting if len(waiting) > 1 else []
        self._in_turn = [number for number in range(len(columns)) if number not in self._waiting]
        self.waits = bool(waiting)

    @property
    def weight(self) -> int:
        return 1 + sum(column.weight for column in self._columns)

    async def rows(
        self, executor: Executor[Any], objects: list[Any], where: Where, *, serially: bool = False
    ) -> list[Any]:
        """One for each object. `serially`: each column when the one before it is done, and none after one that fails,
        as the spec has it for mutations.
        """
        if not objects:
            return []
        if serially:
            return await self._serially(executor, objects, where)
        columns: list[list[Any]] = [[]] * len(self._columns)
        for number in self._in_turn:
            columns[number] = await self._columns[number].results(executor, objects, where)
        if self._waiting:
            results = await gather_with_cancel(*self._begun(executor, objects, where))
            for number, column in zip(self._waiting, results, strict=True):
                columns[number] = column
        return self._rows(columns, len(objects))

    def _begun(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Coroutine[Any, Any, list[Any]]]:
        return [self._columns[number].results(executor, objects, where) for number in self._waiting]

    async def _serially(self, executor: Executor[Any], objects: list[Any], where: Where) -> list[Any]:
        columns = []
        for column in self._columns:
            columns.append(await column.results(executor, objects, where))
            if first_fault(columns[-1]):
                break
        return self._rows(columns, len(objects))

    def _rows(self, columns: list[list[Any]], length: int) -> list[Any]:
        names = self._names
        if not columns:
            return [{} for _ in range(length)]
        if not any(type(column) is Faulty for column in columns):
            return [dict(zip(names, row)) for row in zip(*columns)]  # noqa: B905 -- checking takes a tenth longer
        return Faulty(first_fault(row) or dict(zip(names, row, strict=False)) for row in zip(*columns, strict=True))
