"""Reads what a project says to gpuenv: `[tool.gpuenv]` in pyproject.toml, or gpuenv.toml."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gpuenv.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

_OWN_FILE: Final = "gpuenv.toml"
_PROJECT_FILE: Final = "pyproject.toml"
_KEYS: Final = ("requirements", "targets", "indexes", "channel", "verify")
_VERIFY_KEYS: Final = ("commands",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """The table of one project. () and None: nothing is said."""

    file: str
    """The file that it stands in."""
    requirements: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """As `--target` takes them: the machines that `lock` writes files for."""
    indexes: str | None = None
    channel: Literal["stable", "nightly"] | None = None
    verify_commands: tuple[str, ...] = ()
    """Commands of the project's own that prove that it works."""


def read_project_table(cwd: Path) -> ProjectTable | None:
    """Read the table of the project in that folder: gpuenv.toml if there is one, else pyproject.toml's table.

    None where neither says anything. Raises `UsageError`: `project-file-unreadable`, `project-file-not-toml` (with
    the place), `project-table-unknown-key`, `project-table-wrong-type`, `project-table-wrong-value`.
    """
    for name in (_OWN_FILE, _PROJECT_FILE):
        path = cwd / name
        try:
            text = path.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("project-file-unreadable", file=str(path), detail=str(error)) from error
        table = parse_project_table(text, file=str(path), is_own_file=name == _OWN_FILE)
        if table is not None:
            return table
    return None


def parse_project_table(text: str, *, file: str, is_own_file: bool) -> ProjectTable | None:
    """Read the text of a gpuenv.toml, or of a pyproject.toml. Sample: tests/data/project/gpuenv.toml."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError("project-file-not-toml", file=file, detail=str(error)) from error
    if is_own_file:
        return _table(_Table(file=file, prefix="", values=document))
    tools = document.get("tool", {})
    if not isinstance(tools, dict) or "gpuenv" not in tools:
        return None
    own = _Table(file=file, prefix="tool", values=tools).table("gpuenv")
    return _table(own)


def _table(values: _Table) -> ProjectTable:
    values.refuse_others(_KEYS)
    verify = values.table("verify")
    verify.refuse_others(_VERIFY_KEYS)
    channel = values.text("channel")
    if channel not in {None, "stable", "nightly"}:
        raise UsageError(
            "project-table-wrong-value", file=values.file, key=values.path("channel"), known=("stable", "nightly")
        )
    return ProjectTable(
        file=values.file,
        requirements=values.texts("requirements"),
        targets=values.texts("targets"),
        indexes=values.text("indexes"),
        channel="nightly" if channel == "nightly" else "stable" if channel == "stable" else None,
        verify_commands=verify.texts("commands"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A TOML table that knows where it stands."""

    file: str
    prefix: str
    values: dict[str, Any]

    def path(self, key: str) -> str:
        return f"{self.prefix}.{key}" if self.prefix else key

    def refuse_others(self, known: tuple[str, ...]) -> None:
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1) or known
                raise UsageError("project-table-unknown-key", file=self.file, key=self.path(key), near=tuple(near))

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "table")
        return _Table(file=self.file, prefix=self.path(key), values=value)

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "string")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self._wrong(key, "array of strings")
        return tuple(value)

    def _wrong(self, key: str, expected: str) -> UsageError:
        return UsageError("project-table-wrong-type", file=self.file, key=self.path(key), expected=expected)
