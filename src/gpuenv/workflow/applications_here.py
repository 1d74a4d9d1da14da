"""Tells which applications an environment is for, and what they ask of its proof and of the programs in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.install.state import state_of
from gpuenv.models.notice import Notice
from gpuenv.workflow.kept_profile import kept_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.application import Application
    from gpuenv.models.environment import Environment
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.verification import VerificationReport
    from gpuenv.verify.own_proof import OwnProof

_MARK: Final = "# application: "
"""Stands in the pins that a change leaves, so that an undo takes it away again."""
_RUN: Final = frozenset({"ok", "fails", "unsupported"})
"""The states of a capability whose checks were run, or cannot be run on that GPU at all."""


def recorded_applications(root: Path) -> tuple[str, ...]:
    """Name the applications that an environment was changed for; () where there are none."""
    try:
        text = (state_of(root) / "constraints.txt").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(line[len(_MARK) :].strip() for line in text.splitlines() if line.startswith(_MARK))


def record_lines(applications: Sequence[Application], root: Path) -> Iterator[str]:
    """Write down the applications that an environment is for from now on: those of before stay."""
    names = (*recorded_applications(root), *(application.name for application in applications))
    yield from (f"{_MARK}{name}" for name in dict.fromkeys(names))


def applications_here(
    environment: Environment, choice: str | None, surroundings: Surroundings
) -> tuple[Application, ...]:
    """Find what is known of the applications of an environment: recorded ones, and packages that are installed."""
    from gpuenv.workflow.known_applications import known_applications  # noqa: PLC0415 - not for every proof

    recorded = frozenset(recorded_applications(environment.root))
    installed = frozenset(found.name for found in environment.distributions)
    return tuple(
        application
        for application in known_applications(choice, surroundings, among=recorded | installed)
        if application.name in recorded or (application.is_package and application.name in installed)
    )


def with_imports(
    own: OwnProof, applications: Sequence[Application], environment: Environment, *, leaves_built: bool = False
) -> OwnProof:
    """Add the distributions that have to be importable, as far as they are there.

    `leaves_built`: not those that are compiled against torch, which a new torch breaks until they are built again.
    """
    there = {str(found.name) for found in environment.distributions}
    if leaves_built:
        there -= {extension.package for application in applications for extension in application.extensions}
    wanted = (name for application in applications for name in application.imports if name in there)
    return replace(own, extensions=tuple(dict.fromkeys((*own.extensions, *wanted))))


def with_applications(report: VerificationReport, applications: Sequence[Application]) -> VerificationReport:
    """Enter which checks that an application needs were not run, and which of its parts may be on."""
    if report.device == "cpu" or not report.checks:
        return report
    states = dict(report.profile)
    lacking = tuple(
        (application.name, capability)
        for application in applications
        for capability in application.capabilities
        if states.get(capability) not in _RUN
    )
    notes = (
        *(Notice.of("application-unproven", application=name, capability=capability) for name, capability in lacking),
        *(note for application in applications for note in _parts(application, states)),
    )
    unproven = dict.fromkeys((*report.unproven, *(capability for _, capability in lacking)))
    return replace(report, unproven=tuple(unproven), notes=(*report.notes, *notes))


def _parts(application: Application, states: Mapping[str, str]) -> Iterator[Notice]:
    for switch in application.switches:
        lacking = tuple(need for need in switch.needs if states.get(need) != "ok")
        if lacking:
            yield Notice.of("application-part-off", application=application.name, part=switch.name, lacking=lacking)
        else:
            yield Notice.of("application-part-on", application=application.name, part=switch.name, needs=switch.needs)


def application_variables(
    applications: Sequence[Application], environment: Environment, environ: Mapping[str, str]
) -> dict[str, str]:
    """Make the variables that the applications ask for; one that the user has set stays.

    A part whose capabilities the last verification did not prove is turned off; without one nothing is said of it.
    """
    system = environment.platform.name.partition("-")[0]
    variables = {
        setting.variable: setting.value
        for application in applications
        for setting in application.settings
        if setting.system in {None, system}
    }
    states = kept_states(environment)
    for application in applications:
        for switch in application.switches:
            if switch.variable is None or switch.on is None or switch.off is None or states is None:
                continue
            is_proven = all(states.get(need) == "ok" for need in switch.needs)
            variables[switch.variable] = switch.on if is_proven else switch.off
    return {name: value for name, value in variables.items() if name not in environ}
