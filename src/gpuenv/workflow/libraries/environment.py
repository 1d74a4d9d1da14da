"""Reads the native libraries of an environment, each only once as long as it stays the same file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gpuenv.binaries.environment_libraries import native_libraries
from gpuenv.binaries.generators import ask_generator, find_programs, is_generator, parse_generator
from gpuenv.binaries.library import read_library
from gpuenv.errors import GpuenvError
from gpuenv.models.binaries import InspectedFile
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.parallel import results_of
from gpuenv.project.folders import cache_folder
from gpuenv.workflow.libraries.cache import LibraryCache, stamp_of
from gpuenv.workflow.libraries.kept import library_as_json, library_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.models.binaries import CodeGenerator
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.loading import LibraryFacts, LibraryNeeds, NativeLibraries
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.libraries.cache import Stamp

_PATIENCE_S: Final = 0.5
"""Reading that takes longer is told as it goes on: with the files in memory it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentLibraries:
    """What the native libraries of an environment hold and need."""

    native: NativeLibraries
    files: tuple[InspectedFile, ...]
    needs: Mapping[Path, LibraryNeeds]
    generators: tuple[CodeGenerator, ...]
    notes: tuple[Notice, ...]


def read_libraries(
    environment: Environment, surroundings: Surroundings, reporter: Reporter, *, anew: bool = False
) -> EnvironmentLibraries:
    """Read every native library, and ask every code generator; `anew`: what was kept of them is not used.

    A file that is no library, or is damaged, does not end the reading: damage is noted.
    """
    cache = LibraryCache(
        cache_folder(surroundings) / "libraries",
        environment=environment.site_packages,
        now=surroundings.now.timestamp(),
    )
    if not anew:
        cache.load()
    native = _with_owners(
        native_libraries(environment.site_packages, environment.distributions, further=_further_folders(environment)),
        environment,
    )
    reading = _Reading(cache=cache, reporter=reporter, label=str(environment.root))
    reading.read(native)
    programs = (*native.files, *find_programs(environment.site_packages))
    generators = tuple(
        _generator(path, distribution, cache, surroundings) for path, distribution in programs if is_generator(path)
    )
    cache.save()
    return EnvironmentLibraries(
        native=native,
        files=tuple(reading.files),
        needs=reading.needs,
        generators=generators,
        notes=(*cache.notes, *reading.notes),
    )


class _Reading:
    """The libraries that were read so far."""

    def __init__(self, *, cache: LibraryCache, reporter: Reporter, label: str) -> None:
        self._cache = cache
        self._reporter = reporter
        self._label = label
        self.files: list[InspectedFile] = []
        self.needs: dict[Path, LibraryNeeds] = {}
        self.notes: list[Notice] = []

    def read(self, native: NativeLibraries) -> None:
        """Take what is known, and read the rest."""
        known: dict[Path, LibraryFacts] = {}
        waiting: dict[Path, Stamp] = {}
        for path, _ in native.files:
            try:
                stamp = stamp_of(str(path))
            except OSError as error:
                self.notes.append(Notice.of("file-unreadable", path=str(path), detail=error.strerror or str(error)))
                continue
            facts = self._cache.library(str(path), stamp)
            if facts is None:
                waiting[path] = stamp
            else:
                known[path] = facts
        known.update(self._read(waiting))
        for path, distribution in native.files:
            facts = known.get(path)
            if facts is not None:
                self.files.append(InspectedFile(path=str(path), distribution=distribution, summary=facts.code))
                self.needs[path] = facts.needs

    def _read(self, waiting: Mapping[Path, Stamp]) -> Iterator[tuple[Path, LibraryFacts]]:
        done, total = 0, sum(stamp[0] for stamp in waiting.values())
        begun = monotonic()
        # The largest first, so that no processor is left alone with one at the end.
        paths = sorted(waiting, key=lambda path: -waiting[path][0])
        for place, result in results_of(paths, _read_one):
            path = paths[place]
            done += waiting[path][0]
            if monotonic() - begun > _PATIENCE_S:
                self._reporter.progress(self._label, done, total)
            if "error" not in result:
                self._cache.keep_library(str(path), waiting[path], result)
                yield path, library_from(result)
            elif result["error"] != "binary-format-unknown":
                self.notes.append(Notice.of(result["error"], **result["context"]))


def _read_one(path: Path) -> dict[str, Any]:
    """Read a library, in whichever process: what JSON can hold of it, or of the fault."""
    try:
        return library_as_json(read_library(path))
    except GpuenvError as error:
        return {"error": error.code, "context": dict(error.context)}


def _generator(path: Path, distribution: str | None, cache: LibraryCache, surroundings: Surroundings) -> CodeGenerator:
    stamp = stamp_of(str(path))
    answer = cache.answer(str(path), stamp)
    if answer is None:
        answer = ask_generator(path, surroundings.environ)
    found = parse_generator(path, distribution, answer)
    if found.cuda is not None:
        cache.keep_answer(str(path), stamp, answer)
    return found


def _further_folders(environment: Environment) -> tuple[Path, ...]:
    """List where libraries of the environment lie beside site-packages: conda's own, and editable source trees."""
    folders = [environment.root / "lib", environment.root / "Library" / "bin"] if environment.kind == "conda" else []
    folders += [folder for found in environment.distributions for folder in _source_tree(found)]
    return tuple(folder for folder in dict.fromkeys(folders) if folder.is_dir())


def _with_owners(native: NativeLibraries, environment: Environment) -> NativeLibraries:
    """Give what lies in the source tree of an editable install to its distribution: no RECORD names it."""
    trees = [(folder, found.name) for found in environment.distributions for folder in _source_tree(found)]
    if not trees:
        return native

    def owner(path: Path) -> str | None:
        return next((name for folder, name in trees if folder in path.parents), None)

    return replace(native, files=tuple((path, found or owner(path)) for path, found in native.files))


def _source_tree(distribution: InstalledDistribution) -> Iterator[Path]:
    """Give the folder that an editable install leads to: what was compiled in place is loaded from there."""
    if distribution.is_editable and distribution.direct_url is not None:
        from urllib.parse import urlsplit  # noqa: PLC0415 - not without an editable install
        from urllib.request import url2pathname  # noqa: PLC0415 - it brings a whole HTTP client

        split = urlsplit(distribution.direct_url)
        if split.scheme == "file":
            yield Path(url2pathname(split.path))
