"""Writes what became of an environment: what changed, what was proven, what to type next, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass
from gpuenv.report.messages import phrase
from gpuenv.report.sizes import shown_size
from gpuenv.report.verify import label_of, write_verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.errors import ContextValue
    from gpuenv.models.execution import Ending, EngineName, ExecutionRecord
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Install, Plan
    from gpuenv.models.verification import VerificationReport
    from gpuenv.report.terminal import Terminal

_NEW_SHOWN: Final = 3
"""So many dependencies that came are named; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What is to be said of an environment after a change that stays."""

    environment: str
    """As the user would type it."""
    is_new: bool
    activation: str | None
    """The line that activates it in this shell."""
    snapshot_bytes: int | None
    """Disk space that the state before takes; None where it was not kept."""
    notes: tuple[Notice, ...] = ()


def write_afterwards(
    terminal: Terminal,
    ending: Ending,
    plan: Plan,
    verification: VerificationReport | None,
    gpus: Sequence[Gpu],
    after: Afterwards,
) -> None:
    """Write the end of an install that succeeded."""
    language = terminal.language
    terminal.print(phrase("changes", {}, language).message)
    for line in _changes(plan, terminal):
        terminal.print(f"  {line}")
    if verification is not None:
        _write_proof(terminal, verification, gpus)
    style = "green" if ending == "installed" else "yellow"
    # Packages outside the family run no kernels: nothing was proven of them but that they are there.
    code = "installed-as-planned" if ending == "installed" and verification is None else ending
    terminal.print(phrase(code, {"environment": after.environment}, language).message, style=style)
    for note in after.notes:
        terminal.notice("warning", note)
    run = f"gpuenv run --venv {after.environment} -- python app.py"
    terminal.print(phrase("run-next", {"command": run}, language).message)
    if after.activation is not None:
        terminal.print(phrase("activate-next", {"command": after.activation}, language).message)
    _write_way_back(terminal, after)


def write_last_lines(terminal: Terminal, record: ExecutionRecord, engine: EngineName) -> None:
    """Write what the engine said last, where it failed."""
    if record.last_lines:
        terminal.say(phrase("engine-said", {"engine": engine}, terminal.language).message)
        for line in record.last_lines:
            terminal.say(f"  {line}", style="dim")


def _changes(plan: Plan, terminal: Terminal) -> Iterator[str]:
    """`torch 2.13.0+cpu -> 2.15.0+cu130`, `- onnxruntime 1.24.1`, `+ sympy 1.14.0`."""
    for gone in plan.removals:
        yield f"- {gone.project} {gone.version}"
    new = [step for step in plan.installs if step.replaces is None and step.reason.code == "dependency"]
    is_short = terminal.verbosity <= 0 and len(new) > _NEW_SHOWN
    for step in plan.installs:
        if not (is_short and step in new):
            yield _change(step)
    if is_short:
        yield phrase("more-packages", {"count": len(new)}, terminal.language).message


def _change(step: Install) -> str:
    if step.replaces is None:
        return f"+ {step.project} {step.version}"
    return f"{step.project} {step.replaces} -> {step.version}"


def _write_proof(terminal: Terminal, verification: VerificationReport, gpus: Sequence[Gpu]) -> None:
    """Write one line per GPU; all checks with `-v`."""
    if terminal.verbosity > 0:
        write_verification(terminal, report=verification, gpus=gpus)
        return
    for place in dict.fromkeys(check.gpu for check in verification.checks):
        checks = [check for check in verification.checks if check.gpu == place]
        skipped = sum(check.status == "skipped" for check in checks)
        facts: dict[str, ContextValue] = {
            "place": label_of(place, gpus),
            "passed": sum(check.status == "passed" for check in checks),
            "skipped": skipped,
            "seconds": f"{sum(check.seconds for check in checks):.1f}",
        }
        code = "proven-on-in-part" if skipped else "proven-on"
        terminal.print(phrase(code, facts, terminal.language).message, style="green")


def _write_way_back(terminal: Terminal, after: Afterwards) -> None:
    undo = f"gpuenv undo --venv {after.environment}"
    if after.snapshot_bytes is None:
        terminal.print(phrase("no-way-back", {}, terminal.language).message)
    elif after.is_new:
        terminal.print(phrase("undo-new", {"command": undo}, terminal.language).message)
    else:
        facts = {"command": undo, "size": shown_size(after.snapshot_bytes)}
        terminal.print(phrase("undo-next", facts, terminal.language).message)
