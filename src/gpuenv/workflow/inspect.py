"""Conducts `gpuenv inspect`: files, folders, wheels and URLs, or the environment's libraries; then the verdicts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from gpuenv.binaries.library import read_code_objects
from gpuenv.binaries.main_set import main_set
from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.binaries import InspectedFile, Inspection, JudgedFile
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Conflict
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options

_ZIP_MAGIC: Final = b"PK\x03\x04"


def inspect(
    places: Sequence[str],
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    has_target: bool,
    is_thorough: bool,
) -> Inspection | Conflict:
    """Read what is named, or every native library of the environment, and judge it for the target.

    `is_thorough`: read all of a remote wheel; of an environment, also tell which shared libraries nothing provides, and
    what its code generators can compile for.

    Raises `GpuenvError` for a file that was named and cannot be read; libraries found in folders are noted instead.
    """
    environment = None if places else _environment(options, surroundings)
    gpus = _gpus(options, environment, surroundings) if has_target else ()
    if not isinstance(gpus, tuple):
        return gpus
    collected = _Collected(surroundings=surroundings, reporter=reporter, is_thorough=is_thorough)
    if environment is not None:
        collected.read_environment(environment)
    for place in places:
        collected.read(place)
    inspection = _inspection(collected, gpus)
    return inspection if environment is None or not is_thorough else _completed(inspection, environment, surroundings)


def inspect_environment(
    environment: Environment, gpus: tuple[Gpu, ...], surroundings: Surroundings, reporter: Reporter
) -> Inspection:
    """Read every native library of an environment and judge it for some GPUs: the proof without a GPU."""
    collected = _Collected(surroundings=surroundings, reporter=reporter, is_thorough=False)
    collected.read_environment(environment)
    return _inspection(collected, gpus)


def _inspection(collected: _Collected, gpus: tuple[Gpu, ...]) -> Inspection:
    judged = _judged(collected.files, gpus)
    shown = [file for file in judged if file.file.summary.objects or file.file.path in collected.named]
    return Inspection(
        files=tuple(_worst_first(shown) if gpus else shown),
        gpus=tuple(gpu.name for gpu in gpus),
        examined=len(judged),
        uncovered=_uncovered(judged, gpus) if gpus else (),
        notes=tuple(collected.notes),
        bytes_fetched=collected.bytes_fetched,
    )


class _Collected:
    """The files that were read so far."""

    def __init__(self, *, surroundings: Surroundings, reporter: Reporter, is_thorough: bool) -> None:
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
        split = urlsplit(place)
        if split.scheme in {"http", "https"}:
            self._read_url(place)
            return
        if split.scheme == "file":
            place = unquote(split.path)
        path = self._surroundings.cwd / Path(place).expanduser()
        if path.is_dir():
            self._read_folder(path, place)
        elif _is_zip(path):
            self._read_wheel(path, place)
        else:
            self.named.add(place)
            self.files.append(InspectedFile(path=place, distribution=None, summary=read_code_objects(path)))

    def read_environment(self, environment: Environment) -> None:
        """Read every native library of an environment."""
        from gpuenv.binaries.environment_libraries import native_libraries  # noqa: PLC0415 - not for one file

        for path, distribution in native_libraries(environment.site_packages, environment.distributions):
            self._read_found(path, distribution, shown=str(path))

    def _read_folder(self, folder: Path, place: str) -> None:
        from gpuenv.binaries.environment_libraries import native_files  # noqa: PLC0415 - as above

        for found in sorted(native_files(folder)):
            path = Path(found)
            self._read_found(path, None, shown=str(Path(place, path.relative_to(folder))))

    def _read_found(self, path: Path, distribution: str | None, *, shown: str) -> None:
        """Read a library that was found and not named: one that is none, or is damaged, does not end the search."""
        try:
            summary = read_code_objects(path)
        except GpuenvError as error:
            if error.code != "binary-format-unknown":
                self.notes.append(Notice.of(error.code, **error.context))
            return
        self.files.append(InspectedFile(path=shown, distribution=distribution, summary=summary))

    def _read_wheel(self, path: Path, place: str) -> None:
        from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415 - as above

        try:
            with path.open("rb") as file:
                self.files += read_wheel(file, place)
        except OSError as error:
            raise GpuenvError("file-unreadable", path=str(path), detail=error.strerror or str(error)) from error

    def _read_url(self, url: str) -> None:
        from gpuenv.binaries.wheel import read_wheel  # noqa: PLC0415 - as above
        from gpuenv.index.remote_file import RemoteFile  # noqa: PLC0415
        from gpuenv.models.settings import redact_url  # noqa: PLC0415
        from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415

        shown = redact_url(url)
        self._reporter.stage("reading-remote-wheel", url=shown)
        name = unquote(urlsplit(shown)._replace(query="", fragment="").geturl())
        with RemoteFile(url, read_index_settings(self._surroundings, venv=None)) as file:
            self.files += read_wheel(
                file,  # type: ignore[arg-type] # an io.RawIOBase has all that zipfile asks of a BinaryIO
                name,
                is_thorough=self._is_thorough,
                fetched=lambda: file.bytes_fetched,
            )
            self.bytes_fetched = (self.bytes_fetched or 0) + file.bytes_fetched
            if file.is_downloaded:
                self.notes.append(Notice.of("remote-file-without-ranges", url=shown, bytes=file.bytes_fetched))


def _environment(options: Options, surroundings: Surroundings) -> Environment:
    from gpuenv.detect.environment import find_environment, read_environment  # noqa: PLC0415 - not for a path

    return read_environment(find_environment(options.venv, surroundings), surroundings=surroundings)


def _gpus(options: Options, environment: Environment | None, surroundings: Surroundings) -> tuple[Gpu, ...] | Conflict:
    from gpuenv.matrix.catalog import load_gpu_models  # noqa: PLC0415 - not without a target
    from gpuenv.models.platform import PythonVersion  # noqa: PLC0415
    from gpuenv.models.resolution import Conflict  # noqa: PLC0415
    from gpuenv.workflow.target import choose_target  # noqa: PLC0415

    here = PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)
    chosen = choose_target(
        options,
        surroundings,
        python=environment.python_version if environment is not None else here,
        gpu_models=lambda: load_gpu_models(options.matrix, cwd=surroundings.cwd),
    )
    if isinstance(chosen, Conflict):
        return chosen
    if not chosen.target.gpus:
        raise UsageError("inspect-needs-gpu", target=options.target)
    return chosen.target.gpus


def _judged(files: Iterable[InspectedFile], gpus: tuple[Gpu, ...]) -> list[JudgedFile]:
    if not gpus:
        return [JudgedFile(file=file, main=main_set(file.summary)) for file in files]
    from gpuenv.rules.library_verdict import is_optional, verdicts_for  # noqa: PLC0415 - not without a target

    judged = []
    for file in files:
        plain = JudgedFile(file=file, main=main_set(file.summary))
        verdicts = verdicts_for(plain.filename, file.summary, gpus) if file.summary.objects else ()
        judged.append(replace(plain, verdicts=verdicts, is_required=not is_optional(plain.filename)))
    return judged


def _worst_first(judged: Iterable[JudgedFile]) -> list[JudgedFile]:
    from gpuenv.rules.library_verdict import rank  # noqa: PLC0415 - not without a target

    def badness(file: JudgedFile) -> tuple[bool, tuple[int, float], str]:
        worst = min((rank(verdict) for _, verdict in file.verdicts), default=(3, 1.0))
        return not file.is_required, worst, file.file.path

    return sorted(judged, key=badness)


def _uncovered(judged: Sequence[JudgedFile], gpus: tuple[Gpu, ...]) -> tuple[Notice, ...]:
    from gpuenv.rules.library_verdict import uncovered  # noqa: PLC0415 - not without a target

    return uncovered(judged, gpus)


def _completed(inspection: Inspection, environment: Environment, surroundings: Surroundings) -> Inspection:
    """Add what takes longer: missing shared libraries, and the code generators."""
    from gpuenv.binaries.dependencies import missing_libraries  # noqa: PLC0415 - brings in pyelftools
    from gpuenv.binaries.environment_libraries import native_libraries  # noqa: PLC0415
    from gpuenv.binaries.generators import code_generators, find_programs  # noqa: PLC0415

    libraries = native_libraries(environment.site_packages, environment.distributions)
    missing = missing_libraries([path for path, _ in libraries], surroundings.environ)
    programs = find_programs(environment.site_packages)
    return replace(
        inspection,
        missing=tuple((name, tuple(path.name for path in paths)) for name, paths in missing.items()),
        generators=code_generators((*libraries, *programs), surroundings.environ),
    )


def _is_zip(path: Path) -> bool:
    if path.suffix in {".whl", ".zip"}:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    except OSError:
        return False  # the reader of libraries tells what is wrong with it
