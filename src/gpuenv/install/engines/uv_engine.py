"""The engine uv, behind the protocol of engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from gpuenv.install.engines.generated_project import flat_locations, project_text
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.protocol import Command, exact, hash_options
from gpuenv.install.engines.uv import engine_environment, find_uv, install_argv, uninstall_argv
from gpuenv.install.engines.uv_failures import why_failed
from gpuenv.install.engines.uv_output import UvOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from gpuenv.install.engines.protocol import Order
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter


def _lies_in_folders(order: Order) -> bool:
    """Whether an installation without a network finds all its wheels in folders.

    uv then has to be kept from the index pages in its cache: where hashes are given it takes a file whose hash a page
    tells before the same file in a folder, and fails on fetching it.
    """
    if not order.is_offline:
        return False
    places = (*flat_locations(order.pins), *order.settings.find_links)
    folders = [Path(place) for place in places if "://" not in place]
    held = {read for folder in folders if folder.is_dir() for read in map(_read, folder.glob("*.whl")) if read}
    return all((step.project, step.version) in held for step in order.steps)


def _read(wheel: Path) -> tuple[NormalizedName, Version] | None:
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename:
        return None
    return name, version


def _talkative(environ: Mapping[str, str]) -> dict[str, str]:
    """Let uv tell of its downloads: without a terminal it prints their begin and end, on one it draws them."""
    told = {name: value for name, value in environ.items() if name != "UV_NO_PROGRESS"}
    return told | {"TERM": "xterm"}


class UvEngine:
    """uv: one command installs everything, and fetches all of it before it replaces anything."""

    name: Literal["uv"] = "uv"

    def __init__(self, python: Path, environ: Mapping[str, str]) -> None:
        """Find uv for the environment of that interpreter. Raises `uv-not-found`."""
        self._python = python
        self._environ = environ
        self._uv = find_uv(environ)

    def removal(self, projects: Sequence[str]) -> Command:
        """Make the command that removes these."""
        argv = uninstall_argv(self._uv, projects, python=self._python)
        return Command(argv=argv, environ=engine_environment(self._environ))

    def installation(self, order: Order, folder: Path) -> tuple[Command, ...]:
        """Make the one command that installs what is ordered."""
        settings = replace(order.settings, no_index=order.settings.no_index or _lies_in_folders(order))
        access = index_access(settings, self._environ, order.pins)
        project, hashes = folder / "pyproject.toml", folder / "hashes.txt"
        project.write_text(project_text([exact(step) for step in order.steps], access.explicit), encoding="utf-8")
        known = ((step, order.hashes_of(step)) for step in order.steps)
        hashes.write_text(
            "".join(f"{exact(step)}{hash_options(found)}\n" for step, found in known if found), encoding="utf-8"
        )

        argv = install_argv(
            self._uv,
            (project,),
            python=self._python,
            constraints=(str(hashes),),
            indexes=access.arguments,
            is_offline=order.is_offline,
        )
        return (Command(argv=argv, environ=_talkative(access.environ), can_draw=True),)

    def output(self, listener: Reporter, on_line: Callable[[str], None]) -> UvOutput:
        """Make what reads the output of one command."""
        return UvOutput(listener, on_line)

    def afterwords(self) -> tuple[str, ...]:
        """Nothing: uv says everything at once."""
        return ()

    def why_failed(self, output: str, *, exit_code: int) -> Notice:
        """Find the cause of a failure in what uv printed."""
        return why_failed(output, exit_code=exit_code)
