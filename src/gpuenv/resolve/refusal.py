"""Why a candidate was refused: kept small while searching, told in full for those that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Rejection
from gpuenv.models.value import dataclass
from gpuenv.resolve.pairings import goes_with
from gpuenv.rules.driver import first_driver, floor_driver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.errors import ContextValue
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.resolution import Candidate, RuntimeCandidate
    from gpuenv.resolve.problem import Problem


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
    build, target = candidate.build, problem.target
    release = problem.tables.cuda.get(build.cuda) if build.cuda is not None else None
    facts: dict[str, ContextValue] = {
        "build": build.label,
        "matrix": problem.matrix.version,
        "evidence": build.provenance.evidence.value,
    }
    driver = target.driver.version or target.driver.cuda_version if target.driver else None
    match refusal.code:
        case "no-code-for-gpu" | "libraries-lack-architecture" | "ptx-needs-newer-driver":
            needs = first_driver(release, target.platform) if release else None
            facts |= {
                "gpu": refusal.gpu.label if refusal.gpu else None,
                "sass": tuple(f"sm_{name}" for name in problem.tables.names(build.sass)),
                "ptx": tuple(f"compute_{name}" for name in problem.tables.names(build.ptx))
                or ("none" if build.ptx_is_known else "?",),
                "cuda": str(build.cuda),
                "driver": str(driver) if driver else None,
                "needs": str(needs) if needs else None,
            }
        case "driver-too-old":
            facts |= {
                "cuda": str(build.cuda),
                "driver": str(driver) if driver else None,
                "driver_cuda": str(problem.driver_cuda) if problem.driver_cuda else None,
                "needs": str(floor_driver(release, target.platform)) if release else None,
            }
        case "no-wheel-for-python" | "wheel-not-on-index":
            facts |= {
                "python": str(target.python),
                "index": build.tag,
                "oldest": str(build.python_min),
                "newest": str(build.python_max),
            }
        case "glibc-too-old":
            facts |= {
                "glibc": ".".join(map(str, problem.glibc or ())),
                "needs": ".".join(map(str, build.glibc or ())),
            }
        case "extension-excludes" | "extension-has-no-wheel":
            facts |= {"requirement": refusal.requirement, "goes_with": goes_with(problem, refusal.project)}
        case "gpu-capability-unknown":
            facts |= {"gpu": refusal.gpu.label if refusal.gpu else None}
        case _:
            facts |= {
                "project": refusal.project,
                "requirement": refusal.requirement,
                "cuda": str(build.cuda),
            }
    return Notice.of(refusal.code, **facts)
