"""From options to a resolution: environment, matrix, target, request, and the index pages that decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.inputs import environment_of, python_of, requirement_lines
from gpuenv.workflow.resolving.applications import (
    Applied,
    application_limits,
    apply_applications,
    may_have_applications,
    without_excluded,
)
from gpuenv.workflow.resolving.extension_lines import part_extensions
from gpuenv.workflow.resolving.extension_search import resolve_with_extensions
from gpuenv.workflow.resolving.matrix_data import load_data
from gpuenv.workflow.resolving.needed import needed_family
from gpuenv.workflow.resolving.request import make_request
from gpuenv.workflow.target import DETECTED, choose_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.models.application import Application
    from gpuenv.models.environment import Environment
    from gpuenv.models.index import Source
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Build
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import IndexPolicy, Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.project.requirement_files import RequirementLine
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.extension_lines import Extensions
    from gpuenv.workflow.resolving.kept_pages import KeptPages
    from gpuenv.workflow.resolving.matrix_data import MatrixData
    from gpuenv.workflow.resolving.needed import ClosureNames
    from gpuenv.workflow.resolving.request import Asked
    from gpuenv.workflow.target import ChosenTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A request, the target it is for, and what was chosen."""

    outcome: Resolution | Conflict
    matrix: CompatibilityMatrix
    settings: IndexSettings
    target: Target | None
    """None where there was no target to resolve for (no usable GPU)."""
    request: Request | None
    root: Path | None
    """The folder of the environment; None where none is looked at (described targets, `lock`)."""
    environment: Environment | None
    """None where there is none yet."""
    notes: tuple[Notice, ...] = ()
    applications: tuple[Application, ...] = ()
    """Those of the request whose rows were applied."""
    builds: tuple[Build, ...] = ()
    """Extensions that no wheel serves: `notes` name each, for those that build nothing."""


def resolve_request(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    looks_at_environment: bool | None = None,
    data: MatrixData | None = None,
    settings: IndexSettings | None = None,
    closure_names: ClosureNames | None = None,
    kept_pages: KeptPages | None = None,
) -> Resolved:
    """Resolve what the options ask for: the matrix, the environment, the target, and then the request.

    `looks_at_environment` None: unless the target is described. `data` is given where many requests share it.
    `settings` None: as pip and uv are configured here. `closure_names` finds what other requirements come down to;
    None: by the engine, which may build sources for it. `kept_pages` gives pages of the last run, for the caller to
    confirm.
    """
    from gpuenv.project.index_choice import sources_for  # noqa: PLC0415 - in the order of the work
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415

    data = data or load_data(options.matrix, surroundings)
    root, environment = environment_of(options, surroundings, looks_at_environment=looks_at_environment)
    settings = settings or read_index_settings(surroundings, venv=root)
    python = python_of(options, environment, surroundings)
    chosen = choose_target(options, surroundings, python=python, gpu_models=data.gpu_models)
    if isinstance(chosen, Conflict):
        return Resolved(
            outcome=chosen,
            matrix=data.matrix,
            settings=settings,
            target=None,
            request=None,
            root=root,
            environment=environment,
        )
    policy, sources = sources_for(options.indexes, surroundings, settings)
    scene = _Scene(
        options=options,
        surroundings=surroundings,
        reporter=reporter,
        data=data,
        settings=settings,
        root=root,
        environment=environment,
        chosen=chosen,
        policy=policy,
        sources=sources,
        closure_names=closure_names,
        kept_pages=kept_pages,
    )
    return scene.resolve(requirement_lines(options, surroundings))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What a request is resolved for, and in."""

    options: Options
    surroundings: Surroundings
    reporter: Reporter
    data: MatrixData
    settings: IndexSettings
    root: Path | None
    environment: Environment | None
    chosen: ChosenTarget
    policy: IndexPolicy
    sources: tuple[Source, ...]
    closure_names: ClosureNames | None
    kept_pages: KeptPages | None

    @property
    def target(self) -> Target:
        return self.chosen.target

    def resolve(self, typed: tuple[RequirementLine, ...]) -> Resolved:
        """Resolve the lines that were typed, with what is known of the applications among them."""
        applied = self._applied(typed)
        lines, extensions = part_extensions(self._with_wheels(applied), self.data.matrix, self.target)
        needed = self._needed(lines)
        asked = self._asked((*lines, *(needed or ())), needs_are_known=needed is not None)
        outcome, request, served = resolve_with_extensions(
            *(asked.request, extensions, self.target, self.data.tables, self.environment, self.settings),
            *(self.options, self.surroundings, self.reporter, self.data.answers, self.kept_pages),
        )
        builds = self._builds(applied, outcome, extensions, served)
        outcome = self._explained(outcome, typed, applied, extensions)
        limits = () if isinstance(outcome, Conflict) else application_limits(applied.applications, self.target)
        found = (*self.chosen.notes, *applied.notes, *asked.notes, *served, *limits)
        return Resolved(
            outcome=without_excluded(outcome, applied.excluded),
            matrix=self.data.matrix,
            settings=self.settings,
            target=self.target,
            request=request,
            root=self.root,
            environment=self.environment,
            notes=(*found, *(self._unbuilt(builds, served) if builds else ())),
            applications=applied.applications,
            builds=builds,
        )

    def _applied(self, lines: tuple[RequirementLine, ...]) -> Applied:
        """Bring in what is known of the applications; most ask for torch alone, and nothing is read for it."""
        if not may_have_applications(lines):
            return Applied(lines=lines)
        return apply_applications(lines, self.data.applications(), is_cpu=self.target.is_cpu)

    def _with_wheels(self, applied: Applied) -> tuple[RequirementLine, ...]:
        """Ask for the wheels of what an application would compile."""
        if not applied.applications:
            return applied.lines
        from gpuenv.workflow.resolving.extension_builds import wheels_first  # noqa: PLC0415 - most ask for torch alone

        known = self.data.matrix.extensions
        return (*applied.lines, *wheels_first(applied.applications, known, is_cpu=self.target.is_cpu))

    def _needed(self, lines: tuple[RequirementLine, ...]) -> tuple[RequirementLine, ...] | None:
        """Name what the other requirements need of the family; None where offline nobody can tell."""
        known = self.data.needed
        key = (tuple((line.kind, line.text) for line in lines), self.target.platform, self.target.python)
        if key in known:
            return known[key]
        found: tuple[RequirementLine, ...] | None
        try:
            found = needed_family(
                *(lines, self.target, self.environment, self.settings, self.surroundings, self.reporter),
                self.closure_names,
                is_offline=self.options.is_offline,
            )
        except GpuenvError:
            if not self.options.is_offline:
                raise
            found = None
        if self.environment is None and self.closure_names is None:
            known[key] = found
        return found

    def _asked(self, lines: Sequence[RequirementLine], *, needs_are_known: bool = True) -> Asked:
        return make_request(
            lines,
            self.options,
            self.target,
            self.environment,
            policy=self.policy,
            sources=self.sources,
            needs_are_known=needs_are_known,
        )

    def _builds(
        self, applied: Applied, outcome: Resolution | Conflict, extensions: Extensions, served: Sequence[Notice]
    ) -> tuple[Build, ...]:
        """Name the extensions that no wheel serves: those of the applications, and those that were asked for."""
        known = applied.applications
        if not (known or extensions.bound):
            return ()
        from gpuenv.workflow.resolving.extension_builds import asked_builds, wanted_builds  # noqa: PLC0415 - as above

        wanted = wanted_builds(known, self.environment, outcome, self.target, self.surroundings) if known else ()
        return (*wanted, *asked_builds(extensions, served, known, self.environment, outcome, self.target))

    def _unbuilt(self, builds: tuple[Build, ...], served: Sequence[Notice]) -> Iterator[Notice]:
        """Say how they are built, of each that the choice of wheels has not said it of."""
        from gpuenv.workflow.resolving.extension_builds import build_notes  # noqa: PLC0415 - as above

        described = self.options.target if self.options.target not in DETECTED else None
        said = {note.context.get("package") for note in served}
        notes = build_notes(builds, described=described, venv=self.options.venv)
        yield from (note for note in notes if note.context["package"] not in said)

    def _explained(
        self, outcome: Resolution | Conflict, typed: Sequence[RequirementLine], applied: Applied, asked: Extensions
    ) -> Resolution | Conflict:
        """Name the way out of a conflict between what was typed and an application, or what has no code for a GPU."""
        if not (applied.applications or (asked.free and not isinstance(outcome, Conflict))):
            return outcome
        if not isinstance(outcome, Conflict):
            from gpuenv.workflow.resolving.uncovered_extensions import if_covered  # noqa: PLC0415 - as above

            return if_covered(outcome, typed, applied.applications, asked, self.target, self.options)
        from gpuenv.workflow.resolving.application_conflicts import left_to_application  # noqa: PLC0415 - as above

        def again(fewer: Sequence[RequirementLine]) -> Resolution | Conflict:
            there = apply_applications(fewer, self.data.applications(), is_cpu=self.target.is_cpu).lines
            less = self._asked(there).request
            return resolve(less, self.target, self.data.matrix, environment=self.environment, tables=self.data.tables)

        return left_to_application(outcome, typed, applied.applications, self.options, again)
