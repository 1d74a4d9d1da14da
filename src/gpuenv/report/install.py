"""Shows how an install ended: status, exit code, JSON, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.models.notice import Notice
from gpuenv.report.messages import phrase
from gpuenv.report.plan import plan_as_json, write_plan
from gpuenv.report.result import CommandResult
from gpuenv.report.verify import problems_of, verification_as_json, write_verification

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.execution import Ending, ExecutionRecord
    from gpuenv.models.plan import Plan
    from gpuenv.models.resolution import Conflict, Resolution
    from gpuenv.models.target import Target
    from gpuenv.models.verification import VerificationReport
    from gpuenv.report.messages import Language
    from gpuenv.report.result import Status
    from gpuenv.report.terminal import Terminal

EXIT_VERIFICATION_FAILED = 3
EXIT_NOTHING_TO_RUN_ON = 4

_OUTCOMES: dict[Ending, tuple[Status, int]] = {
    "conflict": ("conflict", 1),
    "nothing-to-do": ("ok", 0),
    "needs-consent": ("failed", 1),
    "declined": ("failed", 1),
    "installed": ("ok", 0),
    "unverified": ("unverified", 0),
    "failed": ("rolled-back", 1),
    "verification-failed": ("rolled-back", EXIT_VERIFICATION_FAILED),
}


def installation_result(
    *,
    ending: Ending,
    root: Path | None,
    target: Target | None,
    matrix_version: str,
    outcome: Resolution | Conflict,
    plan: Plan | None,
    notes: tuple[Notice, ...],
    record: ExecutionRecord | None,
    verification: VerificationReport | None,
    log_folder: Path | None,
    foreign: tuple[str, ...],
    uncovered: tuple[Notice, ...],
    require_verified: bool,
    language: Language,
) -> CommandResult:
    """Make the result of `gpuenv install` from how it ended."""
    status, exit_code = _OUTCOMES[ending]
    if ending == "unverified" and require_verified:
        exit_code = EXIT_NOTHING_TO_RUN_ON
    data: dict[str, Any] = plan_as_json(
        target=target,
        matrix_version=matrix_version,
        outcome=outcome,
        plan=plan,
        notes=notes,
        is_changed=ending in {"installed", "unverified"},
        language=language,
    )
    data["environment"] = str(root) if root else None
    data["verification"] = verification_as_json(verification, language) if verification else None
    gpus = target.gpus if target else ()
    problems = problems_of(verification, venv=root, gpus=gpus) if verification and root else uncovered
    errors = _errors(ending, record, foreign, log_folder, problems)

    def write(terminal: Terminal) -> None:
        write_plan(terminal, target=target, outcome=outcome, plan=plan, notes=notes)
        if verification is not None:
            write_verification(terminal, report=verification, gpus=gpus)
        _write_ending(terminal, ending, root)

    return CommandResult(status=status, exit_code=exit_code, data=data, errors=errors, write=write)


def _errors(
    ending: Ending,
    record: ExecutionRecord | None,
    foreign: tuple[str, ...],
    log_folder: Path | None,
    failed_checks: tuple[Notice, ...],
) -> tuple[Notice, ...]:
    match ending:
        case "needs-consent":
            return (Notice.of("needs-consent", packages=foreign, command="gpuenv install --yes"),)
        case "declined":
            return (Notice.of("declined"),)
        case "failed":
            failures = record.problems if record is not None else ()
            return (*failures, Notice.of("state-before-restored", log=str(log_folder) if log_folder else None))
        case "verification-failed":
            log = str(log_folder) if log_folder else None
            return (Notice.of("verification-failed"), *failed_checks, Notice.of("state-before-restored", log=log))
        case _:
            return ()


def _write_ending(terminal: Terminal, ending: Ending, root: Path | None) -> None:
    if ending in {"installed", "unverified"}:
        style = "green" if ending == "installed" else "yellow"
        terminal.print(phrase(ending, {"environment": str(root)}, terminal.language).message, style=style)
        terminal.print(phrase("what-next", {"environment": str(root)}, terminal.language).message)
