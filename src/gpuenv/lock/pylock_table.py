"""The table `[tool.gpuenv]` of a pylock: for which machine it was made, the facts of a requirements file's header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import FORMAT, header_from_fields

if TYPE_CHECKING:
    from gpuenv.lock.header import LockHeader


def own_table(header: LockHeader) -> dict[str, Any]:
    """Write the table; `parse_own_table` is the inverse."""
    table: dict[str, Any] = {
        "format": FORMAT,
        "matrix": header.matrix,
        "platform": header.platform.name,
        "python": str(header.python),
    }
    for name, version in (("glibc", header.platform.glibc), ("macos", header.platform.macos)):
        if version is not None:
            table[name] = f"{version[0]}.{version[1]}"
    if header.platform.is_wsl:
        table["wsl"] = True
    if header.torch is not None:
        table["torch"] = str(header.torch)
    if header.tag is not None:
        table["tag"] = header.tag
    if header.minimum_driver is not None:
        table["driver"] = f">={header.minimum_driver}"
    table["gpus"] = [
        {
            "name": gpu.name,
            "compute-capability": [str(capability) for capability in gpu.capabilities],
            "coverage": gpu.kind,
            "via": gpu.via.sm if gpu.kind == "sass" else gpu.via.compute,
        }
        for gpu in header.gpus
    ]
    if header.is_for_any_gpu:
        table["any-gpu"] = True
    if header.sources:
        table["sources"] = [{"name": source.project, "metadata": source.metadata} for source in header.sources]
    return table


def parse_own_table(text: str) -> LockHeader:
    """Read the table from the text of a pylock; `tests/data/lock/pylock.gtx-1080-ti.toml` is a sample.

    Raises the codes of `parse_header`: `lock-header-missing`, `lock-format-unknown`, `lock-header-broken`.
    """
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        raise GpuenvError("lock-header-broken", line=str(error)) from error
    tool = document.get("tool")
    table = tool.get("gpuenv") if isinstance(tool, Mapping) else None
    if not isinstance(table, Mapping):
        raise GpuenvError("lock-header-missing")
    if table.get("format") != FORMAT:
        raise GpuenvError("lock-format-unknown", format=str(table.get("format")), known=FORMAT)
    try:
        return header_from_fields(_fields(table))
    except (KeyError, TypeError, AttributeError) as error:
        raise GpuenvError("lock-header-broken", line=f"[tool.gpuenv] {error}") from error


def _fields(table: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the values as the lines of a requirements file's header have them."""
    gpus = [
        f"{gpu['name']}; {' or '.join(gpu['compute-capability'])}; {gpu['coverage']} {gpu['via']}"
        for gpu in table["gpus"]
    ]
    versions = "".join(f"; {name} {table[name]}" for name in ("glibc", "macos") if name in table)
    fields = {
        "gpu": gpus or ["any" if table.get("any-gpu") is True else "none"],
        "platform": [f"{table['platform']}{'; wsl' if table.get('wsl') else ''}{versions}"],
        "python": [table["python"]],
        "matrix": [table["matrix"]],
    }
    if "sources" in table:
        fields["source"] = [f"{source['name']}; {source['metadata']}" for source in table["sources"]]
    if "driver" in table:
        fields["driver"] = [table["driver"]]
    if "torch" in table:
        fields["torch"] = [f"{table['torch']}{'; ' + table['tag'] if 'tag' in table else ''}"]
    return fields
