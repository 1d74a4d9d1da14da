"""Runs the commands of an engine, journaled before and after, logged line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.install.engines.pseudo_terminal import IS_AVAILABLE, run_drawing
from gpuenv.install.engines.signatures import last_lines
from gpuenv.install.engines.uv import without_credentials
from gpuenv.install.state import new_log
from gpuenv.models.execution import ExecutionRecord, StepResult
from gpuenv.process import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gpuenv.install.change import Ongoing
    from gpuenv.install.engines.protocol import Command, Engine, Order, Output
    from gpuenv.install.snapshots.manifest import Manifest
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter
    from gpuenv.process import ProcessResult


class EngineRun:
    """The commands of one run of a plan."""

    def __init__(self, ongoing: Ongoing, engine: Engine, listener: Reporter) -> None:
        """Begin the next log file of the environment."""
        self._ongoing = ongoing
        self._engine = engine
        self._listener = listener
        self._log = new_log(ongoing.state)
        self._results: list[StepResult] = []
        self._last_lines: tuple[str, ...] = ()

    def note_deleted(self, names: Sequence[str]) -> None:
        """Log what was deleted without the engine."""
        self._write(f"deleted the remains {name}" for name in names)

    def uninstall(self, projects: Sequence[str]) -> Notice | None:
        """Remove these; gives the cause of a failure."""
        if not projects:
            return None
        self._listener.stage("removing-packages", packages=", ".join(projects))
        return self._command(self._engine.removal(projects), None)

    def installation(self, order: Order, folder: Path) -> Iterator[Notice | None]:
        """Install what is ordered, a command at a time; yields after each the cause of its failure, or None."""
        self._listener.stage(
            "installing-packages", packages=", ".join(f"{step.project} {step.version}" for step in order.steps)
        )
        for command in self._engine.installation(order, folder):
            yield self._command(command, folder)

    def record(
        self,
        status: Literal["done", "failed", "outcome-differs"],
        problems: tuple[Notice, ...],
        files: Manifest | None = None,
    ) -> ExecutionRecord:
        """Make the record of what was run."""
        return ExecutionRecord(
            status=status,
            results=tuple(self._results),
            log=self._log if self._log.exists() else None,
            problems=problems,
            last_lines=self._last_lines,
            files=files,
        )

    def _command(self, command: Command, cwd: Path | None) -> Notice | None:
        shown = tuple(without_credentials(argument) for argument in command.argv)
        self._ongoing.step(shown)
        lines: list[str] = []
        result = self._run(command, shown, lines, cwd)
        self._ongoing.step_done(result.exit_code)
        self._results.append(StepResult(command=shown, exit_code=result.exit_code, seconds=result.seconds))
        if result.succeeded:
            return None
        more = tuple(without_credentials(line) for line in self._engine.afterwords())
        self._write(more)
        said = "\n".join((*lines, *more))
        self._last_lines = tuple(last_lines(said).splitlines())
        return self._engine.why_failed(said, exit_code=result.exit_code)

    def _run(self, command: Command, shown: Sequence[str], lines: list[str], cwd: Path | None) -> ProcessResult:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(shown)}\n")

            def on_line(line: str) -> None:
                text = without_credentials(line)
                lines.append(text)
                log.write(f"{text}\n")
                log.flush()
                self._listener.output(text)

            output = self._engine.output(self._listener, on_line)
            try:
                return self._started(command, output, cwd)
            finally:
                self._listener.downloads_over()

    def _started(self, command: Command, output: Output, cwd: Path | None) -> ProcessResult:
        if command.can_draw and self._listener.is_live and IS_AVAILABLE:
            return run_drawing(
                command.argv,
                env=command.environ,
                on_text=output.drawing,
                cwd=cwd,
                pass_fds=self._ongoing.pass_fds,
            )
        return stream(command.argv, env=command.environ, on_line=output.line, cwd=cwd, pass_fds=self._ongoing.pass_fds)

    def _write(self, lines: Iterator[str] | Sequence[str]) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.writelines(f"{line}\n" for line in lines)
