"""Reads pip's configuration files and variables as they stand: which there are, and what each says."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.models.surroundings import Surroundings

System: TypeAlias = Literal["linux", "darwin", "win32"]

ENVIRONMENT: Final = ":env:"
"""The section that pip puts its environment variables into."""
_NOT_OPTIONS: Final = frozenset({"version", "help"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PipValue:
    """One setting as one place states it."""

    section: str
    """`global`, `install`, or `ENVIRONMENT`."""
    name: str
    """As on pip's command line, without dashes in front: `extra-index-url`."""
    text: str
    origin: str
    """The file's path, or `environment variable PIP_...`."""


def read_pip_values(surroundings: Surroundings, *, system: System, venv: Path | None) -> tuple[PipValue, ...]:
    """Read every place that pip would read, in pip's order: what comes later overrides.

    `venv` is the environment whose pip is meant: it can have a file of its own. Raises
    `pip-configuration-unreadable` for a file that pip would refuse as well.
    """
    values: list[PipValue] = []
    for path in pip_files(surroundings, system=system, venv=venv):
        text = _text_of(path)
        if text is not None:
            values += parse_pip_file(text, str(path))
    return (*values, *_values_of_variables(surroundings.environ))


def pip_files(surroundings: Surroundings, *, system: System, venv: Path | None) -> tuple[Path, ...]:
    """List the files that pip reads, in its order, whether they exist or not.

    Source: pip's documentation, "Configuration", with pip's own choice of folders per system. `PIP_CONFIG_FILE` comes
    last and takes the place of the user's files; as the null device it switches every file off.
    """
    environ = surroundings.environ
    name = "pip.ini" if system == "win32" else "pip.conf"
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return ()
    files = [folder / name for folder in _global_folders(environ, system)]
    if not (chosen and (surroundings.cwd / chosen).exists()):
        legacy = surroundings.home / ("pip" if system == "win32" else ".pip")
        files += [legacy / name, _user_folder(surroundings, system) / name]
    if venv is not None:
        files.append(venv / name)
    if chosen:
        files.append(surroundings.cwd / chosen)
    return tuple(files)


def parse_pip_file(text: str, origin: str) -> Iterator[PipValue]:
    """Read the text of a `pip.conf`. Sample: tests/data/project/pip.conf."""
    import configparser  # noqa: PLC0415 - only where there is such a file

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, source=origin)
    except configparser.Error as error:
        detail = str(error).partition("\n")[0]
        raise GpuenvError("pip-configuration-unreadable", file=origin, detail=detail) from error
    for section in parser.sections():
        for name, value in parser.items(section):
            yield PipValue(section=section, name=_option_name(name), text=value or "", origin=origin)


def _values_of_variables(environ: Mapping[str, str]) -> Iterator[PipValue]:
    for variable, value in environ.items():
        if variable.startswith("PIP_"):
            name = _option_name(variable.removeprefix("PIP_"))
            if name not in _NOT_OPTIONS:
                yield PipValue(section=ENVIRONMENT, name=name, text=value, origin=f"environment variable {variable}")


def _option_name(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _global_folders(environ: Mapping[str, str], system: System) -> tuple[Path, ...]:
    match system:
        case "win32":
            return (Path(environ.get("PROGRAMDATA") or environ.get("ALLUSERSPROFILE") or "C:/ProgramData") / "pip",)
        case "darwin":
            return (Path("/Library/Application Support/pip"),)
        case "linux":
            listed = environ.get("XDG_CONFIG_DIRS", "").split(":")
            folders = [folder for folder in listed if PurePosixPath(folder).is_absolute()] or ["/etc/xdg"]
            return (*(Path(folder) / "pip" for folder in folders), Path("/etc"))


def _user_folder(surroundings: Surroundings, system: System) -> Path:
    environ, home = surroundings.environ, surroundings.home
    match system:
        case "win32":
            return Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "pip"
        case "darwin":
            own = home / "Library" / "Application Support" / "pip"
            return own if own.is_dir() else home / ".config" / "pip"
        case "linux":
            configured = environ.get("XDG_CONFIG_HOME", "")
            return (Path(configured) if PurePosixPath(configured).is_absolute() else home / ".config") / "pip"


def _text_of(path: Path) -> str | None:
    """Read a file; None where there is none that can be read, which pip passes over as well.

    pip reads it in the encoding of the locale (a Chinese Windows: cp936); most files are UTF-8 all the same.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        import locale  # noqa: PLC0415 - only for a file that is not UTF-8

        encoding = locale.getpreferredencoding(do_setlocale=False)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise GpuenvError("pip-configuration-unreadable", file=str(path), detail=str(error)) from error
