"""Makes the result of an install: status, exit code, JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from gpuenv.models.notice import Notice
from gpuenv.report.build_steps import built_as_json, write_built
from gpuenv.report.install_text import write_afterwards, write_last_lines
from gpuenv.report.plan import plan_as_json, write_plan
from gpuenv.report.result import CommandResult
from gpuenv.report.verify import problems_of, verification_as_json, write_verification

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.errors import Fate
    from gpuenv.models.execution import BuiltExtension, Ending, EngineName, ExecutionRecord
    from gpuenv.models.plan import Plan
    from gpuenv.models.resolution import Conflict, Resolution
    from gpuenv.models.target import Target
    from gpuenv.models.verification import VerificationReport
    from gpuenv.report.install_text import Afterwards
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
_CHANGED = frozenset({"installed", "unverified"})


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
    built: Sequence[BuiltExtension],
    verification: VerificationReport | None,
    log_folder: Path | None,
    fate: Fate | None,
    foreign: tuple[str, ...],
    typed: str,
    uncovered: tuple[Notice, ...],
    require_verified: bool,
    language: Language,
    engine: EngineName,
    afterwards: Afterwards | None,
    plan_was_shown: bool,
) -> CommandResult:
    """Make the result of `gpuenv install` from how it ended. `typed` are its arguments, for hints."""
    status, exit_code = _OUTCOMES[ending]
    if ending == "unverified" and require_verified:
        exit_code = EXIT_NOTHING_TO_RUN_ON
    data: dict[str, Any] = plan_as_json(
        target=target,
        matrix_version=matrix_version,
        outcome=outcome,
        plan=plan,
        notes=notes,
        is_changed=ending in _CHANGED,
        language=language,
    )
    log = _log(record, log_folder)
    data |= {
        "environment": str(root) if root else None,
        "engine": engine,
        "log": log,
        "last_lines": list(record.last_lines) if record is not None else [],
        "built": [built_as_json(one, language) for one in built],
        "snapshot_bytes": afterwards.snapshot_bytes if afterwards is not None else None,
        "verification": verification_as_json(verification, language) if verification else None,
    }
    gpus = target.gpus if target else ()
    # What was removed again can be diagnosed by nobody.
    left = None if fate == "removed" else root
    diagnose = f"gpuenv diagnose --venv {shlex.quote(str(left))}" if left is not None else None
    failed_checks = problems_of(verification, venv=left, gpus=gpus) if verification else ()
    problems = (Notice.of("verification-failed", diagnose=diagnose), *uncovered, *failed_checks)

    def write(terminal: Terminal) -> None:
        if not plan_was_shown:
            write_plan(terminal, target=target, outcome=outcome, plan=plan, notes=notes)
        if record is not None:
            write_last_lines(terminal, record, engine)
        write_built(terminal, built if ending in _CHANGED else ())
        if ending in _CHANGED and plan is not None and afterwards is not None:
            write_afterwards(terminal, ending, plan, verification, gpus, afterwards)
        elif verification is not None:
            write_verification(terminal, report=verification, gpus=gpus)

    return CommandResult(
        status=status,
        exit_code=exit_code,
        data=data,
        errors=_errors(ending, record, foreign, typed, problems, _settled(fate, root, log, ending, typed)),
        write=write,
    )


def _log(record: ExecutionRecord | None, folder: Path | None) -> str | None:
    """Where the engine's output is: elsewhere than it was written after a new environment was removed."""
    if record is None or record.log is None:
        return str(folder) if folder is not None else None
    return str(record.log if folder is None else folder / record.log.name)


def _settled(fate: Fate | None, root: Path | None, log: str | None, ending: Ending, typed: str) -> Notice:
    """What became of an environment whose change failed."""
    match fate:
        case "removed":
            again = f"gpuenv install --keep-failed {typed}".rstrip() if ending == "verification-failed" else None
            return Notice.of("new-environment-removed", environment=str(root), log=log, again=again)
        case "kept":
            return Notice.of("failed-environment-kept", environment=str(root), log=log)
        case _:
            return Notice.of("state-before-restored", log=log)


def _errors(
    ending: Ending,
    record: ExecutionRecord | None,
    foreign: tuple[str, ...],
    typed: str,
    problems: tuple[Notice, ...],
    settled: Notice,
) -> tuple[Notice, ...]:
    match ending:
        case "needs-consent":
            return (Notice.of("needs-consent", packages=foreign, command=f"gpuenv install --yes {typed}".rstrip()),)
        case "declined":
            return (Notice.of("declined"),)
        case "failed":
            failures = record.problems if record is not None else ()
            return (*failures, settled)
        case "verification-failed":
            return (*problems, settled)
        case _:
            return ()
