"""Shows a wheel that was built and the proof of what is in it, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.report.diagnose import diagnosis_as_json
from gpuenv.report.inspect import EXIT_CHECK_FAILED, inspection_result
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import (
    conflict_as_json,
    target_as_json,
    warnings_as_json,
    write_conflict,
    write_target,
)
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.binaries import Inspection
    from gpuenv.models.diagnosis import DiagnosisReport
    from gpuenv.models.resolution import Conflict
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

SAID_BEFORE: Final = "long-build"
"""What was told before a build began is not told again when it is over."""


def build_result(
    *,
    source: str,
    wheel: Path,
    origin: str,
    target: Target,
    torch: str,
    toolkit: str | None,
    variables: Mapping[str, str],
    inspection: Inspection,
    faults: tuple[Notice, ...],
    notes: tuple[Notice, ...],
    is_installed: bool,
    log: Path | None,
    command: str,
    language: Language,
) -> CommandResult:
    """Make the result; exit code 3 where the wheel lacks code for a GPU, or does not import and the old one is back.

    `command` installs a wheel that was only made.
    """
    proof = inspection_result(inspection, language)
    facts = {"torch": torch, "toolkit": toolkit or "-", "origin": origin}
    done = "extension-installed" if is_installed else "extension-built"

    def write(terminal: Terminal) -> None:
        write_target(terminal, target)
        terminal.print(phrase("build-facts", facts, terminal.language).message)
        proof.write(terminal)
        _write_notes(terminal, notes)
        if not faults:
            made = {"wheel": str(wheel), "command": command}
            terminal.print(phrase(done, made, terminal.language).message, style="green")

    lacks_code = any(fault.code.startswith("extension-") for fault in faults)
    return CommandResult(
        status="ok" if not faults else "failed" if lacks_code else "rolled-back",
        exit_code=EXIT_CHECK_FAILED if faults else 0,
        data={
            "changed": is_installed,
            "source": source,
            "target": target_as_json(target),
            "wheel": str(wheel),
            "origin": origin,
            "torch": torch,
            "toolkit": toolkit,
            "variables": dict(variables),
            "files": proof.data["files"],
            "installed": is_installed,
            "log": str(log) if log is not None else None,
            "warnings": warnings_as_json(notes, language),
        },
        errors=faults,
        write=write,
    )


def _write_notes(terminal: Terminal, notes: Sequence[Notice]) -> None:
    for note in notes:
        if note.code != SAID_BEFORE:
            terminal.notice("note", note)


def failed_result(
    *,
    source: str,
    detail: str,
    log: Path,
    report: DiagnosisReport,
    notes: tuple[Notice, ...],
    language: Language,
) -> CommandResult:
    """Make the result of a build that made no wheel: its last lines, and the cause that its log shows."""
    primary = report.primary
    cause = (primary.cause,) if primary is not None else ()
    failed = Notice.of("build-failed", source=source, detail=detail, log=str(log))
    return CommandResult(
        status="failed",
        exit_code=1,
        data={
            "changed": False,
            "source": source,
            "log": str(log),
            "primary": None if primary is None else diagnosis_as_json(primary, language),
            "others": [diagnosis_as_json(other, language) for other in report.others],
        },
        errors=(failed, *notes, *cause),
    )


def conflict_result(conflict: Conflict, language: Language) -> CommandResult:
    """Make the result of a target or a compiler that cannot be had: there is nothing to build for, or with."""

    def write(terminal: Terminal) -> None:
        write_conflict(terminal, conflict)

    return CommandResult(
        status="conflict", exit_code=1, data={"conflict": conflict_as_json(conflict, language)}, write=write
    )


def script_result(script: str, notes: tuple[Notice, ...], language: Language) -> CommandResult:
    """Make the result of `--print`: the script itself, and on stderr what may be wrong with it."""

    def write(terminal: Terminal) -> None:
        for note in notes:
            terminal.notice("warning", note)
        terminal.write(script)

    data = {"changed": False, "script": script, "warnings": warnings_as_json(notes, language)}
    return CommandResult(status="ok", exit_code=0, data=data, write=write)


def joined_result(results: Sequence[CommandResult]) -> CommandResult:
    """Join the results of several sources: the last decides, for the first that fails ends the run."""
    last = results[-1]
    builds = [dict(result.data) for result in results]

    def write(terminal: Terminal) -> None:
        for result in results:
            result.write(terminal)

    data: dict[str, Any] = {**last.data, "builds": builds}
    return CommandResult(status=last.status, exit_code=last.exit_code, data=data, errors=last.errors, write=write)
