"""Shows a wheel that was built and the proof of what is in it, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.report.inspect import EXIT_CHECK_FAILED, inspection_result
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import conflict_as_json, target_as_json, write_conflict, write_target
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gpuenv.models.binaries import Inspection
    from gpuenv.models.notice import Notice
    from gpuenv.models.resolution import Conflict
    from gpuenv.models.target import Target
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal


def build_result(
    *,
    wheel: Path,
    target: Target,
    torch: str,
    toolkit: str,
    variables: Mapping[str, str],
    inspection: Inspection,
    faults: tuple[Notice, ...],
    language: Language,
) -> CommandResult:
    """Make the result; exit code 3 where the wheel lacks code for a GPU of the target."""
    proof = inspection_result(inspection, language)

    def write(terminal: Terminal) -> None:
        write_target(terminal, target)
        terminal.print(f"build    torch {torch}, CUDA toolkit {toolkit}")
        proof.write(terminal)
        if not faults:
            facts = {"wheel": str(wheel)}
            terminal.print(phrase("extension-built", facts, terminal.language).message, style="green")

    return CommandResult(
        status="failed" if faults else "ok",
        exit_code=EXIT_CHECK_FAILED if faults else 0,
        data={
            "changed": False,
            "target": target_as_json(target),
            "wheel": str(wheel),
            "torch": torch,
            "toolkit": toolkit,
            "variables": dict(variables),
            "files": proof.data["files"],
        },
        errors=faults,
        write=write,
    )


def conflict_result(conflict: Conflict, language: Language) -> CommandResult:
    """Make the result of a target that cannot be had: there is nothing to build for."""

    def write(terminal: Terminal) -> None:
        write_conflict(terminal, conflict)

    return CommandResult(
        status="conflict", exit_code=1, data={"conflict": conflict_as_json(conflict, language)}, write=write
    )
