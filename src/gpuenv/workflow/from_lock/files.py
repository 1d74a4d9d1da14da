"""Finds the files of a lock: in a mirror or folder of the user's, in uv's cache, on the pages that the lock names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.wheel_files import WheelFiles, find_files
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.plan import Install
from gpuenv.models.request import IndexPolicy
from gpuenv.models.settings import redact_url
from gpuenv.project.index_choice import sources_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.lock.origins import Origins
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings


def mirror_of(choice: str | None, surroundings: Surroundings, settings: IndexSettings) -> Source | None:
    """Find the place that stands in for the indexes of a lock; None where the user named none.

    `choice` is the value of `--indexes`; None: `GPUENV_INDEXES`.
    """
    if not (choice or surroundings.environ.get("GPUENV_INDEXES")):
        return None
    policy, sources = sources_for(choice, surroundings, settings)
    return sources[0] if policy in {IndexPolicy.LOCATION, IndexPolicy.PYTORCH} else None


def with_places(settings: IndexSettings, origins: Origins, mirror: Source | None, *, lock: Path) -> IndexSettings:
    """Add the pages and folders that any package of the lock may come from.

    Raises `locked-folder-missing` where copies were locked that did not come along.
    """
    places = list(origins.shared)
    if mirror is not None:
        places = [place for place in places if "://" in place or Path(place).is_dir()]
        if mirror.kind is SourceKind.FIND_LINKS and mirror.location is not None:
            places.append(mirror.location)
    for place in places:
        if "://" not in place and not Path(place).is_dir():
            raise GpuenvError("locked-folder-missing", folder=place, path=str(lock))
    return replace(settings, find_links=tuple(dict.fromkeys((*settings.find_links, *places))))


def locked_wheels(
    plan: Plan,
    packages: Sequence[LockedPackage],
    *,
    python: Path,
    settings: IndexSettings,
    environ: Mapping[str, str],
) -> WheelFiles:
    """Say which files the steps take: by the lock's hashes, with what uv's cache knows of their sizes."""
    found = find_files(plan.installs, python=python, settings=settings, environ=environ)
    known = {(file.project, file.version): file for file in found.packages}
    return WheelFiles(
        packages=tuple(
            replace(package, size_bytes=file.size_bytes, url=file.url)
            if (file := known.get((package.project, package.version))) is not None
            else package
            for package in packages
        ),
        to_download=found.to_download,
    )


def placed(plan: Plan, settings: IndexSettings, surroundings: Surroundings, reporter: Reporter, *, lock: Path) -> Plan:
    """Look on the index for the builds that come from one: whether they are there, and how the index is laid out.

    Raises `locked-build-gone` and `locked-nightly-gone`, and the codes of `read_project_page`.
    """
    return replace(
        plan,
        steps=tuple(
            _placed(step, settings, surroundings, reporter, lock) if isinstance(step, Install) else step
            for step in plan.steps
        ),
    )


def _placed(
    step: Install, settings: IndexSettings, surroundings: Surroundings, reporter: Reporter, lock: Path
) -> Install:
    pin = step.pin
    if pin is None or pin.source.kind is not SourceKind.PYTORCH or settings.no_index:
        return step
    from gpuenv.index.pages import read_project_page  # noqa: PLC0415 - only where something is to be fetched
    from gpuenv.project.folders import cache_folder  # noqa: PLC0415 - as above

    if pin.source.is_remote:
        reporter.stage("reading-index", project=pin.project, tag=pin.tag or "")
    page = read_project_page(
        pin.source, pin.tag, pin.project, settings=settings, cache=cache_folder(surroundings) / "pages"
    )
    if not any(wheel.version == pin.version for wheel in page.wheels):
        raise _gone(pin, lock)
    return replace(step, pin=replace(pin, is_flat=page.is_flat))


def _gone(pin: Pin, lock: Path) -> GpuenvError:
    code = "locked-nightly-gone" if pin.version.is_devrelease else "locked-build-gone"
    place = f"{redact_url(pin.source.location or '').rstrip('/')}/{pin.tag}"
    return GpuenvError(code, requirement=pin.requirement, index=place, path=str(lock))
