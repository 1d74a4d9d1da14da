"""Reads what a project says to gpuenv: `[tool.gpuenv]` in pyproject.toml, or gpuenv.toml."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, Literal

from gpuenv.errors import UsageError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

_OWN_FILE: Final = "gpuenv.toml"
_PROJECT_FILE: Final = "pyproject.toml"
_KEYS: Final = (
    *("requirements", "targets", "platforms", "pythons", "indexes", "channel", "extensions", "locks", "verify"),
    "applications",
)
_VERIFY_KEYS: Final = ("commands",)
_APPLICATION_KEYS: Final = ("requirements", "keep-out", "extensions", "require", "imports", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTable:
    """The table of one project. () and None: nothing is said."""

    file: str
    """The file that it stands in."""
    requirements: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """As `--target` takes them: the machines that `lock` writes files for."""
    platforms: tuple[str, ...] = ()
    """As `--platform` takes them."""
    pythons: tuple[str, ...] = ()
    """As `--python` takes them: `3.12`."""
    extensions: tuple[str, ...] = ()
    """Packages with CUDA code of their own: those that have no wheels are built on each machine."""
    locks: str | None = None
    """The folder of the locks, relative to the file."""
    indexes: str | None = None
    channel: Literal["stable", "nightly"] | None = None
    verify_commands: tuple[str, ...] = ()
    """Commands of the project's own that prove that it works."""
    applications: tuple[ApplicationTable, ...] = ()
    """Applications that the project knows itself, beside those of the matrix or in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationTable:
    """What `[tool.gpuenv.applications.NAME]` says. () : nothing is said."""

    name: str
    requirements: tuple[str, ...] = ()
    keep_out: tuple[str, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    """Packages that are compiled, each with what it is built from: `git+https://...`, a requirement, a folder."""
    require: tuple[str, ...] = ()
    """Capabilities that have to be proven, as `gpuenv verify --require` takes them."""
    imports: tuple[str, ...] = ()
    """Distributions that have to be importable."""
    settings: tuple[tuple[str, str], ...] = ()
    """Variables that it needs when it runs."""


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
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - most folders have no project
    else:
        import tomli as tomllib  # noqa: PLC0415 - as above
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
        platforms=values.texts("platforms"),
        pythons=values.texts("pythons"),
        extensions=values.texts("extensions"),
        locks=values.text("locks"),
        indexes=values.text("indexes"),
        channel="nightly" if channel == "nightly" else "stable" if channel == "stable" else None,
        verify_commands=verify.texts("commands"),
        applications=_applications(values.table("applications")),
    )


def _applications(values: _Table) -> tuple[ApplicationTable, ...]:
    found = []
    for name in values.values:
        table = values.table(name)
        table.refuse_others(_APPLICATION_KEYS)
        settings, extensions = table.table("settings"), table.table("extensions")
        found.append(
            ApplicationTable(
                name=name,
                requirements=table.texts("requirements"),
                keep_out=table.texts("keep-out"),
                extensions=tuple((name, extensions.text(name) or "") for name in extensions.values),
                require=table.texts("require"),
                imports=table.texts("imports"),
                settings=tuple((variable, settings.text(variable) or "") for variable in settings.values),
            )
        )
    return tuple(found)


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
                import difflib  # noqa: PLC0415 - only for a slip of the finger

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
