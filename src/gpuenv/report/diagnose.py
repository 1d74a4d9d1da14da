"""Shows a diagnosis: one screen for people, JSON (design section 5), or Markdown for a bug tracker."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from gpuenv.models.hardware import Presence
from gpuenv.models.notice import Notice
from gpuenv.report.detect import environment_as_json, host_as_json
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.models.diagnosis import Diagnosis, DiagnosisReport
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

Mode = Literal["check-up", "log", "command"]

SHOWN_PACKAGES: Final = ("torch", "torchvision", "torchaudio", "onnxruntime", "onnxruntime-gpu", "triton", "xformers")
_EVIDENCE: Final = 3
"""Lines of evidence on the screen; JSON has all."""
_INSTALL: Final = "gpuenv install"
_HOST: Final = re.compile(r"(?i)\bhostname\s?[=:]\s?[\w.-]{1,64}")
_HOME: Final = re.compile(r"(?i)((?:/home/|/Users/|[A-Z]:\\Users\\))[^/\\\s\"':]{1,64}(?:\s[^/\\\s\"':]{1,32}(?=\\))?")


def diagnosis_result(
    report: DiagnosisReport,
    *,
    mode: Mode,
    machine: HostFacts | None,
    environment: Environment | None,
    command: Sequence[str],
    command_exit_code: int | None,
    is_markdown: bool,
    surroundings: Surroundings,
    language: Language,
) -> CommandResult:
    """Make the outcome of `gpuenv diagnose`: 1 where a cause was found, else 0."""
    verdict = _verdict(report, mode, environment)
    data: dict[str, Any] = {
        "mode": mode,
        "primary": None if report.primary is None else diagnosis_as_json(report.primary, language),
        "others": [diagnosis_as_json(other, language) for other in report.others],
        "verdict": None if verdict is None else notice_as_json(verdict, language),
        "host": None if machine is None else host_as_json(machine, language),
        "environment": environment_as_json(environment),
        "command": None if not command else {"argv": list(command), "exit_code": command_exit_code},
    }
    write = partial(
        _write_markdown if is_markdown else _write,
        report=report,
        verdict=verdict,
        machine=_machine_facts(machine),
        environment=_environment_facts(environment),
        surroundings=surroundings,
    )
    if report.primary is None:
        return CommandResult(status="ok", exit_code=0, data=data, write=write)
    return CommandResult(status="failed", exit_code=1, data=data, write=write)


def diagnosis_as_json(found: Diagnosis, language: Language) -> dict[str, Any]:
    """Make one cause as the contract words it."""
    sentence = phrase(found.cause.code, found.cause.context, language)
    return {
        "code": found.cause.code,
        "cause_class": found.cause_class,
        "message": sentence.message,
        "confidence": found.confidence,
        "evidence": list(found.evidence),
        "hints": list(sentence.hints),
    }


def install_hint(report: DiagnosisReport, language: Language) -> str | None:
    """Find the hint of the primary cause that is an install, for `--fix`."""
    if report.primary is None:
        return None
    hints = phrase(report.primary.cause.code, report.primary.cause.context, language).hints
    # Never silently CPU: that way out is for the user to choose.
    return next((hint for hint in hints if hint.startswith(_INSTALL) and "--target cpu" not in hint), None)


def _verdict(report: DiagnosisReport, mode: Mode, environment: Environment | None) -> Notice | None:
    """What is said where no cause was found."""
    if report.primary is not None:
        return None
    if mode != "check-up":
        return Notice.of("no-known-cause")
    if environment is None:
        return Notice.of("checkup-no-environment")
    if not any(environment.installed(name) for name in ("torch", "onnxruntime-gpu", "onnxruntime")):
        return Notice.of("checkup-no-torch")
    return Notice.of("checkup-fine")


def _machine_facts(machine: HostFacts | None) -> tuple[str, ...]:
    if machine is None:
        return ()
    driver = machine.driver
    facts = [gpu.label for gpu in machine.gpus] or [f"GPU: {Presence.ABSENT.value}"]
    if driver is not None and driver.version is not None:
        facts.append(f"driver {driver.version}")
    if driver is not None and driver.cuda_version is not None:
        facts.append(f"CUDA {driver.cuda_version}")
    return (*facts, machine.platform.name)


def _environment_facts(environment: Environment | None) -> tuple[str, ...]:
    if environment is None:
        return ()
    packages = (environment.installed(name) for name in SHOWN_PACKAGES)
    labels = []
    for found in packages:
        if found is not None:
            tag = f"+{found.build_tag}" if found.build_tag and not found.version.local else ""
            labels.append(f"{found.name} {found.version}{tag}")
    return (str(environment.root), f"Python {environment.python_version}", *labels)


def _write(
    terminal: Terminal,
    *,
    report: DiagnosisReport,
    verdict: Notice | None,
    machine: Sequence[str],
    environment: Sequence[str],
    surroundings: Surroundings,
) -> None:
    """Print one screen."""
    del surroundings
    language = terminal.language

    for code, facts in (("diagnose-machine", machine), ("diagnose-environment", environment)):
        if facts:
            terminal.print(phrase(code, {"facts": ", ".join(facts)}, language).message, style="dim")
    primary = report.primary
    shown = verdict if primary is None else primary.cause
    if shown is None:
        return
    sentence = phrase(shown.code, shown.context, language)
    terminal.print(f"{sentence.message} [{shown.code}]", style="green" if primary is None else "bold red")
    if primary is not None:
        _write_reasons(terminal, primary)
    for other in report.others[:_EVIDENCE]:
        message = phrase(other.cause.code, other.cause.context, language).message
        terminal.print(phrase("diagnose-also", {"message": message, "code": other.cause.code}, language).message)
    if sentence.hints:
        terminal.print(phrase("diagnose-next", {}, language).message)
        for hint in sentence.hints:
            terminal.print(f"  {hint}", style="cyan")


def _write_reasons(terminal: Terminal, found: Diagnosis) -> None:
    """Print how sure it is, and why."""
    language = terminal.language
    terminal.print(phrase("diagnose-confidence", {"confidence": found.confidence}, language).message)
    if found.evidence:
        terminal.print(phrase("diagnose-evidence", {}, language).message)
    for line in found.evidence[:_EVIDENCE]:
        terminal.print(f"  {line}", style="dim")


def _write_markdown(
    terminal: Terminal,
    *,
    report: DiagnosisReport,
    verdict: Notice | None,
    machine: Sequence[str],
    environment: Sequence[str],
    surroundings: Surroundings,
) -> None:
    """Print a report that can be pasted into a bug tracker."""
    terminal.write(redact(_markdown(report, verdict, machine, environment, terminal.language), surroundings))


def _markdown(
    report: DiagnosisReport,
    verdict: Notice | None,
    machine: Sequence[str],
    environment: Sequence[str],
    language: Language,
) -> str:
    lines = ["### gpuenv diagnose", ""]
    for code, facts in (("diagnose-machine", machine), ("diagnose-environment", environment)):
        if facts:
            lines.append(f"- {phrase(code, {'facts': ', '.join(facts)}, language).message}")
    for found in (report.primary, *report.others):
        if found is not None:
            message = phrase(found.cause.code, found.cause.context, language).message
            lines += ["", f"**{message}** `{found.cause.code}` ({found.confidence})", ""]
            lines += [f"    {line}" for line in found.evidence]
    if verdict is not None:
        lines += ["", phrase(verdict.code, verdict.context, language).message]
    return "\n".join(lines) + "\n"


def redact(text: str, surroundings: Surroundings) -> str:
    """Leave out home folders, and the names of users and hosts, of this machine and of the text's."""
    home = str(surroundings.home)
    if len(home) > 1:
        text = text.replace(home, "~")
    text = _HOME.sub(r"\1...", text)
    text = _HOST.sub("hostname=...", text)
    for variable in ("USER", "USERNAME", "LOGNAME", "HOSTNAME", "COMPUTERNAME"):
        name = surroundings.environ.get(variable, "")
        if len(name) > 2:  # noqa: PLR2004 - a shorter name is part of many words
            text = re.sub(rf"\b{re.escape(name)}\b", "...", text)
    return text
