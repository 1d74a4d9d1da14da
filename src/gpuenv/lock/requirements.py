"""Writes a locked requirements file that bare `pip install --require-hashes -r` and `uv pip sync` install."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.lock.files import check_pins
from gpuenv.lock.header import make_header, render_header
from gpuenv.lock.places import index_url, is_flat, is_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpuenv.lock.header import LockedSource
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.resolution import Pin, Resolution
    from gpuenv.models.target import Target

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def render_requirements(
    resolution: Resolution,
    closure: Sequence[LockedPackage],
    *,
    target: Target,
    matrix_version: str,
    sources: Sequence[LockedSource] = (),
    unhashed: Sequence[str] = (),
    local: Mapping[str, str] = _NOTHING,
    folder: str | None = None,
) -> str:
    """Make the text of the file: the same bytes from the same facts, without times, local paths or credentials.

    `closure` holds every package, the resolution's own among them. The pages of a PyTorch-style index are named by
    `--find-links`, one per project: an `--extra-index-url` would open the whole index to every package by name, and
    uv stops at the first index that has a name at all. `sources` are the packages whose source archive is locked,
    `unhashed` those that the user takes without a hash. `local` names the folder of each project that no index has;
    `folder`, relative to the file, is where copies of those are put.

    Raises `lock-hash-missing` where a package has no hash, `lock-source-is-local` where a build lies in a folder
    that other machines do not have, and `lock-pin-not-resolved` where the closure lacks what was chosen.
    """
    without = tuple(package.project for package in closure if not package.hashes and package.project not in unhashed)
    if without:
        raise GpuenvError("lock-hash-missing", packages=without)
    check_pins([(pin.project, pin.version, pin.requirement) for pin in resolution.pins], closure)
    if folder is None:
        for project, place in local.items():
            raise GpuenvError("lock-source-is-local", project=project, folder=place)
    header = render_header(make_header(resolution, target=target, matrix_version=matrix_version, sources=sources))
    pages = [*_pages(resolution, closure, folder), *((folder,) if folder is not None and local else ())]
    lines = [f"--find-links {page}" for page in dict.fromkeys(pages)]
    lines += ["", *_pins(resolution, closure)] if lines else _pins(resolution, closure)
    return header + "\n".join(lines) + "\n"


def _pages(resolution: Resolution, closure: Sequence[LockedPackage], folder: str | None) -> Iterator[str]:
    """Name the page of each build that is not on the default index, in the order of the projects."""
    pins = {pin.project: pin for pin in resolution.pins}
    for package in sorted(closure, key=lambda package: package.project):
        pin = pins.get(package.project)
        # The default index takes no local labels: a dependency with one came from torch's own index.
        beside = pins.get("torch") if pin is None and package.version.local else pin
        if beside is None or (folder is not None and is_local(beside)):
            continue
        page = _page(beside, resolution.pins, package.project)
        if page is not None:
            yield page


def _page(pin: Pin, pins: tuple[Pin, ...], project: str) -> str | None:
    index = index_url(pin, pins, project)
    return index if index is None or is_flat(pin) else f"{index}/{project}/"


def _pins(resolution: Resolution, closure: Sequence[LockedPackage]) -> list[str]:
    chosen = {pin.project for pin in resolution.pins}
    return [
        _entry(package, is_chosen=package.project in chosen)
        for package in sorted(closure, key=lambda package: package.project)
    ]


def _entry(package: LockedPackage, *, is_chosen: bool) -> str:
    # `===` compares as text: a build without a local label is then never served by a `+cpu` wheel of a find-links page.
    operator = "===" if is_chosen and package.version.local is None else "=="
    extras = f"[{','.join(sorted(package.extras))}]" if package.extras else ""
    marker = f" ; {package.marker}" if package.marker else ""
    hashes = "".join(f" \\\n    --hash={digest}" for digest in sorted(package.hashes))
    return f"{package.project}{extras}{operator}{package.version}{marker}{hashes}"
