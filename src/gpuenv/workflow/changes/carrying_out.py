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
    from pathlib import Path

    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import BuiltExtension, ExecutionRecord
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Plan
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.changes.extensions import Added, Sources
    from gpuenv.workflow.changes.installation import Choices
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.plan import Planned


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
        notes: tuple[Notice, ...] = ()
        built: tuple[BuiltExtension, ...] = ()
        after: list[Environment] = []
        proof = Proof(ending="failed")
        snapshot_bytes = None
        environment = planned.resolved.environment
        with change(
            root,
            is_new=environment is None,
            keep_failed=self.choices.keeps_failed,
            projects=touched_projects(steps) | {canonicalize_name(build.project) for build in steps.builds},
        ) as ongoing:
            if environment is None:
                notes = self._create(root, planned)
                environment = read_environment(root, surroundings=self.surroundings)
            record = self._execute(planned, steps, environment, ongoing, after)
            if record.status == "done" and sources is not None:
                added = self._extend(planned, target, sources, ongoing, after)
                if added.problems:
                    record = replace(record, status="failed", problems=added.problems)
                built = added.built
            if record.status == "done":
                proof = ProofOfChange(
                    environment=after[-1],
                    planned=planned,
                    target=target,
                    options=self.options,
                    surroundings=self.surroundings,
                    reporter=self.reporter,
                    required=self.choices.required,
                ).prove()
            if proof.ending in {"installed", "unverified"}:
                ongoing.commit(
                    pins=_constraints(planned, root),
                    keeps_snapshot=self.choices.keeps_snapshot,
                    # A Python that ran checks may have written files: then they are listed anew.
                    manifest=record.files if proof.verification is None and not built else None,
                )
                snapshot_bytes = ongoing.held_bytes() if self.choices.keeps_snapshot else None
                notes += (*proof.notes, *uv_project_notes(root, self.surroundings))
                if proof.verification is not None and proof.verification.ran:
                    notes += keep_profile(after[-1], proof.verification, self.surroundings)
        return Installation(
            ending=proof.ending,
            planned=planned,
            root=root,
            environment=after[-1] if after else None,
            record=record,
            verification=proof.verification,
            log_folder=ongoing.log_folder,
            fate=ongoing.fate,
            notes=notes,
            uncovered=proof.uncovered,
            built=built,
            snapshot_bytes=snapshot_bytes,
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

    def _extend(
        self, planned: Planned, target: Target, sources: Sources, ongoing: Ongoing, after: list[Environment]
    ) -> Added:
        from gpuenv.workflow.changes.extensions import Extending  # noqa: PLC0415 - few applications compile

        extending = Extending(
            planned=planned,
            target=target,
            options=self.options,
            surroundings=self.surroundings,
            reporter=self.reporter,
        )
        return extending.add(sources, ongoing, after)

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
