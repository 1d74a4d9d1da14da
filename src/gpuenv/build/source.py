"""Tells what a source is: a folder, an archive, a repository, or a requirement."""

from __future__ import annotations

import re
import tarfile
import zipfile
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.build.tree import make_writable
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.progress import Reporter

_GIT: Final = re.compile(
    r"(?:[\w.\[\]-]+\s*@\s*)?git\+(?P<url>[^#]+?)(?:@(?P<revision>[^@/#:]+))?(?:#(?P<fragment>\S*))?", re.ASCII
)
_ARCHIVES: Final = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """A folder on this machine."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceArchive:
    """An sdist on this machine."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """A repository, with its submodules."""

    url: str
    revision: str | None = None
    subdirectory: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSource:
    """A requirement, whose sdist the user's own indexes have."""

    requirement: Requirement


Source: TypeAlias = "SourceTree | SourceArchive | GitSource | NamedSource"


def parse_source(text: str, cwd: Path) -> Source:
    """Read `./fast`, `fast-1.0.tar.gz`, `git+https://host/fast@v1#subdirectory=python`, or `fast==1.0`.

    What is there as a folder or file is that. Raises the usage errors `source-is-application`, `source-not-understood`.
    """
    path = cwd / text
    if path.is_dir():
        return SourceTree(path=path)
    if text.endswith(_ARCHIVES) and path.is_file():
        return SourceArchive(path=path)
    found = _GIT.fullmatch(text.strip())
    if found is not None:
        places = dict(part.partition("=")[::2] for part in (found["fragment"] or "").split("&"))
        return GitSource(url=found["url"], revision=found["revision"], subdirectory=places.get("subdirectory") or None)
    if text.startswith("app:"):
        raise UsageError("source-is-application", source=text)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise UsageError("source-not-understood", source=text) from error
    if requirement.url is not None:
        raise UsageError("source-not-understood", source=text)
    return NamedSource(requirement=requirement)


def name_of(source: Source, text: str) -> str:
    """Guess the canonical name of the package: stated, or that of the repository, the archive, the folder.

    >>> name_of(GitSource(url="https://host/a/simple_knn.git"), "git+https://host/a/simple_knn.git")
    'simple-knn'
    """
    match source:
        case NamedSource():
            return str(canonicalize_name(source.requirement.name))
        case GitSource():
            stated = text.partition("@")[0].strip() if " @ " in text else ""
            name = stated.partition("[")[0] or source.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
            return str(canonicalize_name(name))
        case SourceArchive():
            return str(canonicalize_name(re.split(r"-\d", source.path.name)[0]))
        case SourceTree():
            return str(canonicalize_name(source.path.resolve().name))


def clone_argv(source: GitSource, folder: Path) -> tuple[tuple[str, ...], ...]:
    """The commands that bring a repository and its submodules into a folder, at the revision."""
    git = ("git", "-C", str(folder))
    return (
        ("git", "clone", *(() if source.revision else ("--depth", "1")), "--", source.url, str(folder)),
        *(((*git, "checkout", "--detach", source.revision),) if source.revision else ()),
        (*git, "submodule", "update", "--init", "--recursive", "--depth", "1"),
    )


def clone(source: GitSource, folder: Path, *, environ: Mapping[str, str], reporter: Reporter) -> Path:
    """Fetch a repository; gives the folder to build in. Raises `git-failed`, `program-not-found`."""
    from gpuenv.process import stream  # noqa: PLC0415 - only for repositories

    quiet = {**environ, "GIT_TERMINAL_PROMPT": "0"}
    for argv in clone_argv(source, folder):
        ran = stream(argv, env=quiet, on_line=reporter.output)
        if not ran.succeeded:
            said = ran.stdout.strip().splitlines()[-3:]
            raise GpuenvError("git-failed", url=_without_credentials(source.url), detail=" ".join(said))
    return folder / source.subdirectory if source.subdirectory else folder


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an sdist; gives the one folder in it. Raises `archive-unreadable`, also for names that lead outside."""
    try:
        if archive.name.endswith(".zip"):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)  # noqa: S202 - zipfile keeps members inside
        else:
            with tarfile.open(archive) as packed_tar:
                packed_tar.extractall(folder, members=_inside(packed_tar, folder))  # noqa: S202 - members are checked
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise GpuenvError("archive-unreadable", path=str(archive), detail=str(error)) from error
    make_writable(folder)
    inside = [path for path in folder.iterdir() if path.is_dir()]
    return inside[0] if len(inside) == 1 else folder


def _inside(packed: tarfile.TarFile, folder: Path) -> list[tarfile.TarInfo]:
    """List the members; raises `tarfile.TarError` for one that would lie, or lead, outside of the folder."""
    root = folder.resolve()
    for member in packed.getmembers():
        place = root / member.name
        leads = place.parent / member.linkname if member.issym() else root / member.linkname
        targets = (place, leads) if member.issym() or member.islnk() else (place,)
        if member.isdev() or any(not _lies_in(target, root) for target in targets):
            raise tarfile.TarError(member.name)
    return packed.getmembers()


def _lies_in(path: Path, root: Path) -> bool:
    resolved = path.resolve()
    return resolved == root or root in resolved.parents


def _without_credentials(url: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]+@", "", url)
