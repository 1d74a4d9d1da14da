"""Makes the commands that remove a cause: those of its message, for the environment and the machine in question."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.report.messages import phrase
from gpuenv.report.resolution import conflict_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gpuenv.models.diagnosis import Diagnosis, Repair
    from gpuenv.models.target import Target
    from gpuenv.report.diagnose_findings import Findings
    from gpuenv.report.messages import Language

_INSTALL: Final = "gpuenv install"
_PLAN: Final = "gpuenv plan"
_RESOLVING: Final = (_INSTALL, _PLAN)
_OF_ENVIRONMENT: Final = (*_RESOLVING, "gpuenv verify", "gpuenv inspect", "gpuenv run", "gpuenv build")


def hints_for(findings: Findings, language: Language) -> tuple[str, ...]:
    """List the commands for the primary cause, or for the verdict where there is none."""
    primary = findings.report.primary
    if primary is not None:
        hints: Iterable[str] = _of_cause(primary, findings, language)
    else:
        verdict = findings.verdict
        hints = () if verdict is None else phrase(verdict.code, verdict.context, language).hints
    return tuple(dict.fromkeys(_placed(hint, findings) for hint in hints))


def install_hint(findings: Findings, language: Language) -> str | None:
    """Find the command that `--fix` runs: the first installation; None where none removes the cause."""
    repair = findings.repair
    if findings.report.primary is None or repair is None or not repair.remedy.is_build:
        return None
    if repair.is_in_place or isinstance(repair.outcome, Conflict):
        return None
    # Never silently CPU: that way out is for the user to choose.
    hints = hints_for(findings, language)
    return next((hint for hint in hints if hint.startswith(_INSTALL) and "--target cpu" not in hint), None)


def _of_cause(primary: Diagnosis, findings: Findings, language: Language) -> Iterator[str]:
    own = phrase(primary.cause.code, primary.cause.context, language).hints
    repair = findings.repair
    outcome = repair.outcome if repair is not None else None
    if repair is None or outcome is None:
        # A family cause of an unknown GPU is mended where the GPU is; the others never are by an installation.
        yield from (hint for hint in own if repair is None or repair.remedy.is_build or not _is_bare(hint))
        return
    if repair.is_in_place:
        python = str(findings.environment.python) if findings.environment is not None else None
        yield from phrase("repair-is-in-place", {"python": python}, language).hints
        yield from (hint for hint in own if not hint.startswith(_RESOLVING))
    elif isinstance(outcome, Conflict):
        yield from conflict_as_json(outcome, language)["hints"]
        yield from (hint for hint in own if not _is_bare(hint))
    else:
        yield from _with_plan(own, repair, outcome, is_here=findings.environment is not None)


def _is_bare(hint: str) -> bool:
    """Whether a hint is an installation of the family for this machine's GPU."""
    return hint.startswith(_INSTALL) and "--target" not in hint


def _with_plan(own: Iterable[str], repair: Repair, outcome: Resolution, *, is_here: bool) -> Iterator[str]:
    """Put the plan of the very builds beside the installation, for who is not at that machine."""
    hints = [hint for hint in own if not hint.startswith(f"{_PLAN} --target")]
    if repair.is_pinned:
        hints = [f"{_INSTALL} {shlex.join(_pins(outcome))}" if hint == _INSTALL else hint for hint in hints]
    described = _PLAN if is_here or repair.target is None else _described_plan(repair.target, outcome)
    place = next((number for number, hint in enumerate(hints, start=1) if hint.startswith(_INSTALL)), 0)
    yield from (*hints[:place], described, *hints[place:])


def _described_plan(target: Target, outcome: Resolution) -> str:
    gpus = dict.fromkeys(capability.sm for gpu in target.gpus for capability in gpu.capabilities)
    options = ["--target", ",".join(gpus) or "cpu"]
    if target.driver is not None and target.driver.version is not None:
        options += ["--driver", str(target.driver.version)]
    options += ["--platform", target.platform.name, "--python", str(target.python)]
    return shlex.join([*_PLAN.split(), *_pins(outcome), *options])


def _pins(outcome: Resolution) -> list[str]:
    return [f"{pin.project}=={pin.version}" for pin in outcome.pins]


def _placed(hint: str, findings: Findings) -> str:
    """Add the options that were given, so that the command means the same environment, machine and sources."""
    found = next((command for command in _OF_ENVIRONMENT if command in hint), None)
    if found is None or "--venv" in hint or " -- " in hint:
        return hint
    is_described = "--target" in hint
    options = () if is_described and found == _PLAN else findings.place
    if found in _RESOLVING and not is_described and findings.environment is not None:
        options = (*findings.machine_options, *options)
    return f"{hint} {shlex.join(options)}" if options else hint
