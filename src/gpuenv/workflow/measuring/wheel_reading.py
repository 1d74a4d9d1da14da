"""Opens a wheel where it lies, and reads what is asked of every unknown one: its code, its small files, its pins."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from gpuenv.models.matrix import Evidence, Provenance
from gpuenv.models.platform import PythonVersion

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

    from gpuenv.models.binaries import MainSet
    from gpuenv.models.index import IndexedWheel, ProjectPage
    from gpuenv.models.settings import IndexSettings

_INTERPRETER: Final = re.compile(r"cp3(\d+)")


@contextmanager
def opened(url: str, settings: IndexSettings) -> Iterator[Any]:
    """Open a wheel: a file on this machine, or one on a server that is read in stretches."""
    from gpuenv.index.folder import folder_of  # noqa: PLC0415 - only where there is something to measure
    from gpuenv.index.remote_file import RemoteFile  # noqa: PLC0415

    path = folder_of(url)
    if path is not None:
        with path.open("rb") as local:
            yield local
    else:
        with RemoteFile(url, settings) as remote:
            yield remote


def main_sets(file: IO[bytes], shown: str, library: re.Pattern[str]) -> list[MainSet]:
    """Read the libraries whose code is that of the build; where a wheel names them otherwise, every library.

    Not more is read than tells the main set.
    """
    from gpuenv.binaries.main_set import main_set  # noqa: PLC0415 - only where there is something to measure
    from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415

    files = read_wheel(
        file,  # type: ignore[arg-type] # an io.RawIOBase has all that zipfile asks of a BinaryIO
        shown,
        is_thorough=False,
        wanted=lambda path: library.fullmatch(path) is not None,
    )
    if not any(found.summary.objects for found in files):
        files = read_wheel(file, shown, is_thorough=False)  # type: ignore[arg-type] # as above
    return [main_set(found.summary) for found in files]


def member_text(archive: zipfile.ZipFile, name: str) -> str:
    """Read a small member; empty where the wheel has none of that name."""
    return archive.read(name).decode(errors="replace") if name in archive.namelist() else ""


def metadata_of(archive: zipfile.ZipFile) -> str:
    """Read METADATA."""
    return member_text(archive, next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), ""))


def requirements_of(metadata: str) -> list[Requirement]:
    """Read `Requires-Dist` of METADATA; lines that do not parse say nothing."""
    found = []
    for line in metadata.partition("\n\n")[0].splitlines():
        if line.startswith("Requires-Dist:"):
            try:
                found.append(Requirement(line.partition(":")[2].strip()))
            except InvalidRequirement:
                continue
    return found


def pythons_of(page: ProjectPage, wheel: IndexedWheel) -> list[PythonVersion]:
    """List the Pythons for which the page has wheels of the same version and platform, ascending."""
    platforms = {tag.platform for tag in wheel.tags}
    minors = {
        int(found[1])
        for other in page.wheels
        if other.version == wheel.version
        for tag in other.tags
        if tag.platform in platforms and (found := _INTERPRETER.fullmatch(tag.interpreter)) is not None
    }
    return [PythonVersion(major=3, minor=minor) for minor in sorted(minors)]


def provenance_of(wheel: IndexedWheel, today: str) -> Provenance:
    """Say what was read."""
    return Provenance(
        evidence=Evidence.BINARY_PARTIAL,
        source=f"{wheel.filename} sha256 {wheel.sha256 or '-'}: measured by gpuenv",
        verified=today,
    )
