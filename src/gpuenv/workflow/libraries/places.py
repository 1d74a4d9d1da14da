"""Reads the files, folders, wheels and URLs that a user names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.library import read_code_objects
from gpuenv.errors import GpuenvError
from gpuenv.models.binaries import InspectedFile
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings

_ZIP_MAGIC: Final = b"PK\x03\x04"


class InspectedPlaces:
    """The files that were read so far."""

    def __init__(self, *, surroundings: Surroundings, reporter: Reporter, is_thorough: bool) -> None:
        """`is_thorough`: read all of a remote wheel."""
        self._surroundings = surroundings
        self._reporter = reporter
        self._is_thorough = is_thorough
        self.files: list[InspectedFile] = []
        self.named: set[str] = set()
        """Files that the user named: shown also if they hold no GPU code."""
        self.notes: list[Notice] = []
        self.bytes_fetched: int | None = None

    def read(self, place: str) -> None:
        """Read a file, folder, wheel or URL."""
        scheme = place.partition(":")[0].lower()
        if scheme in {"http", "https"}:
            self._read_url(place)
            return
        if scheme == "file":
            place = _local_path(place)
        path = self._surroundings.cwd / Path(place).expanduser()
        if not path.exists():
            raise _not_there(path, place)
        if path.is_dir():
            self._read_folder(path, place)
        elif not path.is_file():  # a pipe would be waited for, a device read without end
            raise GpuenvError("binary-format-unknown", path=str(path))
        elif _is_zip(path):
            self._read_wheel(path, place)
        else:
            self.named.add(place)
            self.files.append(InspectedFile(path=place, distribution=None, summary=read_code_objects(path)))

    def _read_folder(self, folder: Path, place: str) -> None:
        """Read what is found, also the wheels that lie in it: one that is damaged does not end the search."""
        from gpuenv.binaries.environment_libraries import native_files  # noqa: PLC0415 - not for one file

        for found in sorted(native_files(folder)):
            path = Path(found)
            try:
                summary = read_code_objects(path)
            except GpuenvError as error:
                if error.code != "binary-format-unknown":
                    self.notes.append(Notice.of(error.code, **error.context))
                continue
            shown = str(Path(place, path.relative_to(folder)))
            self.files.append(InspectedFile(path=shown, distribution=None, summary=summary))
        for wheel in sorted(folder.glob("*.whl")):
            self._read_found_wheel(wheel, str(Path(place, wheel.name)))

    def _read_found_wheel(self, path: Path, place: str) -> None:
        try:
            self._read_wheel(path, place)
        except GpuenvError as error:
            self.notes.append(Notice.of(error.code, **error.context))

    def _read_wheel(self, path: Path, place: str) -> None:
        from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415 - as above

        try:
            with path.open("rb") as file:
                self.files += read_wheel(file, place)
        except OSError as error:
            raise GpuenvError("file-unreadable", path=str(path), detail=error.strerror or str(error)) from error

    def _read_url(self, url: str) -> None:
        from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - as above

        from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415 - as above
        from gpuenv.index.remote_file import RemoteFile  # noqa: PLC0415 - as above
        from gpuenv.models.settings import redact_url  # noqa: PLC0415 - as above
        from gpuenv.project.folders import cache_folder  # noqa: PLC0415 - as above
        from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415 - as above
        from gpuenv.workflow.libraries.kept_wheels import (  # noqa: PLC0415 - as above
            KeptWheels,
            RemoteWheel,
            directory_digest,
        )

        shown = redact_url(url)
        self._reporter.stage("reading-remote-wheel", url=shown)
        name = unquote(urlsplit(shown)._replace(query="", fragment="").geturl())
        with RemoteFile(url, read_index_settings(self._surroundings, venv=None)) as file:
            digest = directory_digest(file)  # type: ignore[arg-type] # an io.RawIOBase has all that zipfile asks for
            wheel = RemoteWheel(url=name, digest=digest, size=file.size)
            known = KeptWheels(folder=cache_folder(self._surroundings) / "wheels")
            kept = known.load(wheel, is_thorough=self._is_thorough) if wheel.digest else None
            if kept is None:
                kept = read_wheel(
                    file,  # type: ignore[arg-type] # an io.RawIOBase has all that zipfile asks of a BinaryIO
                    name,
                    is_thorough=self._is_thorough,
                    fetched=lambda: file.bytes_fetched,
                )
                if wheel.digest:
                    known.store(wheel, kept, is_thorough=self._is_thorough)
            self.files += kept
            self.bytes_fetched = (self.bytes_fetched or 0) + file.bytes_fetched
            if file.is_downloaded:
                self.notes.append(Notice.of("remote-file-without-ranges", url=shown, bytes=file.bytes_fetched))


def _not_there(path: Path, place: str) -> GpuenvError:
    """Make the error of a path that is not there: with what lies beside where it would be."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip of the finger

    from gpuenv.binaries.filenames import is_native  # noqa: PLC0415 - as above
    from gpuenv.models.typed_command import quoted  # noqa: PLC0415 - as above

    folder = next(parent for parent in path.parents if parent.is_dir())
    try:
        beside = folder.iterdir() if folder == path.parent else ()
        files = [one for one in beside if one.exists()]  # a link that leads nowhere is not what was meant
        names = [one.name for one in files if one.is_dir() or one.suffix == ".whl" or is_native(one.name)]
    except OSError:
        names = []
    near = get_close_matches(path.name, names, n=1, cutoff=0.6)
    return GpuenvError(
        "inspected-file-not-found",
        path=place,
        near=quoted(str(Path(place).parent / near[0])) if near else None,
        folder=quoted(str(folder)),
    )


def _local_path(url: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415 - not for a path
    from urllib.request import url2pathname  # noqa: PLC0415 - it brings a whole HTTP client

    return url2pathname(urlsplit(url).path)


def _is_zip(path: Path) -> bool:
    if path.suffix in {".whl", ".zip"}:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    except OSError:
        return False  # the reader of libraries tells what is wrong with it
