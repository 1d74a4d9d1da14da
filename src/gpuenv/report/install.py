"""Makes the result of an install: status, exit code, JSON."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
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
    from gpuenv.models.hardware import Gpu
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an install ended, and what it was to do."""

    ending: Ending
    root: Path | None
    target: Target | None
    matrix_version: str
    outcome: Resolution | Conflict
    plan: Plan | None
    notes: tuple[Notice, ...]
    record: ExecutionRecord | None
    built: Sequence[BuiltExtension]
    verification: VerificationReport | None
    log_folder: Path | None
    fate: Fate | None
    foreign: tuple[str, ...]
    typed: str
    """The arguments of the command, for hints."""
    uncovered: tuple[Notice, ...]
    require_verified: bool
    engine: EngineName
    afterwards: Afterwards | None
    plan_was_shown: bool

    @property
    def is_changed(self) -> bool:
        """Whether the change stays."""
        return self.ending in _CHANGED

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """The GPUs that it is for."""
        return self.target.gpus if self.target else ()

    @property
    def log(self) -> str | None:
        """Where the engine's output is: elsewhere than it was written after a new environment was removed."""
        if self.record is None or self.record.log is None:
            return str(self.log_folder) if self.log_folder is not None else None
        return str(self.record.log if self.log_folder is None else self.log_folder / self.record.log.name)


def installation_result(ended: Ended, language: Language) -> CommandResult:
    """Make the result of `gpuenv install` from how it ended."""
    status, exit_code = _OUTCOMES[ended.ending]
    if ended.ending == "unverified" and ended.require_verified:
        exit_code = EXIT_NOTHING_TO_RUN_ON
    return CommandResult(
        status=status,
        exit_code=exit_code,
        data=_as_json(ended, language),
        errors=_errors(ended),
        write=partial(_write, ended),
    )


def _as_json(ended: Ended, language: Language) -> dict[str, Any]:
    planned = plan_as_json(
        target=ended.target,
        matrix_version=ended.matrix_version,
        outcome=ended.outcome,
        plan=ended.plan,
        notes=ended.notes,
        is_changed=ended.is_changed,
        language=language,
    )
    verification = ended.verification
    return planned | {
        "environment": str(ended.root) if ended.root else None,
        "engine": ended.engine,
        "log": ended.log,
        "last_lines": list(ended.record.last_lines) if ended.record is not None else [],
        "built": [built_as_json(one, language) for one in ended.built],
        "snapshot_bytes": ended.afterwards.snapshot_bytes if ended.afterwards is not None else None,
        "verification": verification_as_json(verification, language) if verification else None,
    }


def _write(ended: Ended, terminal: Terminal) -> None:
    if not ended.plan_was_shown:
        write_plan(terminal, target=ended.target, outcome=ended.outcome, plan=ended.plan, notes=ended.notes)
    if ended.record is not None:
        write_last_lines(terminal, ended.record, ended.engine)
    write_built(terminal, ended.built if ended.is_changed else ())
    if ended.is_changed and ended.plan is not None and ended.afterwards is not None:
        write_afterwards(terminal, ended.ending, ended.plan, ended.verification, ended.gpus, ended.afterwards)
    elif ended.verification is not None:
        write_verification(terminal, report=ended.verification, gpus=ended.gpus)


def _errors(ended: Ended) -> tuple[Notice, ...]:
    match ended.ending:
        case "needs-consent":
            command = f"gpuenv install --yes {ended.typed}".rstrip()
            return (Notice.of("needs-consent", packages=ended.foreign, command=command),)
        case "declined":
            return (Notice.of("declined"),)
        case "failed":
            failures = ended.record.problems if ended.record is not None else ()
            return (*failures, _settled(ended))
        case "verification-failed":
            return (*_unproven(ended), _settled(ended))
        case _:
            return ()


def _unproven(ended: Ended) -> tuple[Notice, ...]:
    """Say which libraries and checks speak against the change."""
    # What was removed again can be diagnosed by nobody.
    left = None if ended.fate == "removed" else ended.root
    diagnose = f"gpuenv diagnose --venv {shlex.quote(str(left))}" if left is not None else None
    # Where the state before is back, the same install fails again, and other commands would meet what did not fail.
    failing = ended.root if ended.fate == "kept" else None
    failed = problems_of(ended.verification, venv=failing, gpus=ended.gpus) if ended.verification else ()
    return (Notice.of("verification-failed", diagnose=diagnose), *ended.uncovered, *failed)


def _settled(ended: Ended) -> Notice:
    """Say what became of an environment whose change failed."""
    match ended.fate:
        case "removed":
            is_unproven = ended.ending == "verification-failed"
            again = f"gpuenv install --keep-failed {ended.typed}".rstrip() if is_unproven else None
            return Notice.of("new-environment-removed", environment=str(ended.root), log=ended.log, again=again)
        case "kept":
            return Notice.of("failed-environment-kept", environment=str(ended.root), log=ended.log)
        case _:
            return Notice.of("state-before-restored", log=ended.log)
