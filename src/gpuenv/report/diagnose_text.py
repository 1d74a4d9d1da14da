"""Words a diagnosis for people: the facts in one line each, then cause, confidence, evidence, repair, next commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.hardware import Presence
from gpuenv.report.diagnose_cause import cause_sentence
from gpuenv.report.diagnose_hints import hints_for
from gpuenv.report.diagnose_repair import repair_sentence, rivals_notice
from gpuenv.report.labels import label
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gpuenv.errors import ContextValue
    from gpuenv.models.diagnosis import Diagnosis
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.notice import Notice
    from gpuenv.report.diagnose_findings import Findings
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_SHOWN_PACKAGES: Final = ("torch", "torchvision", "torchaudio", "onnxruntime", "onnxruntime-gpu", "triton", "xformers")
_ADVICE: Final = "advice-"
"""Codes that judge what a text advises."""
_NAMES: Final = 4
"""Failed checks that are named on the screen; JSON has all."""
_EVIDENCE: Final = 3
"""Lines of evidence, and other causes, on the screen; JSON has all."""


def write_diagnosis(terminal: Terminal, findings: Findings) -> None:
    """Print one screen."""
    language = terminal.language
    for line in fact_lines(findings, language):
        terminal.print(line, style="dim")
    primary = findings.report.primary
    shown = findings.verdict if primary is None else primary.cause
    if shown is None:
        return
    style = "bold red" if findings.is_faulty else "green"
    terminal.print(f"{cause_sentence(shown, language)} [{shown.code}]", style=style)
    if primary is not None:
        _write_reasons(terminal, primary, findings)
    hints = hints_for(findings, language)
    if hints:
        terminal.print(phrase("diagnose-next", {}, language).message)
        for hint in hints:
            terminal.print(f"  {hint}", style="cyan")


def fact_lines(findings: Findings, language: Language) -> Iterator[str]:
    """Say in one line each what machine, environment, libraries, kernels and command are like."""
    if findings.machine is not None:
        yield _line("diagnose-machine", {"facts": _machine_facts(findings.machine, language)}, language)
    if findings.environment is not None:
        yield _line("diagnose-environment", {"facts": _environment_facts(findings.environment)}, language)
    yield from _library_lines(findings, language)
    yield from _kernel_lines(findings, language)
    if findings.command_exit_code is not None:
        yield _line("diagnose-command-ended", {"exit_code": str(findings.command_exit_code)}, language)


def _write_reasons(terminal: Terminal, primary: Diagnosis, findings: Findings) -> None:
    """Print how sure it is and why, what else it may be, and what mends it."""
    language = terminal.language
    confidence = label(primary.confidence, language)
    terminal.print(_line("diagnose-confidence", {"confidence": confidence}, language))
    if primary.evidence:
        terminal.print(_line("diagnose-evidence", {}, language))
    for evidence in primary.evidence[:_EVIDENCE]:
        terminal.print(f"  {evidence}", style="dim")
    for other in findings.report.others[:_EVIDENCE]:
        facts = {"message": cause_sentence(other.cause, language), "code": other.cause.code}
        is_advice = other.cause.code.startswith(_ADVICE)
        terminal.print(_line("diagnose-advice" if is_advice else "diagnose-also", facts, language))
    rivals = rivals_notice(findings.report)
    if rivals is not None:
        terminal.print(_say(rivals, language))
    if findings.repair is not None:
        terminal.print(repair_sentence(findings.repair, language))


def _library_lines(findings: Findings, language: Language) -> Iterator[str]:
    if findings.not_read is not None:
        yield _line("libraries-not-read", {"reason": _say(findings.not_read, language)}, language)
    if findings.inspection is None or not findings.inspection.examined:
        return
    facts: dict[str, ContextValue] = {"examined": str(findings.inspection.examined)}
    faults = findings.library_faults
    if not faults:
        yield _line("libraries-sound", facts, language)
        return
    facts["faults"] = tuple(_say(fault, language) for fault in faults[:_EVIDENCE])
    yield _line("libraries-faulty", facts, language)


def _kernel_lines(findings: Findings, language: Language) -> Iterator[str]:
    if findings.not_run is not None:
        yield _line("kernels-not-run", {"reason": _say(findings.not_run, language)}, language)
    elif findings.verification is not None:
        ran = [check for check in findings.verification.checks if check.status != "skipped"]
        failed = findings.verification.failed
        names = tuple(dict.fromkeys(check.name for check in failed))
        names = names if len(names) <= _NAMES else (*names[:_NAMES], "...")
        facts: dict[str, ContextValue] = {"passed": str(len(ran)), "failed": str(len(failed))}
        facts |= {"ran": str(len(ran)), "names": names}
        yield _line("kernels-failed" if failed else "kernels-passed", facts, language)


def _machine_facts(machine: HostFacts, language: Language) -> tuple[str, ...]:
    driver = machine.driver
    facts = [gpu.label for gpu in machine.gpus]
    if machine.presence is Presence.ABSENT:
        facts = [_line("machine-without-gpu", {}, language)]
    elif machine.presence is Presence.UNUSABLE:
        facts.append(_line("machine-gpu-unusable", {}, language))
    if driver is not None and driver.version is not None:
        facts.append(_line("driver-version", {"version": str(driver.version)}, language))
    if driver is not None and driver.cuda_version is not None:
        facts.append(f"CUDA {driver.cuda_version}")
    return (*facts, machine.platform.name)


def _environment_facts(environment: Environment) -> tuple[str, ...]:
    labels = []
    for found in (environment.installed(name) for name in _SHOWN_PACKAGES):
        if found is not None:
            tag = f"+{found.build_tag}" if found.build_tag and not found.version.local else ""
            labels.append(f"{found.name} {found.version}{tag}")
    return (str(environment.root), f"Python {environment.python_version}", *labels)


def _say(notice: Notice, language: Language) -> str:
    return phrase(notice.code, notice.context, language).message


def _line(code: str, facts: Mapping[str, ContextValue], language: Language) -> str:
    return phrase(code, facts, language).message
