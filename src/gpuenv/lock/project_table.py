"""Writes the table `[tool.gpuenv]` into a project's file, and leaves everything else as it is."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from gpuenv.errors import GpuenvError
from gpuenv.lock.toml_layout import keeping_tail, new_array, new_table

if TYPE_CHECKING:
    from collections.abc import Mapping


def update_table(
    text: str, values: Mapping[str, str | tuple[str, ...]], *, file: str, is_own_file: bool
) -> tuple[str, dict[str, str | tuple[str, ...]]]:
    """Add the values that the table does not have yet; give the text, and the table's values as they are then.

    `is_own_file`: the text is that of a gpuenv.toml, which has no `[tool.gpuenv]` around its values. Raises
    `uv-project-not-toml` with the place of the fault, and `uv-project-unusual` where the table is something else.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.removeprefix(mark).replace("\r\n", "\n")
    try:
        document = tomlkit.parse(plain if not plain or plain.endswith("\n") else f"{plain}\n")
    except TOMLKitError as error:
        raise GpuenvError("uv-project-not-toml", file=file, detail=str(error)) from error
    if is_own_file:
        table: MutableMapping[str, Any] = document
        _fill(table, values)
    else:
        table = _own_table(document, file)
        with keeping_tail(table):
            _fill(table, values)
    made = tomlkit.dumps(document)
    written = {key: tuple(found) if isinstance(found := table[key], list) else str(found) for key in values}
    return mark + made.replace("\n", newline), written


def _fill(table: MutableMapping[str, Any], values: Mapping[str, str | tuple[str, ...]]) -> None:
    for key, value in values.items():
        if key not in table:
            table[key] = value if isinstance(value, str) else _array(value)


def _array(values: tuple[str, ...]) -> Any:  # noqa: ANN401 - tomlkit's array
    if len(values) > 1:
        return new_array(values)
    array = tomlkit.array()
    array.extend(values)
    return array


def _own_table(document: tomlkit.TOMLDocument, file: str) -> MutableMapping[str, Any]:
    if "tool" not in document:
        # tomlkit itself puts the blank line before a new table of the whole document.
        document["tool"] = tomlkit.table(is_super_table=True).add("gpuenv", tomlkit.table())
    tool = document["tool"]
    if not isinstance(tool, MutableMapping):
        raise GpuenvError("uv-project-unusual", file=file, key="tool")
    if "gpuenv" not in tool:
        with keeping_tail(tool):
            tool["gpuenv"] = new_table()
    own = tool["gpuenv"]
    if not isinstance(own, MutableMapping):
        raise GpuenvError("uv-project-unusual", file=file, key="tool.gpuenv")
    return own
