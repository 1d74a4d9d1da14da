"""Reads the tables of a matrix file by hand, with the place of every fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gpuenv.errors import GpuenvError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Value = TypeVar("Value")


class Table:
    """One table of a matrix file. Whoever reads it ends with `finish`, which refuses keys that were not asked for.

    Every complaint is the error `matrix-invalid` with the file, the place (`release[3].build[2].sass`) and one of the
    problems `missing-key`, `unknown-key`, `wrong-type`, `bad-value`, `unknown-source`, `duplicate`.
    """

    def __init__(self, values: Mapping[str, object], *, file: str, place: str = "") -> None:
        """Wrap a parsed table; `place` is its own place in the file, empty for the file's root."""
        self._values = values
        self._unread = set(values)
        self.file = file
        self.place = place

    def error(self, key: str, problem: str, value: object = None) -> GpuenvError:
        """Make the complaint about a key of this table; an empty key speaks of the table itself."""
        return GpuenvError(
            "matrix-invalid",
            file=self.file,
            place=".".join(part for part in (self.place, key) if part) or "top level",
            problem=problem,
            value=None if value is None else str(value),
        )

    def text(self, key: str) -> str:
        """Read a text."""
        value = self._values.get(key)
        if not isinstance(value, str):
            raise self.error(key, "wrong-type", self._take(key))
        self._unread.discard(key)
        return value

    def optional_text(self, key: str) -> str | None:
        """Read a text, or None where the key is absent."""
        return self.text(key) if key in self._values else None

    def read(self, key: str, parse: Callable[[str], Value]) -> Value:
        """Read a text and give it its meaning; `parse` raises `ValueError` for text that has none."""
        found = self._values.get(key)
        text = found if isinstance(found, str) else self.text(key)
        self._unread.discard(key)
        try:
            return parse(text)
        except ValueError as error:
            raise self.error(key, "bad-value", text) from error

    def optional(self, key: str, parse: Callable[[str], Value]) -> Value | None:
        """Read as `read` does, or None where the key is absent."""
        return self.read(key, parse) if key in self._values else None

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Read a boolean; without a default it has to be there."""
        if default is not None and key not in self._values:
            return default
        value = self._take(key)
        if not isinstance(value, bool):
            raise self.error(key, "wrong-type", value)
        return value

    def number(self, key: str) -> int:
        """Read an integer."""
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(key, "wrong-type", value)
        return value

    def optional_number(self, key: str) -> int | None:
        """Read an integer, or None where the key is absent."""
        return self.number(key) if key in self._values else None

    def numbers(self, key: str) -> tuple[int, ...]:
        """Read a list of integers."""
        found: list[int] = []
        for place, item in self._items(key):
            if not isinstance(item, int) or isinstance(item, bool):
                raise self.error(place, "wrong-type", item)
            found.append(item)
        return tuple(found)

    def table(self, key: str) -> Table:
        """Read a table below this one."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise self.error(key, "wrong-type", value)
        return Table(value, file=self.file, place=self._below(key))

    def optional_table(self, key: str) -> Table:
        """Read a table below this one; absent means an empty one."""
        return self.table(key) if key in self._values else Table({}, file=self.file, place=self._below(key))

    def tables(self, key: str) -> Iterator[Table]:
        """Read a list of tables; absent means none."""
        if key not in self._values:
            return
        for place, item in self._items(key):
            if not isinstance(item, dict):
                raise self.error(place, "wrong-type", item)
            yield Table(item, file=self.file, place=self._below(place))

    def rows(self, key: str, width: int) -> Iterator[tuple[str, list[str]]]:
        """Read a list of rows of so many texts each, with the place of each."""
        for place, item in self._items(key):
            if not isinstance(item, list) or not all(isinstance(cell, str) for cell in item):
                raise self.error(place, "wrong-type", item)
            if len(item) != width:
                raise self.error(place, "bad-value", f"{len(item)} cells instead of {width}")
            yield place, item

    def cells(self, key: str) -> Iterator[tuple[str, str]]:
        """Read a list of texts, with the place of each."""
        for place, item in self._items(key):
            if not isinstance(item, str):
                raise self.error(place, "wrong-type", item)
            yield place, item

    def keys(self) -> tuple[str, ...]:
        """List the keys, for tables whose keys are data."""
        return tuple(self._values)

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        if self._unread:
            raise self.error(next(key for key in self._values if key in self._unread), "unknown-key")

    def _take(self, key: str) -> object:
        if key not in self._values:
            raise self.error(key, "missing-key")
        self._unread.discard(key)
        return self._values[key]

    def _items(self, key: str) -> Iterator[tuple[str, object]]:
        value = self._take(key)
        if not isinstance(value, list):
            raise self.error(key, "wrong-type", value)
        for number, item in enumerate(value):
            yield f"{key}[{number}]", item

    def _below(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
