"""Shows a verification, as JSON (design section 5) and as text, and decides its exit code."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gpuenv.models.notice import Notice
from gpuenv.models.typed_command import quoted
from gpuenv.report.check_detail import first_line
from gpuenv.report.diagnose import diagnosis_as_json
from gpuenv.report.diagnose_cause import cause_sentence
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.labels import COLUMN, label, padded
from gpuenv.report.messages import phrase
from gpuenv.report.missing_module import missing_package
from gpuenv.report.result import CommandResult
from gpuenv.verify.profile import capability_of, packages_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from gpuenv.errors import ContextValue
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.verification import Check, VerificationReport
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

EXIT_CHECK_FAILED: Final = 3
EXIT_NOTHING_RAN: Final = 4

_STYLES: Final = {"passed": "green", "failed": "bold red", "skipped": "dim"}
_LONG_S: Final = 600
"""What a check that did not end gets at least when it is run again, in seconds."""
_SHOWN_FACTS: Final = {
    "torch": "torch",
    "torch-cuda": "CUDA",
    "cudnn": "cuDNN",
    "torchvision": "torchvision",
    "onnxruntime": "ONNX Runtime",
    "seed": "seed",
}
"""In the head line, by the names that the check files give them; paths come with `-v`."""


def verification_result(
    report: VerificationReport,
    *,
    venv: Path,
    gpus: Sequence[Gpu],
    language: Language,
    machine: Mapping[str, Any] | None = None,
) -> CommandResult:
    """Make the outcome of `gpuenv verify`: 0 proven, 3 a required check failed, 4 nothing was run.

    `machine` says when and where it was run, JSON-ready (`machine_as_json`).
    """
    beside = _notices([check for check in report.failed if not _decides(check, report)], venv, gpus, is_typed=True)
    report = replace(report, notes=(*report.notes, *beside))
    data = {"venv": str(venv), **(machine or {}), **verification_as_json(report, language)}
    if not report.ran:
        return CommandResult(status="unverified", exit_code=EXIT_NOTHING_RAN, data=data, errors=report.notes)
    problems = problems_of(report, venv=venv, gpus=gpus, is_typed=True)
    return CommandResult(
        status="failed" if report.unproven else "ok",
        exit_code=EXIT_CHECK_FAILED if report.unproven else 0,
        data=data,
        errors=problems if report.unproven else (),
        write=partial(write_verification, report=report, gpus=gpus),
    )


def machine_as_json(
    date: datetime, environment: Environment, gpus: Sequence[Gpu], driver: Driver | None
) -> dict[str, Any]:
    """Make what a result needs to be of use elsewhere: the day, the GPUs, the driver, the platform, the Python."""
    return {
        "date": date.date().isoformat(),
        "gpus": [
            {
                "name": gpu.name,
                "compute_capability": ", ".join(map(str, gpu.capabilities)),
                "place": gpu.uuid or str(gpu.index or 0),
            }
            for gpu in gpus
        ],
        "driver": None if driver is None or driver.version is None else str(driver.version),
        "platform": environment.platform.name,
        "python": str(environment.python_version),
    }


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
                "detail": check.detail if check.cause is None else f"{check.detail}\ncause: {check.cause}",
                "seconds": check.seconds,
            }
            for check in report.checks
        ],
        "profile": dict(report.profile),
        "unproven": list(report.unproven),
        "causes": [diagnosis_as_json(cause, language) for cause in report.causes],
        "workarounds": [
            {"capability": way.context["capability"], **notice_as_json(way, language)} for way in report.workarounds
        ],
        "warnings": [notice_as_json(note, language) for note in report.notes],
    }


def problems_of(
    report: VerificationReport, *, venv: Path | None, gpus: Sequence[Gpu], is_typed: bool = False
) -> tuple[Notice, ...]:
    """Word the failures: one notice per code and GPU; then what was required and not run at all.

    `venv` is the environment that can be diagnosed; None where it is gone. `is_typed`: `verify` was typed, and can be
    typed again with a change.
    """
    place = quoted(str(venv)) if venv is not None else None
    decisive = [check for check in report.failed if _decides(check, report)]
    notices = list(_notices(decisive, venv, gpus, is_typed=is_typed))
    states = dict(report.profile)
    absent = tuple(name for name in report.unproven if states.get(name, "absent") == "absent" and packages_for([name]))
    untested = tuple(name for name in report.unproven if states.get(name) != "fails" and name not in absent)
    if absent:
        packages = " ".join(packages_for(absent))
        notices.append(Notice.of("capability-absent", capabilities=absent, packages=packages, venv=place))
    if untested:
        code = "capability-needs-gpu" if report.device == "cpu" else "capability-not-proven"
        notices.append(Notice.of(code, capabilities=untested, venv=place))
    return tuple(notices)


def _decides(check: Check, report: VerificationReport) -> bool:
    """Whether a failure counts: with `--require`, what was not asked for is told and does not decide."""
    return capability_of(check) in report.unproven


def _notices(failed: Sequence[Check], venv: Path | None, gpus: Sequence[Gpu], *, is_typed: bool) -> Iterator[Notice]:
    """Word failures: one notice per code and GPU."""
    place = quoted(str(venv)) if venv is not None else None
    groups: dict[tuple[str, str | None], list[Check]] = {}
    for check in failed:
        groups.setdefault((check.code or "check-raised", check.gpu), []).append(check)
    for (code, gpu), checks in groups.items():
        yield Notice.of(
            notice_code(code),
            gpu=label_of(gpu, gpus),
            checks=tuple(check.name for check in checks),
            detail=first_line(checks[0].detail),
            venv=place,
            longer=str(max(_LONG_S, round(5 * checks[0].seconds))),
            untyped=None if is_typed else place,
            package=missing_package(checks[0].detail),
        )


def notice_code(code: str) -> str:
    """The code of the sentence that goes with a check's code."""
    return code if code.startswith("check-") else f"check-{code}"


def write_verification(terminal: Terminal, *, report: VerificationReport, gpus: Sequence[Gpu]) -> None:
    """Write each check that did not pass (all with `-v`), then the profile and the count."""
    facts, language = dict(report.facts), terminal.language
    facts["cudnn"] = _cudnn_version(facts.get("cudnn", ""))
    if head := ", ".join(f"{label} {facts[name]}" for name, label in _SHOWN_FACTS.items() if facts.get(name)):
        terminal.print(head)
    if terminal.verbosity > 0:
        for name in sorted(found for found in facts if "loaded-" in found or found.endswith("-path")):
            terminal.print(f"  {name:<28} {facts[name]}")
    for place in dict.fromkeys(check.gpu for check in report.checks):
        terminal.print(label_of(place, gpus), style="bold")
        _write_checks(terminal, [check for check in report.checks if check.gpu == place])
    for note in report.notes:
        terminal.notice("warning", note)
    for cause in report.causes:
        terminal.print(f"{label('cause', language)}{cause_sentence(cause.cause, language)} [{cause.cause.code}]")
    for state in dict.fromkeys(state for _, state in report.profile):
        having = ", ".join(capability for capability, found in report.profile if found == state)
        terminal.print(f"{padded(label(state, language), 12)} {having}")
    for way in report.workarounds:
        terminal.print(f"{label('instead', language)}{phrase(way.code, way.context, language).message}")
    counts: dict[str, ContextValue] = {
        status: sum(check.status == status for check in report.checks) for status in ("passed", "failed", "skipped")
    }
    terminal.print(
        phrase("checks-counted", counts, language).message, style="bold red" if counts["failed"] else "green"
    )


def _cudnn_version(number: str) -> str:
    """Read cuDNN's number for a version: 91300 is 9.13.0, and before 9.0 8902 is 8.9.2 (`cudnnGetVersion`)."""
    if not number.isdecimal():
        return number
    major, rest = divmod(int(number), 10_000 if int(number) >= 90_000 else 1000)  # noqa: PLR2004 - cuDNN 9.0.0
    return f"{major}.{rest // 100}.{rest % 100}"


def _write_checks(terminal: Terminal, checks: Sequence[Check]) -> None:
    """Write the checks of one place; without `-v` one line for all that were not reached, or that failed alike."""
    if terminal.verbosity > 0:
        for check in checks:
            _write_check(terminal, check)
        return
    alike: dict[tuple[str | None, str], list[Check]] = {}
    for check in checks:
        if check.status == "passed" or check.code == "not-reached":
            continue
        same = alike.setdefault((check.code, check.detail), [])
        if not same or check.status != "failed":
            _write_check(terminal, check)
        same.append(check)
    for (code, _), same in alike.items():
        if same[0].status == "failed" and len(same) > 1:
            names = ", ".join(check.name for check in same[1:])
            alike_as = phrase("failed-the-same-way", {"checks": names}, terminal.language).message
            _write_status(terminal, "failed", f"{alike_as} [{code}]")
    unreached = sum(check.code == "not-reached" for check in checks)
    if unreached:
        after = phrase("checks-not-reached", {"count": unreached}, terminal.language).message
        _write_status(terminal, "skipped", f"{after} [not-reached]")


def _write_status(terminal: Terminal, status: str, text: str) -> None:
    terminal.print(f"  {padded(label(status, terminal.language), COLUMN)}{text}", style=_STYLES[status])


def _write_check(terminal: Terminal, check: Check) -> None:
    code = f" [{check.code}]" if check.code else ""
    detail = first_line(check.detail)
    _write_status(terminal, check.status, f"{check.name:<28} {check.seconds:6.2f} s  {detail}{code}")


def label_of(place: str | None, gpus: Sequence[Gpu]) -> str:
    """Name the GPUs that a check's `gpu` speaks of."""
    if place is None:
        return "CPU"
    names = {gpu.visible_name: gpu.label for gpu in gpus}
    return ", ".join(names.get(part, part) for part in place.split(","))
