"""Finds what a replaced torch leaves behind: CUDA libraries of another major, and a second Triton."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Remove
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.resolution import Resolution

_LIBRARY: Final = re.compile(r"(?P<library>nvidia-.+)-cu(?P<major>\d\d)")
_TAG: Final = re.compile(r"(?:nightly/)?cu(?P<major>\d\d)\d")
_BUILT_FOR: Final = re.compile(r".*-cuda(?P<major>\d\d)(?:x|-.*)?")
"""`cupy-cuda12x`, `jax-cuda12-plugin`: packages that say by their name which CUDA they load."""

_LOAD_UNDECLARED: Final = frozenset({"ctranslate2", "tensorflow"})
"""Packages that load CUDA libraries which nothing in their metadata (but an extra) requires."""

TRITON_OWNERS: Final = frozenset(
    {"triton", "pytorch-triton", "pytorch-triton-rocm", "pytorch-triton-xpu", "torchtriton", "triton-windows"}
)
"""Distributions that own the folder `triton/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leavings:
    """What goes, and what has to be installed anew because of it."""

    removals: tuple[Remove, ...] = ()
    reinstalls: tuple[Install, ...] = ()
    """Libraries that own the same folder as one that goes: `nvidia-cudnn-cu13` beside `nvidia-cudnn-cu12`."""


def leavings(resolution: Resolution, environment: Environment | None, coming: AbstractSet[str]) -> Leavings:
    """Find what a plan that replaces torch should clear away. Where torch stays, what works is left alone: do not ask.

    `coming` are the canonical names of what the plan installs. A library goes only if no package that stays requires
    it, as far as metadata and names tell.
    """
    torch = resolution.pin("torch")
    if environment is None or torch is None:
        return Leavings()
    stale = tuple(_stale_libraries(environment, torch.tag, coming))
    gone = {found.name for found in stale}
    return Leavings(
        removals=(
            *(Remove(project=found.name, version=found.version, reason=_why(found, environment)) for found in stale),
            *_second_tritons(environment, coming),
        ),
        reinstalls=tuple(_sharing(environment, gone | coming, gone)),
    )


def _stale_libraries(
    environment: Environment, tag: str | None, coming: AbstractSet[str]
) -> Iterator[InstalledDistribution]:
    chosen = _TAG.fullmatch(tag or "")
    if chosen is None:
        return
    needed = _needed_by_others(environment)
    majors = _majors_in_use(environment)
    for found in environment.distributions:
        library = _LIBRARY.fullmatch(found.name)
        if library is None or library["major"] == chosen["major"] or found.name in needed | coming:
            continue
        if majors is not None and library["major"] not in majors:
            yield found


def _needed_by_others(environment: Environment) -> frozenset[str]:
    """What packages other than torch require; the libraries that go do not count for each other."""
    return frozenset(
        canonicalize_name(requirement.name)
        for found in environment.distributions
        if found.name != "torch" and _LIBRARY.fullmatch(found.name) is None
        for requirement in found.requires
    )


def _majors_in_use(environment: Environment) -> frozenset[str] | None:
    """The CUDA majors that other packages load without requiring a library of it; None: nobody can tell."""
    names = {found.name for found in environment.distributions}
    if names & _LOAD_UNDECLARED:
        return None
    return frozenset(built["major"] for name in names if (built := _BUILT_FOR.fullmatch(name)) is not None)


def _why(found: InstalledDistribution, environment: Environment) -> Notice:
    torch = environment.installed("torch")
    required = {canonicalize_name(requirement.name) for requirement in torch.requires} if torch is not None else set()
    return Notice.of("library-of-replaced-torch" if found.name in required else "stale-library")


def _second_tritons(environment: Environment, coming: AbstractSet[str]) -> Iterator[Remove]:
    owners = coming & TRITON_OWNERS
    if not owners:
        return
    reason = Notice.of("shares-folder", folder="triton", other=min(owners))
    for found in environment.distributions:
        if found.name in TRITON_OWNERS - owners:
            yield Remove(project=found.name, version=found.version, reason=reason)


def _sharing(environment: Environment, planned: AbstractSet[str], gone: AbstractSet[str]) -> Iterator[Install]:
    """Name what stays of a library of which another major goes: both wrote into the same folder."""
    folders = {library["library"] for name in gone if (library := _LIBRARY.fullmatch(name)) is not None}
    for found in environment.distributions:
        library = _LIBRARY.fullmatch(found.name)
        if library is None or found.name in planned or library["library"] not in folders:
            continue
        folder = library["library"].replace("-", "/", 1)
        yield Install(
            project=found.name,
            version=found.version,
            reason=Notice.of("shared-folder-damaged", folder=folder),
            replaces=found.version,
        )
