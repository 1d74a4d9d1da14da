"""Runs a plan in an environment with the engine uv, and checks what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.install.debris import clear_debris
from gpuenv.install.environments import require_changeable
from gpuenv.install.failures import why_failed
from gpuenv.install.generated_project import project_text
from gpuenv.install.index_access import index_access
from gpuenv.install.outcome import differences_from_plan, touched_projects
from gpuenv.install.state import new_log
from gpuenv.install.uv import engine_environment, find_uv, install_argv, uninstall_argv, without_credentials
from gpuenv.models.execution import ExecutionRecord, StepResult
from gpuenv.models.progress import Reporter
from gpuenv.process import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gpuenv.install.change import Ongoing
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Install, Plan
    from gpuenv.models.settings import IndexSettings
    from gpuenv.process import ProcessResult


def execute(
    plan: Plan,
    *,
    ongoing: Ongoing,
    environment: Environment,
    settings: IndexSettings,
    environ: Mapping[str, str],
    read: Callable[[], Environment],
    closure: Sequence[LockedPackage] = (),
    reporter: Reporter | None = None,
    is_offline: bool = False,
) -> ExecutionRecord:
    """Remove and install what the plan says, nothing else, then read the environment again and compare.

    `closure` gives the hashes that the wheels must have, where they are known. The record's status is `done`, or
    `failed` with the cause, or `outcome-differs` with every difference; putting things back is the work of `change`,
    around this.
    Raises `system-interpreter`, `environment-not-writable` and `uv-not-found` before anything is touched.
    """
    require_changeable(environment)
    listener = reporter or Reporter()
    run = _Run(ongoing, environment, uv=find_uv(environ), environ=environ, listener=listener)
    run.note_cleared(clear_debris(environment, touched_projects(plan)))
    problem = run.uninstall(_still_installed(plan, environment))
    if problem is None and plan.installs:
        problem = run.install(plan.installs, closure, settings, is_offline=is_offline)
    if problem is not None:
        return ExecutionRecord(status="failed", results=tuple(run.results), log=run.log, problems=(problem,))
    listener.stage("checking-outcome")
    problems = differences_from_plan(plan, before=environment, after=read())
    return ExecutionRecord(
        status="outcome-differs" if problems else "done", results=tuple(run.results), log=run.log, problems=problems
    )


def _still_installed(plan: Plan, environment: Environment) -> tuple[str, ...]:
    """The removals that uv can do: what lost its RECORD was cleared away before."""
    return tuple(
        step.project
        for step in plan.removals
        if (found := environment.installed(canonicalize_name(step.project))) is not None and found.location.exists()
    )


class _Run:
    """The commands of one run, journaled and logged."""

    def __init__(
        self, ongoing: Ongoing, environment: Environment, *, uv: Path, environ: Mapping[str, str], listener: Reporter
    ) -> None:
        self._ongoing = ongoing
        self._python = environment.python
        self._environment = environment
        self._uv = uv
        self._environ = environ
        self._listener = listener
        self.log = new_log(ongoing.state)
        self.results: list[StepResult] = []

    def note_cleared(self, names: Sequence[str]) -> None:
        """Log what was deleted without the engine."""
        with self.log.open("a", encoding="utf-8") as log:
            log.writelines(f"deleted the remains {name}\n" for name in names)

    def uninstall(self, projects: Sequence[str]) -> Notice | None:
        """Remove these; gives the cause of a failure."""
        if not projects:
            return None
        self._listener.stage("removing-packages", packages=", ".join(projects))
        return self._command(
            uninstall_argv(self._uv, projects, python=self._python), environ=engine_environment(self._environ)
        )

    def install(
        self,
        steps: Sequence[Install],
        closure: Sequence[LockedPackage],
        settings: IndexSettings,
        *,
        is_offline: bool,
    ) -> Notice | None:
        """Install these in one command: uv fetches everything before it replaces anything."""
        self._listener.stage(
            "installing-packages", packages=", ".join(f"{step.project} {step.version}" for step in steps)
        )
        pins = tuple(step.pin for step in steps if step.pin is not None)
        access = index_access(settings, self._environ, pins)
        with tempfile.TemporaryDirectory(prefix="gpuenv-") as folder:
            project, hashes = Path(folder, "pyproject.toml"), Path(folder, "hashes.txt")
            project.write_text(project_text([_exact(step) for step in steps], access.explicit), encoding="utf-8")
            hashes.write_text("".join(_with_hashes(step, closure) for step in steps), encoding="utf-8")
            argv = install_argv(
                self._uv,
                (project,),
                python=self._python,
                constraints=(str(hashes),),
                reinstall=tuple(step.project for step in steps if self._has_equal(step)),
                indexes=access.arguments,
                is_offline=is_offline,
            )
            return self._command(argv, environ=access.environ, cwd=Path(folder))

    def _has_equal(self, step: Install) -> bool:
        """Whether the environment has that very version: uv would think that there is nothing to do."""
        found = self._environment.installed(canonicalize_name(step.project))
        return found is not None and found.version == step.version

    def _command(self, argv: Sequence[str], *, environ: Mapping[str, str], cwd: Path | None = None) -> Notice | None:
        shown = tuple(without_credentials(argument) for argument in argv)
        self._ongoing.step(shown)
        result = self._stream(argv, shown, environ, cwd)
        self._ongoing.step_done(result.exit_code)
        self.results.append(StepResult(command=shown, exit_code=result.exit_code, seconds=result.seconds))
        return None if result.succeeded else why_failed(result.stdout, exit_code=result.exit_code)

    def _stream(
        self, argv: Sequence[str], shown: Sequence[str], environ: Mapping[str, str], cwd: Path | None
    ) -> ProcessResult:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(shown)}\n")

            def on_line(line: str) -> None:
                text = without_credentials(line)
                log.write(f"{text}\n")
                log.flush()
                self._listener.output(text)

            return stream(argv, env=environ, on_line=on_line, cwd=cwd, pass_fds=self._ongoing.pass_fds)


def _exact(step: Install) -> str:
    """Without a local label `===`, so that no `+cpu` wheel can take its place."""
    return f"{step.project}{'==' if step.version.local else '==='}{step.version}"


def _with_hashes(step: Install, closure: Sequence[LockedPackage]) -> str:
    name = canonicalize_name(step.project)
    hashes = next(
        (locked.hashes for locked in closure if locked.project == name and locked.version == step.version), ()
    )
    return f"{_exact(step)} {' '.join(f'--hash={value}' for value in hashes)}\n" if hashes else ""
