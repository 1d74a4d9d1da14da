"""Makes of the extensions of a request what they ask of torch, by what the matrix knows of their releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from gpuenv.models.extension import Pairing, SourceBuild

if TYPE_CHECKING:
    from gpuenv.models.extension import Extension, ExtensionRelease
    from gpuenv.models.target import Target


def pairing_of(requirement: Requirement, row: Extension, target: Target) -> Pairing:
    """Tell which torch an extension goes with.

    What its metadata requires binds. What is known by the names of wheels only comes first, and binds where nobody
    compiles the package. A release that the matrix does not know leaves torch open: the engine has the word.
    """
    plain = Requirement(str(requirement))
    plain.name, plain.marker = row.package, None
    if row.source_build is SourceBuild.ALWAYS or not row.binds_to_torch:
        return Pairing(requirement=plain, releases=(), is_binding=False)
    required = tuple(found for found in row.known_releases if _can_have(found, target))
    built = tuple(found for found in row.wheels_for if _can_have(found, target))
    admitted = _admitted(plain, required)
    if admitted or row.source_build is SourceBuild.NEVER:
        return Pairing(requirement=plain, releases=admitted, is_binding=True, known=required)
    return Pairing(requirement=plain, releases=_admitted(plain, built), is_binding=False, known=built or required)


def _can_have(release: ExtensionRelease, target: Target) -> bool:
    python = f"{target.python.major}.{target.python.minor}"
    is_for_python = release.python is None or release.python.contains(python)
    return is_for_python and (not release.platforms or target.platform.name in release.platforms)


def _admitted(requirement: Requirement, releases: tuple[ExtensionRelease, ...]) -> tuple[ExtensionRelease, ...]:
    return tuple(found for found in releases if requirement.specifier.contains(found.version, prereleases=True))
