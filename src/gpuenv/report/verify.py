"""Shows a verification, as JSON (design section 5) and as text, and decides its exit code."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.models.hardware import Gpu
    from gpuenv.models.verification import Check, VerificationReport
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

EXIT_CHECK_FAILED: Final = 3
EXIT_NOTHING_RAN: Final = 4

_STYLES: Final = {"passed": "green", "failed": "bold red", "skipped": "dim"}
_DETAIL_WIDTH: Final = 160


def verification_result(
    report: VerificationReport, *, venv: Path, gpus: Sequence[Gpu], language: Language
) -> CommandResult:
    """Make the outcome of `gpuenv verify`: 0 proven, 3 a required check failed, 4 nothing was run."""
    data = {"venv": str(venv), **verification_as_json(report, language)}
    if not report.ran:
        return CommandResult(status="unverified", exit_code=EXIT_NOTHING_RAN, data=data, errors=report.notes)
    problems = problems_of(report, venv=venv, gpus=gpus)
    return CommandResult(
        status="failed" if report.unproven else "ok",
        exit_code=EXIT_CHECK_FAILED if report.unproven else 0,
        data=data,
        errors=problems if report.unproven else (),
        write=partial(write_verification, report=report, gpus=gpus),
    )


def verification_as_json(report: VerificationReport, language: Language) -> dict[str, Any]:
    """Make what `verify` and `install` put in `data`: every check, the facts and the capability profile."""
    return {
        "device": report.device,
        "facts": dict(report.facts),
        "checks": [
            {
                "name": check.name,
                "gpu": check.gpu,
                "status": check.status,
                "code": check.code,
                "detail": check.detail,
                "seconds": check.seconds,
            }
            for check in report.checks
        ],
        "profile": dict(report.profile),
        "unproven": list(report.unproven),
        "warnings": [notice_as_json(note, language) for note in report.notes],
    }


def problems_of(report: VerificationReport, *, venv: Path, gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Word the failures: one notice per code and GPU; then what was required and not run at all."""
    groups: dict[tuple[str, str | None], list[Check]] = {}
    for check in report.failed:
        groups.setdefault((check.code or "check-raised", check.gpu), []).append(check)
    notices = [
        Notice.of(
            notice_code(code),
            gpu=_label(gpu, gpus),
            checks=tuple(check.name for check in checks),
            detail=_first_line(checks[0].detail),
            venv=str(venv),
        )
        for (code, gpu), checks in groups.items()
    ]
    states = dict(report.profile)
    untested = tuple(name for name in report.unproven if states.get(name) != "fails")
    if untested:
        notices.append(Notice.of("capability-not-proven", capabilities=untested, venv=str(venv)))
    return tuple(notices)


def notice_code(code: str) -> str:
    """The code of the sentence that goes with a check's code."""
    return code if code.startswith("check-") else f"check-{code}"


def write_verification(terminal: Terminal, *, report: VerificationReport, gpus: Sequence[Gpu]) -> None:
    """Write each check that did not pass (all with `-v`), then the profile and the count."""
    facts = dict(report.facts)
    terminal.print(
        f"torch {facts.get('torch', '?')}, CUDA {facts.get('torch-cuda', '?')}, cuDNN {facts.get('cudnn', '-')},"
        f" seed {facts.get('seed', '?')}"
    )
    for place in dict.fromkeys(check.gpu for check in report.checks):
        terminal.print(_label(place, gpus), style="bold")
        _write_checks(terminal, [check for check in report.checks if check.gpu == place])
    for note in report.notes:
        terminal.notice("warning", note)
    for state in dict.fromkeys(state for _, state in report.profile):
        having = ", ".join(capability for capability, found in report.profile if found == state)
        terminal.print(f"{state:<12} {having}")
    counts = {
        status: sum(check.status == status for check in report.checks) for status in ("passed", "failed", "skipped")
    }
    terminal.print(
        ", ".join(f"{count} {status}" for status, count in counts.items()),
        style="bold red" if counts["failed"] else "green",
    )


def _write_checks(terminal: Terminal, checks: Sequence[Check]) -> None:
    """Write the checks of one place: without `-v`, one line for all that were not reached."""
    unreached = [check for check in checks if check.code == "not-reached"]
    for check in checks:
        if terminal.verbosity > 0 or (check.status != "passed" and check not in unreached):
            _write_check(terminal, check)
    if unreached and terminal.verbosity <= 0:
        terminal.print(f"  skipped  {len(unreached)} checks after it [not-reached]", style=_STYLES["skipped"])


def _write_check(terminal: Terminal, check: Check) -> None:
    code = f" [{check.code}]" if check.code else ""
    detail = _first_line(check.detail)
    terminal.print(
        f"  {check.status:<8} {check.name:<28} {check.seconds:6.2f} s  {detail}{code}", style=_STYLES[check.status]
    )


def _label(place: str | None, gpus: Sequence[Gpu]) -> str:
    """Name the GPUs that a check's `gpu` speaks of."""
    if place is None:
        return "CPU"
    names = {gpu.uuid or str(gpu.index): gpu.label for gpu in gpus}
    return ", ".join(names.get(part, part) for part in place.split(","))


def _first_line(detail: str) -> str:
    line = " ".join(detail.split())
    return line if len(line) <= _DETAIL_WIDTH else f"{line[:_DETAIL_WIDTH]}..."
