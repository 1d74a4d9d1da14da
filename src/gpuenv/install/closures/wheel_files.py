"""Asks uv's cache which files a plan takes: hashes, sizes and addresses, without the network."""

from __future__ import annotations

import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.compiled import parse_compiled
from gpuenv.install.engines.generated_project import project_text
from gpuenv.install.engines.index_access import index_access
from gpuenv.install.engines.protocol import exact
from gpuenv.install.engines.uv import files_argv, find_uv, install_argv
from gpuenv.models.execution import LockedPackage
from gpuenv.models.value import dataclass
from gpuenv.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.install.engines.index_access import IndexAccess
    from gpuenv.models.plan import Install
    from gpuenv.models.settings import IndexSettings

_TO_DOWNLOAD: Final = re.compile(r"^Would download (\d+) packages?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFiles:
    """What is known of the files of a plan."""

    packages: tuple[LockedPackage, ...] = ()
    """With hashes, sizes and addresses, as far as the index pages tell."""
    to_download: int | None = None
    """How many wheels uv's cache lacks; None where it cannot tell, for lack of their index pages."""


def find_files(
    steps: Sequence[Install], *, python: Path, settings: IndexSettings, environ: Mapping[str, str]
) -> WheelFiles:
    """Look up the files of these exact versions in uv's cache: in the index pages and wheels that it holds.

    To be asked after a resolution, whose pages are in the cache then: nothing is fetched. A page without hashes leaves
    hashes only for the others; pages that are not there leave nothing.
    """
    access = index_access(settings, environ, tuple(step.pin for step in steps if step.pin is not None))
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder, ThreadPoolExecutor(1) as beside:
        project = Path(folder, "pyproject.toml")
        project.write_text(project_text([exact(step) for step in steps], access.explicit), encoding="utf-8")
        question = _Question(uv=find_uv(environ), project=project, python=python, access=access)
        missing = beside.submit(question.to_download)
        return WheelFiles(packages=question.packages(), to_download=missing.result())


def to_download(
    steps: Sequence[Install], *, python: Path, settings: IndexSettings, environ: Mapping[str, str]
) -> int | None:
    """How many wheels of these steps uv's cache lacks; None where it cannot tell."""
    access = index_access(settings, environ, tuple(step.pin for step in steps if step.pin is not None))
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder:
        project = Path(folder, "pyproject.toml")
        project.write_text(project_text([exact(step) for step in steps], access.explicit), encoding="utf-8")
        return _Question(uv=find_uv(environ), project=project, python=python, access=access).to_download()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is put to uv, offline."""

    uv: Path
    project: Path
    python: Path
    access: IndexAccess

    def packages(self) -> tuple[LockedPackage, ...]:
        for as_pylock in (True, False):
            argv = files_argv(
                self.uv, self.project, python=self.python, indexes=self.access.arguments, as_pylock=as_pylock
            )
            result = run(argv, env=self.access.environ, cwd=self.project.parent)
            if result.succeeded:
                return parse_pylock(result.stdout) if as_pylock else parse_compiled(result.stdout)
        return ()

    def to_download(self) -> int | None:
        argv = install_argv(
            self.uv,
            (self.project,),
            python=self.python,
            constraints=(),
            indexes=self.access.arguments,
            is_offline=True,
            is_dry=True,
        )
        result = run(argv, env=self.access.environ, cwd=self.project.parent)
        return parse_to_download(result.stderr) if result.succeeded else None


def parse_pylock(text: str) -> tuple[LockedPackage, ...]:
    """Read the packages of the `pylock.toml` that uv prints. Sample: tests/data/install/uv-pylock.toml."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only where something is installed
    else:
        import tomli as tomllib  # noqa: PLC0415 - as above
    try:
        read: Any = tomllib.loads(text)
        packages = read.get("packages", [])
        return tuple(_package(package) for package in packages if "version" in package)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise GpuenvError("compiled-not-understood", line=str(error)) from error


def _package(package: Mapping[str, Any]) -> LockedPackage:
    wheels = package.get("wheels", [])
    files = [*wheels, *(package[kind] for kind in ("sdist", "archive") if kind in package)]
    chosen = wheels[0] if len(wheels) == 1 else {}
    return LockedPackage(
        project=canonicalize_name(package["name"]),
        version=Version(package["version"]),
        hashes=tuple(sorted({found for file in files for found in _hashes(file)})),
        size_bytes=chosen.get("size"),
        url=chosen.get("url"),
    )


def _hashes(file: Mapping[str, Any]) -> Iterator[str]:
    digest = file.get("hashes", {}).get("sha256")
    if digest:
        yield f"sha256:{digest}"


def parse_to_download(text: str) -> int:
    r"""Read how many packages a dry run would download.

    >>> parse_to_download("Resolved 2 packages in 1ms\nWould download 1 package\nWould install 2 packages\n")
    1
    """
    found = _TO_DOWNLOAD.search(text)
    return int(found[1]) if found is not None else 0
