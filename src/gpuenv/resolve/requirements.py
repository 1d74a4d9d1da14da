"""What is required of torch's version, by the request and by the other installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from gpuenv.models.value import dataclass
from gpuenv.resolve.refusal import Refusal

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from gpuenv.models.matrix import TorchBuild
    from gpuenv.resolve.problem import Problem
    from gpuenv.resolve.tables import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchRequirements:
    """The limits on torch, with who sets them."""

    limits: tuple[tuple[str, SpecifierSet], ...]
    tell_builds_apart: bool
    """Whether a local label is among them (`==2.9.1+cu128`), so that each build has to be asked about."""

    def against_release(self, release: Release) -> Refusal | None:
        """Find the limit that admits no build of a release; None also where each build has to be asked about."""
        if self.tell_builds_apart or not self.limits:
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
        return None


def torch_requirements(problem: Problem) -> TorchRequirements:
    """Gather what is required of torch, as far as it is not left aside."""
    limits = []
    asked = problem.request.requirement("torch")
    if asked is not None and asked.specifier and "requirements" not in problem.ignored:
        limits.append((str(asked), asked.specifier))
    by_others = problem.installed_specifiers.get("torch")
    if by_others is not None and "installed" not in problem.ignored:
        limits.append((f"torch{by_others}", by_others))
    return TorchRequirements(
        limits=tuple(limits), tell_builds_apart=any("+" in str(specifier) for _, specifier in limits)
    )


def asked_extras(problem: Problem, project: str) -> tuple[str, ...]:
    """List the extras that were asked for of a project, sorted."""
    asked = problem.request.requirement(project)
    return tuple(sorted(asked.extras)) if asked is not None else ()


def allows(specifier: SpecifierSet, build: TorchBuild) -> bool:
    """Tell whether a specifier admits a build: `==2.9.1` admits 2.9.1+cu128, `==2.9.1+cu126` does not."""
    if specifier.contains(build.version, prereleases=True):
        return True
    return "+" in str(specifier) and specifier.contains(Version(build.label), prereleases=True)
