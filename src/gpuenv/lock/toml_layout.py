"""Places new tables and keys in a TOML document so that blank lines and comments stay with what they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AoT, Table, Whitespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tomlkit.items import Array, Item, Key

from contextlib import contextmanager


def keeping_tail(table: object) -> AbstractContextManager[None]:
    """Let what is added to a table come before the blank line and the comments that lead on to the next table.

    tomlkit counts those as the end of the last table read. A table that is written in several places has no one end:
    it is left alone.
    """
    return _keeping_tail(table)


@contextmanager
def _keeping_tail(table: object) -> Iterator[None]:
    tail = _take_tail(_last_body(table))
    yield
    # The table may end with a new one now.
    _last_body(table).extend(tail)


def _last_body(table: object) -> list[tuple[Key | None, Item]]:
    """Give the entries of the last table within a table: what is written last."""
    container = table.value if isinstance(table, Table) else table
    if not isinstance(container, Container):
        return []
    last = next((item for key, item in reversed(container.body) if key is not None), None)
    if isinstance(last, AoT) and last.body:
        last = last.body[-1]
    if isinstance(last, Table):
        return _last_body(last)
    return container.body


def _take_tail(body: list[tuple[Key | None, Item]]) -> list[tuple[Key | None, Item]]:
    """Cut off everything from the first blank line after the last key."""
    start = len(body)
    while start > 0 and body[start - 1][0] is None:
        start -= 1
    while start < len(body) and not isinstance(body[start][1], Whitespace):
        start += 1
    tail = body[start:]
    del body[start:]
    return tail


def new_table() -> Table:
    """Make a table that begins after a blank line."""
    table = tomlkit.table()
    table.trivia.indent = "\n"
    return table


def new_array(items: Iterable[object]) -> Array:
    """Make an array with one item a line."""
    array = tomlkit.array()
    array.extend(items)
    return array.multiline(multiline=True)


def inline(values: Mapping[str, str]) -> Item:
    """Make a table on one line: `{ index = "pytorch-cpu", extra = "cpu" }`."""
    pairs = ", ".join(f"{key} = {tomlkit.item(value).as_string()}" for key, value in values.items())
    made: Item = tomlkit.value(f"{{ {pairs} }}")
    return made


def put_key(table: Table, key: str, item: Item) -> None:
    """Add a key after the last plain one of a table, before the comments that introduce its first sub-table."""
    plain = [known for known, value in table.value.body if known is not None and not isinstance(value, (Table, AoT))]
    if plain:
        # tomlkit has no public way to say where a key goes.
        table.value._insert_after(plain[-1], key, item)  # noqa: SLF001
    else:
        table[key] = item
