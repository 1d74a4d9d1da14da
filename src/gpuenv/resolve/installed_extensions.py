"""Rule 9 for extensions: what is installed and works was built for one torch, and goes on working beside that only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.extension import ExtensionRelease, Pairing
from gpuenv.rules.wheel_labels import cuda_of, torch_of

if TYPE_CHECKING:
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.extension import Extension
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.request import Request
    from gpuenv.resolve.judgement import Judgement
    from gpuenv.resolve.problem import Problem


def installed_pairings(request: Request, environment: Environment, matrix: CompatibilityMatrix) -> tuple[Pairing, ...]:
    """List the installed extensions that nobody asked to change, and the torch that each was built for.

    What torch itself requires (Triton) goes along with it.
    """
    torch = environment.installed("torch")
    if torch is None or torch.problems:
        return ()
    moving = {*(found.package for found in request.pairings), *(found.name for found in torch.requires)}
    known = matrix.extensions_among(found.name for found in environment.distributions)
    rows = {name: row for name, row in known.items() if row.binds_to_torch}
    return tuple(
        _pairing(found, rows[found.name], torch)
        for found in environment.distributions
        if found.name in rows and found.name not in moving and not found.problems
    )


def broken_installed(problem: Problem, best: Judgement) -> tuple[str, ...]:
    """Name what the installed packages require that a choice does not meet, and the extensions built for another."""
    build = best.candidate.build
    chosen = {"torch": build.version} | {pin.project: pin.version for pin in best.companions}
    return (
        *(
            f"{name}{required}"
            for name, required in sorted(problem.installed_specifiers.items())
            if name in chosen and not required.contains(chosen[name].public, prereleases=True)
        ),
        *(
            str(found.requirement)
            for found in problem.installed_pairings
            if found.release_for(build.version, build.tag, is_index_read=False) is None
        ),
    )


def _pairing(found: InstalledDistribution, row: Extension, torch: InstalledDistribution) -> Pairing:
    """By its label; else by what is known of the release; else it was compiled for the torch that is there."""
    label, public = found.version.local or "", Version(found.version.public)
    named, cuda = torch_of(label), cuda_of(label)
    known = next((release.torch for release in row.known_releases if release.version == public), None)
    minor = f"{torch.version.major}.{torch.version.minor}"
    specifier = SpecifierSet(f"=={named or minor}.*") if named is not None or known is None else known
    release = ExtensionRelease(version=public, torch=specifier, tags=_tags(cuda, torch))
    return Pairing(requirement=Requirement(f"{found.name}=={found.version}"), releases=(release,), is_binding=True)


def _tags(named: str | None, torch: InstalledDistribution) -> tuple[str, ...]:
    """The CUDA that it names, else the major version of the torch's that it works with; () where nothing tells."""
    if named is not None:
        return (named,)
    tag = torch.version.local or torch.build_tag or ""
    return (tag[:4],) if tag.startswith("cu") else ()
