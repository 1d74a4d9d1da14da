"""Carries a plan out: snapshot, engine, proof; the state before comes back unless all of it succeeded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.detect.environment import read_again, read_environment
from gpuenv.install.change import change
from gpuenv.install.closures.wheel_files import WheelFiles
from gpuenv.install.environments import create_environment
from gpuenv.install.executor import execute
from gpuenv.install.outcome import touched_projects
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.workflow.applications_here import record_lines
from gpuenv.workflow.changes.installation import Installation
from gpuenv.workflow.changes.proof import Proof, ProofOfChange
from gpuenv.workflow.changes.starting import uv_project_notes
from gpuenv.workflow.kept_profile import keep_profile
from gpuenv.workflow.plan import venv_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.install.change import Ongoing
    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import BuiltExtension, ExecutionRecord
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.changes.extensions import Sources
    from gpuenv.workflow.changes.installation import Choices
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.plan import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is told of a change that stays; nothing of one that does not."""

    notes: tuple[Notice, ...] = ()
    snapshot_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One change of an environment."""

    options: Options
    surroundings: Surroundings
    reporter: Reporter
    choices: Choices

    def carry_out(self, planned: Planned, steps: Plan, target: Target, root: Path) -> Installation:
        """Change the environment, prove it, and only then make the change stay.

        What is compiled for it is fetched before anything is changed.
        """
        if not steps.builds:
            return self._change(planned, steps, target, root, None)
        from gpuenv.workflow.changes.extensions import fetched_sources  # noqa: PLC0415 - few applications compile

        found = planned.resolved.environment
        python = found.python if found is not None else venv_python(self.options, self.surroundings.environ)
        with fetched_sources(planned, self.options, self.surroundings, self.reporter, python=python) as sources:
            return self._change(planned, steps, target, root, sources)

    def _change(
        self, planned: Planned, steps: Plan, target: Target, root: Path, sources: Sources | None
    ) -> Installation:
        """Make the environment, execute the plan, compile what is to be compiled, prove it, and only then commit."""
        after: list[Environment] = []
        before = planned.resolved.environment
        kept = _Kept()
        with change(
            root,
            is_new=before is None,
            keep_failed=self.choices.keeps_failed,
            projects=touched_projects(steps) | {canonicalize_name(build.project) for build in steps.builds},
        ) as ongoing:
            made = self._create(root, planned) if before is None else ()
            environment = before or read_environment(root, surroundings=self.surroundings)
            record = self._execute(planned, steps, environment, ongoing, after)
            record, built = self._extended(record, planned, target, sources, ongoing, after)
            proof = self._proven(record, planned, target, after)
            if proof.ending in {"installed", "unverified"}:
                # A Python that ran checks may have written files: then they are listed anew.
                manifest = record.files if proof.verification is None and not built else None
                kept = self._commit(ongoing, planned, root, proof, after[-1], manifest)
        return Installation(
            ending=proof.ending,
            planned=planned,
            root=root,
            environment=after[-1] if after else None,
            record=record,
            verification=proof.verification,
            log_folder=ongoing.log_folder,
            fate=ongoing.fate,
            notes=(*made, *kept.notes),
            uncovered=proof.uncovered,
            built=built,
            snapshot_bytes=kept.snapshot_bytes,
        )

    def _create(self, root: Path, planned: Planned) -> tuple[Notice, ...]:
        self.reporter.stage("creating-environment", environment=str(root))
        return create_environment(
            root,
            python=str(venv_python(self.options, self.surroundings.environ)),
            settings=planned.resolved.settings,
            environ=self.surroundings.environ,
            reporter=self.reporter,
            is_offline=self.options.is_offline,
        )

    def _extended(
        self,
        record: ExecutionRecord,
        planned: Planned,
        target: Target,
        sources: Sources | None,
        ongoing: Ongoing,
        after: list[Environment],
    ) -> tuple[ExecutionRecord, tuple[BuiltExtension, ...]]:
        """Compile and install the extensions of a plan that was executed, where it has any."""
        if sources is None or record.status != "done":
            return record, ()
        from gpuenv.workflow.changes.extensions import Extending  # noqa: PLC0415 - few applications compile

        extending = Extending(
            planned=planned,
            target=target,
            options=self.options,
            surroundings=self.surroundings,
            reporter=self.reporter,
        )
        added = extending.add(sources, ongoing, after)
        if added.problems:
            record = replace(record, status="failed", problems=added.problems)
        return record, added.built

    def _proven(self, record: ExecutionRecord, planned: Planned, target: Target, after: Sequence[Environment]) -> Proof:
        """Prove what was executed; of what failed there is nothing to prove."""
        if record.status != "done":
            return Proof(ending="failed")
        return ProofOfChange(
            environment=after[-1],
            planned=planned,
            target=target,
            options=self.options,
            surroundings=self.surroundings,
            reporter=self.reporter,
            required=self.choices.required,
        ).prove()

    def _commit(
        self,
        ongoing: Ongoing,
        planned: Planned,
        root: Path,
        proof: Proof,
        environment: Environment,
        manifest: Manifest | None,
    ) -> _Kept:
        """Make the change stay, and keep what was proven; from here on nothing puts the state before back."""
        keeps = self.choices.keeps_snapshot
        ongoing.commit(pins=_constraints(planned, root), keeps_snapshot=keeps, manifest=manifest)
        held = ongoing.held_bytes() if keeps else None
        notes = (*proof.notes, *uv_project_notes(root, self.surroundings))
        if proof.verification is not None and proof.verification.ran:
            notes += keep_profile(environment, proof.verification, self.surroundings)
        return _Kept(notes=notes, snapshot_bytes=held)

    def _execute(
        self, planned: Planned, steps: Plan, environment: Environment, ongoing: Ongoing, after: list[Environment]
    ) -> ExecutionRecord:
        files = planned.files or WheelFiles()

        def read() -> Environment:
            after.append(read_again(environment))
            return after[-1]

        return execute(
            steps,
            environment=environment,
            ongoing=ongoing,
            settings=planned.resolved.settings,
            environ=self.surroundings.environ,
            read=read,
            closure=files.packages,
            reporter=self.reporter,
            # Exact versions and their hashes leave nothing to ask an index for where the cache has all of it.
            is_offline=self.options.is_offline or (self.choices.engine == "uv" and files.to_download == 0),
            engine=self.choices.engine,
            checks_hashes=self.choices.checks_hashes,
        )


def _constraints(planned: Planned, root: Path) -> list[str] | None:
    """The family's pins, for `gpuenv run` to keep other installers from undoing them, and what they are for."""
    resolution = planned.resolved.outcome
    if isinstance(resolution, Conflict):
        return None
    excluded = (f"# left out on purpose: {project}" for project in resolution.excluded)
    pins = (f"{pin.project}{'==' if pin.version.local else '==='}{pin.version}" for pin in resolution.pins)
    return [*pins, *excluded, *record_lines(planned.resolved.applications, root)]
