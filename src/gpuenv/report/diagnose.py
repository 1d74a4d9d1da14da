"""Makes the outcome of `gpuenv diagnose`: JSON (design section 5), one screen, or Markdown for a bug tracker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gpuenv.report.diagnose_cause import cause_sentence
from gpuenv.report.diagnose_findings import Findings
from gpuenv.report.diagnose_hints import hints_for, install_hint
from gpuenv.report.diagnose_repair import repair_as_json, rivals_notice
from gpuenv.report.diagnose_text import write_diagnosis
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.machine import environment_as_json, host_as_json
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.diagnosis import Diagnosis
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

__all__ = ["Findings", "diagnosis_as_json", "diagnosis_result", "install_hint"]


def diagnosis_result(
    findings: Findings, *, is_markdown: bool, surroundings: Surroundings, language: Language
) -> CommandResult:
    """Make the outcome: 1 where something is wrong, else 0."""
    report, verdict = findings.report, findings.verdict
    rivals = rivals_notice(report)
    hints = hints_for(findings, language)
    data: dict[str, Any] = {
        "mode": findings.mode,
        "primary": None if report.primary is None else diagnosis_as_json(report.primary, language, hints=hints),
        "others": [diagnosis_as_json(other, language) for other in report.others],
        "undecided": None if rivals is None else {**notice_as_json(rivals, language), "causes": list(report.rivals)},
        "repair": repair_as_json(findings.repair, language),
        "verdict": None if verdict is None else {**notice_as_json(verdict, language), "hints": list(hints)},
        "host": None if findings.machine is None else host_as_json(findings.machine, language),
        "environment": environment_as_json(findings.environment),
        "libraries": _libraries_as_json(findings, language),
        "kernels": _kernels_as_json(findings, language),
        "command": _command_as_json(findings),
    }
    write = partial(write_diagnosis, findings=findings)
    if is_markdown:
        write = partial(_write_markdown, findings=findings, surroundings=surroundings)
    if not findings.is_faulty:
        return CommandResult(status="ok", exit_code=0, data=data, write=write)
    return CommandResult(status="failed", exit_code=1, data=data, write=write)


def diagnosis_as_json(found: Diagnosis, language: Language, *, hints: Iterable[str] | None = None) -> dict[str, Any]:
    """Make one cause as the contract words it."""
    sentence = phrase(found.cause.code, found.cause.context, language)
    return {
        "code": found.cause.code,
        "cause_class": found.cause_class,
        "message": cause_sentence(found.cause, language),
        "confidence": found.confidence,
        "evidence": list(found.evidence),
        "hints": list(sentence.hints if hints is None else hints),
    }


def _libraries_as_json(findings: Findings, language: Language) -> dict[str, Any] | None:
    if findings.inspection is None and findings.not_read is None:
        return None
    return {
        "examined": findings.inspection.examined if findings.inspection is not None else 0,
        "faults": [notice_as_json(fault, language) for fault in findings.library_faults],
        "not_read": None if findings.not_read is None else notice_as_json(findings.not_read, language),
    }


def _kernels_as_json(findings: Findings, language: Language) -> dict[str, Any] | None:
    if findings.not_run is not None:
        return {"status": "not-run", "reason": notice_as_json(findings.not_run, language), "passed": 0, "failed": []}
    if findings.verification is None:
        return None
    failed = findings.verification.failed
    return {
        "status": "failed" if failed else "passed",
        "reason": None,
        "passed": sum(check.status == "passed" for check in findings.verification.checks),
        "failed": [
            {"name": check.name, "gpu": check.gpu, "code": check.code, "detail": check.detail} for check in failed
        ],
    }


def _command_as_json(findings: Findings) -> dict[str, Any] | None:
    if not findings.command:
        return None
    return {"argv": list(findings.command), "exit_code": findings.command_exit_code}


def _write_markdown(terminal: Terminal, *, findings: Findings, surroundings: Surroundings) -> None:
    from gpuenv.report.diagnose_markdown import write_markdown  # noqa: PLC0415 - only where it was asked for

    write_markdown(terminal, findings, surroundings)
