"""Proves that a changed environment works: verdicts on its libraries, then kernels on the GPUs that are here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.models.resolution import Conflict
from gpuenv.models.typed_command import TypedCommand, quoted
from gpuenv.models.value import dataclass
from gpuenv.verify.profile import CAPABILITIES, needs_full
from gpuenv.verify.runner import verify
from gpuenv.workflow.applications_here import with_applications, with_imports
from gpuenv.workflow.failed_checks import with_causes
from gpuenv.workflow.inspect import inspect_environment
from gpuenv.workflow.project_proof import after_change, project_of, project_proof

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import Ending
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.models.verification import VerificationReport
    from gpuenv.verify.own_proof import OwnProof
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.plan import Planned

_WITHOUT_CODE: Final = frozenset({"no-code-in-build", "no-kernel-image", "kernel-built-for-other-gpu"})
"""Codes of checks by which a build has no code for a GPU, whatever is written of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was proven, and how the install ends by it."""

    ending: Ending
    verification: VerificationReport | None = None
    """None where nothing was run."""
    uncovered: tuple[Notice, ...] = ()
    """What has no code for the target's GPUs: libraries that the request needs, and no kernel was run then; or torch,
    by its own kernels."""
    notes: tuple[Notice, ...] = ()
    """What is no fault of the change: libraries that nothing asked for, what is still to be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfChange:
    """Everything that the proof of one change rests on."""

    environment: Environment
    """As it is now."""
    planned: Planned
    target: Target
    options: Options
    surroundings: Surroundings
    reporter: Reporter
    required: Sequence[str] = ()
    """The capabilities that decide; none: all that are run."""

    def prove(self) -> Proof:
        """Read the libraries for the target's GPUs, then run what can be run here; the first that fails ends it.

        Packages outside the family run no kernels: without any of it there are the project's own commands at most.
        """
        own, notes = self._own()
        has_family, is_described = self._has_family, bool(self.target.gpus) and self.target.origin == "described"
        if self.target.gpus and has_family:
            uncovered, beside = self._inspect(own)
            if uncovered and (is_described or not self.required):
                return Proof(ending="verification-failed", uncovered=uncovered)
            notes += (*uncovered, *beside)  # kernels alone decide on what was named
        if is_described:
            return Proof(ending="unverified" if has_family else "installed", notes=notes)
        if not has_family and not own:
            return Proof(ending="installed", notes=notes)
        verification = self._run(own)
        ending = self._ending(verification)
        uncovered = self._wanted_instead(verification) if ending == "verification-failed" else ()
        return Proof(ending=ending, verification=verification, notes=notes, uncovered=uncovered)

    @property
    def _has_family(self) -> bool:
        outcome = self.planned.resolved.outcome
        return not isinstance(outcome, Conflict) and bool(outcome.pins)

    def _own(self) -> tuple[OwnProof, tuple[Notice, ...]]:
        steps = self.planned.plan
        own = project_proof(self.options, (), self.surroundings)
        return after_change(own, self.environment, steps) if steps is not None else (own, ())

    def _inspect(self, own: OwnProof) -> tuple[tuple[Notice, ...], tuple[Notice, ...]]:
        """Give what the request needs and what lacks the GPUs, and what is only to be told.

        Whether a library can be loaded is for the loader to say: here it is told, and the kernels decide.
        """
        self.reporter.stage("inspecting-libraries")
        is_described = self.target.origin == "described"
        inspection = inspect_environment(
            self.environment,
            self.target.gpus,
            self.surroundings,
            self.reporter,
            driver=self.target.driver,
            platform=self.target.platform,
            matrix=self.options.matrix,
            roots=self._roots(own),
            described=self.options.target if is_described else None,
        )
        uncovered = tuple(map(self._with_other_versions, inspection.uncovered))
        return uncovered, (*inspection.unasked, *inspection.unloadable)

    def _wanted_instead(self, verification: VerificationReport) -> tuple[Notice, ...]:
        """Where torch's own kernels have no code for a GPU, the same plan would fail again: ask for another version."""
        own = (check.code for check in verification.failed if check.name in CAPABILITIES["kernels"])
        if _WITHOUT_CODE.isdisjoint(own):
            return ()
        wanted = self._with_other_versions(Notice.of("other-build-wanted", packages=("torch",)))
        return (wanted,) if wanted.context.get("other") else ()

    def _with_other_versions(self, fault: Notice) -> Notice:
        """Name the command that asks for other versions instead of a plan, which was made just now and led here."""
        facts = {name: value for name, value in fault.facts if name != "plan"}
        packages = fault.context.get("packages")
        words = tuple(self._others_than(packages)) if isinstance(packages, tuple) else ()
        if not words:
            return Notice.of(fault.code, **facts)
        where = f"--venv {quoted(str(self.environment.root))}"
        typed = self.options.typed or TypedCommand(verb="install", parts=(where,))
        return Notice.of(fault.code, **facts, other=str(replace(typed, parts=(*words, *typed.parts))))

    def _others_than(self, packages: Collection[str]) -> Iterator[str]:
        """Write requirements that exclude the versions that were chosen; none where exactly those were asked for."""
        resolved = self.planned.resolved
        for pin in () if isinstance(resolved.outcome, Conflict) else resolved.outcome.pins:
            asked = resolved.request.requirement(pin.project) if resolved.request is not None else None
            is_exact = asked is not None and any(one.operator in {"==", "==="} for one in asked.specifier)
            if pin.project in packages and not is_exact:
                yield quoted(f"{pin.project}!={pin.version.public}")

    def _roots(self, own: OwnProof) -> frozenset[str]:
        """Name the distributions that the request needs: the family, what was asked for by name, and applications'."""
        resolved = self.planned.resolved
        pins = () if isinstance(resolved.outcome, Conflict) else resolved.outcome.pins
        asked = resolved.request.others if resolved.request is not None else ()
        of_applications = (
            name
            for application in resolved.applications
            for name in (application.name, *(one.requirement.name for one in application.requires))
        )
        built = self.planned.plan.builds if self.planned.plan is not None else ()
        lines = (*(pin.project for pin in pins), *asked, *of_applications, *(step.project for step in built))
        return frozenset((*map(project_of, lines), *own.extensions))

    def _run(self, own: OwnProof) -> VerificationReport:
        applications = self.planned.resolved.applications
        imports = () if self.target.is_cpu else applications
        there = frozenset(str(found.name) for found in self.environment.distributions)
        report = verify(
            self.environment.python,
            device="cpu" if self.target.is_cpu else "cuda",
            gpus=self.target.gpus,
            environ=self.surroundings.environ,
            installed=there if self._has_family else frozenset(),
            reporter=self.reporter,
            required=self.required,
            is_full=needs_full(self.required),
            own=with_imports(own, imports, self.environment, leaves_built=True),
        )
        report = with_causes(report, self.environment, self.options, self.surroundings)
        return with_applications(report, applications)

    def _ending(self, verification: VerificationReport) -> Ending:
        if not verification.checks:
            return "unverified"
        has_failed = bool(verification.failed) and not self.required
        return "verification-failed" if has_failed or verification.unproven else "installed"
