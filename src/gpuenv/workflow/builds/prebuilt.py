"""Looks for a wheel that somebody else built and that serves the target, so that nothing has to be compiled."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.index.pages import read_project_page
from gpuenv.install.engines.uv import without_credentials
from gpuenv.models.extension import SourceBuild
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.resolution import Conflict
from gpuenv.process import stream
from gpuenv.rules.wheel_labels import label_fits
from gpuenv.rules.wheel_tags import supported_tags
from gpuenv.workflow.builds.wheel import Wheel
from gpuenv.workflow.inspect import inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from packaging.tags import Tag

    from gpuenv.models.binaries import JudgedFile
    from gpuenv.models.extension import Extension
    from gpuenv.models.index import IndexedWheel
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.builds.place import Place
    from gpuenv.workflow.options import Options

_PYPI: Final = "pypi"
_OF_ONE_CUDA: Final = re.compile(r"cuda(?P<number>\d{3})")
"""bitsandbytes has one library per CUDA version and loads that of torch."""
_PATCHES: Final = ("{release}", "{minor}.0")


def find_prebuilt(requirement: Requirement, extension: Extension, place: Place, folder: Path) -> Wheel | None:
    """Find the newest wheel for this torch, Python and platform whose code serves every GPU; None: compile it.

    Each is read before it is taken. Raises the usage error `nothing-to-build` for a package that is never compiled
    and has no wheel with code for the GPUs.
    """
    place.reporter.stage("looking-for-wheel", package=extension.package)
    wanted = paired(requirement, extension, Version(place.torch), place.torch_cuda.tag)
    for location in extension.wheels if wanted is not None and extension.source_build is not SourceBuild.ALWAYS else ():
        found = _of_default_index if location == _PYPI else _of_page
        for wheel in found(location, wanted or requirement, place, folder):
            if serves(wheel, place.torch_cuda.tag, place.options, place.surroundings, place.reporter):
                return Wheel(path=_fetched(wheel, folder, place), origin="prebuilt")
            place.reporter.stage("wheel-does-not-serve", wheel=wheel.rpartition("/")[2])
    if extension.source_build is SourceBuild.NEVER:
        raise UsageError("nothing-to-build", package=extension.package)
    return None


def paired(requirement: Requirement, extension: Extension, torch: Version, tag: str) -> Requirement | None:
    """Narrow the requirement to the newest release that goes with the torch; None where the matrix knows of none."""
    if not extension.known_releases or not extension.binds_to_torch:
        return requirement
    fitting = [
        release.version
        for release in extension.known_releases
        if release.admits(Version(torch.public), tag, is_index_read=True)
        and requirement.specifier.contains(release.version, prereleases=True)
    ]
    if not fitting:
        return None
    narrowed = Requirement(str(requirement))
    narrowed.specifier = requirement.specifier & SpecifierSet(f"=={max(fitting)}")
    return narrowed


def _of_default_index(_location: str, requirement: Requirement, place: Place, folder: Path) -> Iterator[str]:
    """Let pip fetch the wheel that it would install, out of the user's own indexes."""
    target = folder / "from-index"
    argv = (
        *(sys.executable, "-m", "pip", "--python", str(place.environment.python), "download", "--no-deps"),
        *(
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
            *(("--no-index",) if place.options.is_offline else ()),
        ),
        *("--dest", str(target), str(requirement)),
    )
    stream(
        argv,
        env=place.surroundings.environ,
        on_line=lambda line: place.reporter.output(without_credentials(line)),
    )
    yield from (str(path) for path in sorted(target.glob("*.whl")))


def _of_page(location: str, requirement: Requirement, place: Place, _folder: Path) -> Iterator[str]:
    tags = supported_tags(place.target.platform, place.environment.python_version)
    found = page_wheels(
        location, requirement, Version(place.torch), place.torch_cuda.tag, tags=tags, settings=place.settings
    )
    yield from (wheel.url for _, wheel in found)


def page_wheels(
    location: str,
    requirement: Requirement,
    torch: Version,
    tag: str,
    *,
    tags: AbstractSet[Tag],
    settings: IndexSettings,
    on_fault: Callable[[GpuenvError], None] | None = None,
) -> Iterator[tuple[Source, IndexedWheel]]:
    """List the wheels of a page that this Python, platform, torch and CUDA can load, the newest first.

    `location` may have places for what the page is for: `{tag}`, `{release}`, `{minor}`, `{flat}`.
    A page that cannot be read has no wheel; `on_fault` is told why.
    """
    name = canonicalize_name(requirement.name)
    for url in _pages(location, torch, tag):
        source = Source(kind=SourceKind.FIND_LINKS, location=url)
        try:
            page = read_project_page(source, None, name, settings=settings, cache=None)
        except GpuenvError as error:
            if on_fault is not None:
                on_fault(error)
            continue
        fitting = [
            wheel
            for wheel in page.wheels
            if wheel.tags & tags
            and not wheel.is_yanked
            and requirement.specifier.contains(wheel.version.public, prereleases=bool(requirement.specifier))
            and label_fits(wheel.version.local or "", torch=torch, tag=tag, has_abi=not _is_for_windows(wheel))
        ]
        yield from ((source, wheel) for wheel in sorted(fitting, key=_age, reverse=True))


def _age(wheel: IndexedWheel) -> tuple[Version, str]:
    return wheel.version, wheel.filename


def _pages(location: str, torch: Version, tag: str) -> Iterator[str]:
    """Fill in what the page is for: pages of a minor release stand for its patches."""
    minor = f"{torch.major}.{torch.minor}"
    facts = {"tag": tag, "minor": minor, "flat": minor.replace(".", "")}
    yield from dict.fromkeys(
        location.replace("{release}", patch).format(release=torch.public, **facts) for patch in _PATCHES
    )


def _is_for_windows(wheel: IndexedWheel) -> bool:
    return any(tag.platform.startswith("win") for tag in wheel.tags)


def serves(
    wheel: str,
    tag: str,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    is_thorough: bool = True,
) -> bool:
    """Read a wheel, where it lies, and judge what of it a torch of that CUDA tag would load.

    Without `is_thorough` all of a remote wheel is read only where its first parts do not prove that it serves.
    """
    inspection = inspect(
        (wheel,),
        replace(options, venv=None),
        surroundings,
        reporter,
        has_target=True,
        is_thorough=is_thorough,
    )
    if isinstance(inspection, Conflict):
        return False
    loaded = loaded_files(inspection.files, tag)
    if loaded and all(verdict.kind != "none" for file in loaded for _, verdict in file.verdicts):
        return True
    if is_thorough or not any(file.file.summary.is_partial for file in inspection.files):
        return False
    return serves(wheel, tag, options, surroundings, reporter)


def loaded_files(files: Sequence[JudgedFile], tag: str) -> tuple[JudgedFile, ...]:
    """Leave out libraries of other CUDA versions, and those for one exact GPU only (`sm_90a`), which are extras."""
    with_code = [
        file
        for file in files
        if file.file.summary.objects and any(not code.suffix for code in (*file.main.sass, *file.main.ptx))
    ]
    number = tag.removeprefix("cu")
    labels = {file.filename: found["number"] for file in with_code if (found := _OF_ONE_CUDA.search(file.filename))}
    if number not in labels.values():
        return tuple(with_code)
    return tuple(file for file in with_code if labels.get(file.filename, number) == number)


def _fetched(wheel: str, folder: Path, place: Place) -> Path:
    """Download a wheel that is not here yet."""
    if "://" not in wheel:
        return Path(wheel)
    from gpuenv.index.folder import folder_of  # noqa: PLC0415 - only for wheels of pages
    from gpuenv.workflow.measuring.wheel_reading import opened  # noqa: PLC0415 - as above

    local = folder_of(wheel)
    if local is not None:
        return local
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - as above

    target = folder / unquote(urlsplit(wheel).path.rpartition("/")[2])
    with opened(wheel, place.settings) as remote, target.open("wb") as file:
        while chunk := remote.read(8 * 1024 * 1024):
            file.write(chunk)
    return target
