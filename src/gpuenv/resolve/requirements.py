"""What is required of torch's version, by the request and by the other installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.value import dataclass
from gpuenv.resolve.pairings import pairings_that_hold, reads_pytorch_index
from gpuenv.resolve.refusal import Refusal

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from gpuenv.models.extension import Pairing
    from gpuenv.models.matrix import TorchBuild
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.tables import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchRequirements:
    """The limits on torch, with who sets them."""

    limits: tuple[tuple[str, SpecifierSet], ...]
    tell_builds_apart: bool
    """Whether a local label is among them (`==2.9.1+cu128`), so that each build has to be asked about."""
    pairings: tuple[Pairing, ...] = ()
    """The extensions, each of which goes with some builds only."""
    is_index_read: bool = False
    """Whether wheels of extensions may come from PyTorch's index."""

    def against_release(self, release: Release) -> Refusal | None:
        """Find the limit that admits no build of a release; None also where each build has to be asked about."""
        if self.tell_builds_apart or not (self.limits or self.pairings):
            return None
        return self.against(release.builds[0])

    def against_build(self, build: TorchBuild) -> Refusal | None:
        """Find the limit that does not admit a build, where builds of a release are told apart."""
        return self.against(build) if self.tell_builds_apart else None

    def against(self, build: TorchBuild) -> Refusal | None:
        """Find the limit that does not admit a build."""
        for requirement, specifier in self.limits:
            if not allows(specifier, build):
                return Refusal(code="requirement-excludes", project="torch", requirement=requirement)
        for pairing in self.pairings:
            if pairing.release_for(build.version, build.tag, is_index_read=self.is_index_read) is None:
                return refusal_of(pairing)
        return None


def refusal_of(pairing: Pairing) -> Refusal:
    """Say that an extension does not go with a build."""
    code = "extension-excludes" if pairing.is_binding else "extension-has-no-wheel"
    return Refusal(code=code, project=pairing.package, requirement=str(pairing.requirement))


def torch_requirements(problem: Problem) -> TorchRequirements:
    """Gather what is required of torch, as far as it is not left aside."""
    limits = []
    asked = problem.request.requirement("torch")
    if asked is not None and asked.specifier and "requirements" not in problem.ignored:
        limits.append((str(asked), asked.specifier))
    by_others = problem.installed_specifiers.get("torch")
    if by_others is not None and "installed" not in problem.ignored:
        limits.append((f"torch{by_others}", by_others))
    pairings = pairings_that_hold(problem)
    has_tags = any(release.tags for pairing in pairings for release in pairing.releases)
    return TorchRequirements(
        limits=tuple(limits),
        tell_builds_apart=has_tags or any("+" in str(specifier) for _, specifier in limits),
        pairings=pairings,
        is_index_read=reads_pytorch_index(problem),
    )


def asked_extras(problem: Problem, project: str) -> tuple[str, ...]:
    """List the extras that were asked for of a project, sorted."""
    asked = problem.request.requirement(project)
    return tuple(sorted(asked.extras)) if asked is not None else ()


def exact_version(requirement: Requirement) -> Version | None:
    """Tell the one version that is asked for: of `torch==2.10.0+cu130`, not of `torch==2.10.*`."""
    for specifier in requirement.specifier:
        if specifier.operator in {"==", "==="} and not specifier.version.endswith("*"):
            return Version(specifier.version)
    return None


def allows(specifier: SpecifierSet, build: TorchBuild) -> bool:
    """Tell whether a specifier admits a build: `==2.9.1` admits 2.9.1+cu128, `==2.9.1+cu126` does not."""
    if specifier.contains(build.version, prereleases=True):
        return True
    return "+" in str(specifier) and specifier.contains(Version(build.label), prereleases=True)
