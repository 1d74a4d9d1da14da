"""Why a candidate was refused: kept small while searching, told in full for those that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Rejection
from gpuenv.models.value import dataclass
from gpuenv.resolve.pairings import goes_with
from gpuenv.rules.driver import first_driver, floor_driver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.errors import ContextValue
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import CudaRelease, OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.resolution import Candidate, RuntimeCandidate
    from gpuenv.resolve.problem import Problem

_Build: TypeAlias = "TorchBuild | OnnxRuntimeBuild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The test that a candidate failed."""

    code: str
    gpu: Gpu | None = None
    """The GPU that it does not serve."""
    project: str | None = None
    """The project of the family that cannot come along."""
    requirement: str | None = None
    """The requirement that cannot be met."""


DRIVER_REFUSALS = frozenset({"driver-too-old", "ptx-needs-newer-driver"})
"""What a newer driver would change."""


def rejections(problem: Problem, refused: Iterable[tuple[Candidate, Refusal]]) -> tuple[Rejection, ...]:
    """Tell each build's refusal in full: one for each build, newest first."""
    ordered = sorted(refused, key=lambda pair: (pair[0].build.version, pair[0].build.tag), reverse=True)
    first = {(candidate.build.version, candidate.build.label): (candidate, why) for candidate, why in reversed(ordered)}
    return tuple(
        Rejection(candidate=candidate, reason=notice_of(problem, candidate, why))
        for candidate, why in reversed(first.values())
    )


def notice_of(problem: Problem, candidate: Candidate | RuntimeCandidate, refusal: Refusal) -> Notice:
    """Name the fact that refuses a candidate, and the row of the matrix that states it."""
    build = candidate.build
    return Notice.of(
        refusal.code,
        build=build.label,
        matrix=problem.matrix.version,
        evidence=build.provenance.evidence.value,
        **_facts(problem, build, refusal),
    )


def _facts(problem: Problem, build: _Build, refusal: Refusal) -> dict[str, ContextValue]:
    """Gather what the sentence of a refusal names beside the build."""
    facts: dict[str, ContextValue]
    match refusal.code:
        case "no-code-for-gpu" | "libraries-lack-architecture" | "ptx-needs-newer-driver":
            facts = _code_facts(problem, build, refusal)
        case "driver-too-old":
            facts = _driver_facts(problem, build)
        case "no-wheel-for-python" | "wheel-not-on-index":
            facts = {
                "python": str(problem.target.python),
                "index": build.tag,
                "oldest": str(build.python_min),
                "newest": str(build.python_max),
            }
        case "glibc-too-old":
            facts = {"glibc": _dotted(problem.glibc), "needs": _dotted(build.glibc)}
        case "extension-excludes" | "extension-has-no-wheel":
            facts = {"requirement": refusal.requirement, "goes_with": goes_with(problem, refusal.project)}
        case "gpu-capability-unknown":
            facts = {"gpu": refusal.gpu.label if refusal.gpu else None}
        case _:
            facts = {"project": refusal.project, "requirement": refusal.requirement, "cuda": str(build.cuda)}
    return facts


def _code_facts(problem: Problem, build: _Build, refusal: Refusal) -> dict[str, ContextValue]:
    """Name the machine code and the PTX of a build, and the driver that compiles its PTX."""
    release = _release(problem, build)
    needs = first_driver(release, problem.target.platform) if release else None
    ptx = tuple(f"compute_{name}" for name in problem.tables.names(build.ptx))
    return {
        "gpu": refusal.gpu.label if refusal.gpu else None,
        "sass": tuple(f"sm_{name}" for name in problem.tables.names(build.sass)),
        "ptx": ptx or ("none" if build.ptx_is_known else "?",),
        "cuda": str(build.cuda),
        "driver": _driver(problem),
        "needs": str(needs) if needs else None,
    }


def _driver_facts(problem: Problem, build: _Build) -> dict[str, ContextValue]:
    """Name the driver, the CUDA that it speaks, and the oldest driver that loads the build."""
    release = _release(problem, build)
    return {
        "cuda": str(build.cuda),
        "driver": _driver(problem),
        "driver_cuda": str(problem.driver_cuda) if problem.driver_cuda else None,
        "needs": str(floor_driver(release, problem.target.platform)) if release else None,
    }


def _release(problem: Problem, build: _Build) -> CudaRelease | None:
    """Find the row of the CUDA release that a build was made with."""
    return problem.tables.cuda.get(build.cuda) if build.cuda is not None else None


def _driver(problem: Problem) -> str | None:
    """Write the driver's version, or the CUDA that it speaks where only that is known."""
    driver = problem.target.driver
    known = driver.version or driver.cuda_version if driver else None
    return str(known) if known else None


def _dotted(version: tuple[int, ...] | None) -> str:
    return ".".join(map(str, version or ()))
