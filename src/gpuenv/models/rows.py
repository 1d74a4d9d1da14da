"""Rows of a matrix file that few commands look at: they are given their meaning when somebody does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = TypeVar("Row")


class Rows(Sequence[Row]):
    """A sequence that is made at the first look at it; what its rows are called is known before."""

    __slots__ = ("_make", "_rows", "names")

    def __init__(self, names: Iterable[str], make: Callable[[], tuple[Row, ...]]) -> None:
        """Take the names of the rows, and what makes them, which is called once at most."""
        self.names = frozenset(names)
        self._make = make
        self._rows: tuple[Row, ...] | None = None

    @property
    def _made(self) -> tuple[Row, ...]:
        if self._rows is None:
            self._rows = self._make()
        return self._rows

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._made[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Rows, tuple)) and self._made == tuple(other)

    def __hash__(self) -> int:
        return hash(self._made)

    def __repr__(self) -> str:
        return repr(self._made)

    def __reduce__(self) -> tuple[type[tuple[Row, ...]], tuple[tuple[Row, ...]]]:
        """Travel to another process as what was made."""
        return tuple, (self._made,)
