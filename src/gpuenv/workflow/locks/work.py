"""What every format of a lock is made from, and what is made of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.models.index import PYTORCH_INDEX_URL, SourceKind
from gpuenv.models.platform import DEFAULT_MACOS, Platform
from gpuenv.models.value import dataclass
from gpuenv.workflow.plan import interpreter

if TYPE_CHECKING:
    from gpuenv.errors import ContextValue
    from gpuenv.lock.differences import Difference
    from gpuenv.lock.files import LockedFile
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.locks.options import LockFormat, LockOptions
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.resolution import Resolved

NETWORK: Final = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A resolution on its way to become a lock."""

    resolved: Resolved
    resolution: Resolution
    """With the sources that are read."""
    target: Target
    options: Options
    asked: LockOptions
    known: tuple[LockedPackage, ...]
    """What is pinned so far."""
    surroundings: Surroundings
    reporter: Reporter
    path: Path | None
    """The file that it is for."""

    @property
    def public(self) -> Resolution:
        """The resolution with the sources that the file names."""
        return at_canonical_indexes(self.resolution, is_named=self.names_an_index)

    @property
    def names_an_index(self) -> bool:
        """Whether this very command names an index by its address."""
        return self.options.indexes is not None and self.options.indexes.startswith(NETWORK)

    @property
    def others(self) -> tuple[str, ...]:
        """Requirements outside the family."""
        return self.resolved.request.others if self.resolved.request is not None else ()

    @property
    def constraints(self) -> tuple[str, ...]:
        """Limits on what is outside the family."""
        stated = self.resolved.request.constraints if self.resolved.request is not None else ()
        return (*self.resolution.constraints, *stated)

    @property
    def interpreter(self) -> Path:
        """The interpreter that uv runs with."""
        return interpreter(self.options) if self.options.python is not None else Path(sys.executable)

    @property
    def vendor(self) -> Path | None:
        """The folder for copies of every file."""
        return self.surroundings.cwd / self.asked.vendor if self.asked.vendor is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The text of one format, and what else there is to say of it."""

    text: str
    packages: tuple[LockedPackage, ...] = ()
    files: tuple[LockedFile, ...] = ()
    extra: str | None = None
    """The extra of the uv project that was written."""
    beside: tuple[tuple[str, str], ...] = ()
    """Further files that go with it: name and text."""
    notes: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A resolution or conflict, and the lock where there is something to lock."""

    resolved: Resolved
    text: str | None = None
    """None on conflict."""
    packages: tuple[LockedPackage, ...] = ()
    files: tuple[LockedFile, ...] = ()
    path: Path | None = None
    """The file; None where the text is only handed out."""
    is_changed: bool = False
    """Whether a file was written: one that holds this very text is left alone."""
    file_format: LockFormat = "requirements"
    extra: str | None = None
    """The extra of the uv project that was written."""
    beside: tuple[tuple[str, str], ...] = ()
    """Further files that go with it: name and text."""
    notes: tuple[Notice, ...] = ()
    """What the reader has to know of this file."""
    differences: tuple[Difference, ...] | None = None
    """In what the files differ from what they would be now; None where that was not asked."""
    vendored: Vendored | None = None

    @property
    def lock_file(self) -> Path | None:
        """What `gpuenv install --locked` takes: beside a Dockerfile its lock; None for a uv project."""
        if self.path is None or self.file_format == "uv":
            return None
        return self.path.parent / self.beside[0][0] if self.file_format == "docker" else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendored:
    """What became of the folder of copies."""

    folder: Path
    files: int
    size_bytes: int
    downloaded: int
    """How many of the files were not there yet."""

    @property
    def facts(self) -> dict[str, ContextValue]:
        """The numbers by name."""
        return {
            "folder": str(self.folder),
            "files": self.files,
            "downloaded": self.downloaded,
            "megabytes": max(1, round(self.size_bytes / 1e6)),
        }


def portable(settings: IndexSettings) -> IndexSettings:
    """Leave out the user's own folders: what lies only there would make a lock that no other machine can install."""
    return replace(
        settings,
        find_links=tuple(place for place in settings.find_links if place.startswith(NETWORK)),
        extra_index_urls=tuple(url for url in settings.extra_index_urls if url.startswith(NETWORK)),
    )


def described(target: Target, options: Options, surroundings: Surroundings) -> Target:
    """Take nothing of this machine into a platform that is named: the lock is then the same wherever it is made."""
    name = target.platform.name
    if options.platform is None and not name.startswith("macos"):
        return target
    glibc = Platform(name=name).effective_glibc
    macos = _macos(surroundings) if name.startswith("macos") else None
    return replace(target, platform=Platform(name=name, glibc=glibc, macos=macos))


def _macos(surroundings: Surroundings) -> tuple[int, int]:
    """The oldest macOS to be served: the variable by which every builder is told, else what torch itself needs."""
    major, _, minor = surroundings.environ.get("MACOSX_DEPLOYMENT_TARGET", "").partition(".")
    return (int(major), int(minor) if minor.isdigit() else 0) if major.isdigit() else DEFAULT_MACOS


def at_canonical_indexes(resolution: Resolution, *, is_named: bool) -> Resolution:
    """Name PyTorch's own index in place of the user's mirror of it, unless this very command names the mirror.

    A lock is for every machine; who is behind a mirror has set that up there.
    """
    if is_named:
        return resolution
    return replace(
        resolution,
        pins=tuple(
            replace(pin, source=replace(pin.source, location=PYTORCH_INDEX_URL))
            if pin.source.kind is SourceKind.PYTORCH and (pin.source.location or "").startswith(NETWORK)
            else pin
            for pin in resolution.pins
        ),
    )
