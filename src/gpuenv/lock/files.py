"""Lists the files that a resolution of the engine comes down to: one wheel, or one source archive, a line."""

from __future__ import annotations

from dataclasses import field
from pathlib import PurePath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from gpuenv.errors import GpuenvError
from gpuenv.models.execution import LockedPackage
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
    from packaging.version import Version

_NETWORK: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One file that a lock names."""

    project: str
    version: Version
    filename: str
    location: str = field(repr=False)
    """Its address or path as the engine found it: may hold credentials."""
    sha256: str
    size_bytes: int | None = None

    @property
    def is_source(self) -> bool:
        """Whether it is a source archive, which every machine builds for itself."""
        return not self.filename.endswith(".whl")

    @property
    def is_local(self) -> bool:
        """Whether it lies in a folder that other machines do not have."""
        return not self.location.startswith(_NETWORK)

    @property
    def folder(self) -> str:
        """Where it lies, without the file name and credentials: an address or a path."""
        if self.is_local:
            path = urlsplit(self.location).path if self.location.startswith("file:") else self.location
            return str(PurePath(unquote(path)).parent)
        return redact_url(self.location).rpartition("/")[0]


def locked_files(pylock: Pylock) -> tuple[LockedFile, ...]:
    """List the files by project and name: the wheels of each package, or its source archive where it has none.

    Raises `lock-not-from-index` for a package that came by an address or from a folder of sources,
    `lock-hash-missing`, and `lock-wheel-two-hashes` where two places have one file with different content.
    """
    found: dict[str, LockedFile] = {}
    without = []
    for package in pylock.packages:
        for file in _files_of(package):
            if not file.sha256:
                without.append(file.project)
                continue
            known = found.get(file.filename)
            if known is None or (known.is_local and not file.is_local and known.sha256 == file.sha256):
                found[file.filename] = file
            elif known.sha256 != file.sha256:
                raise two_hashes(known.filename, known.folder, file.folder)
    if without:
        raise GpuenvError("lock-hash-missing", packages=tuple(dict.fromkeys(without)))
    return tuple(sorted(found.values(), key=lambda file: (file.project, file.filename)))


def two_hashes(filename: str, first: str, second: str) -> GpuenvError:
    """Make the error for one wheel that two places have with different content."""
    return GpuenvError("lock-wheel-two-hashes", wheel=filename, first=first, second=second)


def locked_packages(files: Iterable[LockedFile]) -> tuple[LockedPackage, ...]:
    """Gather the files by package, as every format lists them."""
    versions: dict[tuple[str, Version], list[str]] = {}
    for file in files:
        versions.setdefault((file.project, file.version), []).append(f"sha256:{file.sha256}")
    return tuple(
        LockedPackage(project=project, version=version, hashes=tuple(sorted(hashes)))
        for (project, version), hashes in sorted(versions.items(), key=lambda found: found[0])
    )


def local_folders(files: Iterable[LockedFile]) -> Mapping[str, str]:
    """Name the folder of each project that no index has."""
    return {file.project: file.folder for file in files if file.is_local}


def _files_of(package: Package) -> Iterator[LockedFile]:
    if package.archive is not None or package.vcs is not None or package.directory is not None:
        raise GpuenvError("lock-not-from-index", project=package.name)
    if package.wheels:
        for wheel in package.wheels:
            yield _file(package, wheel, parse_wheel_filename(wheel.filename)[1])
    elif package.sdist is not None:
        yield _file(package, package.sdist, parse_sdist_filename(package.sdist.filename)[1])


def _file(package: Package, made: PackageWheel | PackageSdist, version: Version) -> LockedFile:
    return LockedFile(
        project=package.name,
        version=package.version or version,
        filename=made.filename,
        location=made.url or made.path or "",
        # Weaker digests protect nobody.
        sha256=made.hashes.get("sha256", ""),
        size_bytes=made.size,
    )


def check_pins(pins: Sequence[tuple[str, Version, str]], packages: Iterable[LockedPackage]) -> None:
    """Check that the engine kept to what was chosen: (project, version, requirement).

    Raises `lock-pin-not-resolved`.
    """
    resolved = {package.project: package.version for package in packages}
    for project, version, requirement in pins:
        found = resolved.get(project)
        if found != version:
            raise GpuenvError("lock-pin-not-resolved", requirement=requirement, found=str(found) if found else None)
