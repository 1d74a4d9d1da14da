"""Proves that a changed environment works: kernels on the GPUs that are here, verdicts on libraries for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.verify.own_proof import OwnProof
from gpuenv.verify.runner import verify
from gpuenv.workflow.applications_here import with_applications, with_imports
from gpuenv.workflow.inspect import inspect_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.application import Application
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import Ending
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.models.verification import VerificationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was proven, and how the install ends by it."""

    ending: Ending
    verification: VerificationReport | None = None
    """None where nothing was run."""
    uncovered: tuple[Notice, ...] = ()
    """For a described target: the libraries that have no code for its GPUs."""


def prove(
    environment: Environment,
    target: Target,
    outcome: Resolution | Conflict,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    applications: Sequence[Application] = (),
) -> Proof:
    """Run the checks that fit the target on the environment as it is now, and those that `applications` need.

    Packages outside the family run no kernels: without any of it there is nothing to prove.
    """
    if isinstance(outcome, Conflict) or not outcome.pins:
        return Proof(ending="installed")
    if target.gpus and target.origin == "described":
        reporter.stage("inspecting-libraries")
        uncovered = inspect_environment(environment, target.gpus, surroundings, reporter).uncovered
        return Proof(ending="verification-failed" if uncovered else "unverified", uncovered=uncovered)
    verification = verify(
        environment.python,
        device="cpu" if target.is_cpu else "cuda",
        gpus=target.gpus,
        environ=surroundings.environ,
        installed=frozenset(found.name for found in environment.distributions),
        reporter=reporter,
        own=with_imports(OwnProof(), () if target.is_cpu else applications, environment, leaves_built=True),
    )
    verification = with_applications(verification, applications)
    return Proof(ending=_ending(verification), verification=verification)


def _ending(verification: VerificationReport) -> Ending:
    if not verification.checks:
        return "unverified"
    return "verification-failed" if verification.failed or verification.unproven else "installed"
