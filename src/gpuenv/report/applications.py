"""Shows what was known of applications: what came from their rows, as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpuenv.report.grid import write_grid
from gpuenv.report.headings import columns, release_as_json, write_title
from gpuenv.report.labels import write_labelled
from gpuenv.report.messages import phrase
from gpuenv.report.result import CommandResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.application import Application, ApplicationExtension, ApplicationLimit, ApplicationSwitch
    from gpuenv.models.matrix import CompatibilityMatrix, Provenance
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal

_COLUMN: Final = 13
"""Cells that the labels take."""


def application_as_json(application: Application, language: Language) -> dict[str, Any]:
    """Make the JSON of one application: every part with its own source."""
    return {
        "name": application.name,
        "asked_for_as": _asked_for_as(application),
        "about": application.about,
        "requires": [
            {"requirement": str(part.requirement), "newest_only": part.is_newest_only, **_source(part.provenance)}
            for part in application.requires
        ],
        "keeps_out": [{"project": part.project, **_source(part.provenance)} for part in application.keeps_out],
        "extensions": [_extension_as_json(part) for part in application.extensions],
        "checks": [
            {"capability": part.capability, "imports": part.imports, **_source(part.provenance)}
            for part in application.checks
        ],
        "settings": [
            {"variable": part.variable, "value": part.value, "system": part.system, **_source(part.provenance)}
            for part in application.settings
        ],
        "switches": [_switch_as_json(part) for part in application.switches],
        "limits": [_limit_as_json(application, part, language) for part in application.limits],
        **_source(application.provenance),
    }


def _extension_as_json(part: ApplicationExtension) -> dict[str, Any]:
    return {
        "package": part.package,
        "build_from": part.build_from,
        "import_check": part.import_check,
        **_source(part.provenance),
    }


def _switch_as_json(part: ApplicationSwitch) -> dict[str, Any]:
    return {
        "name": part.name,
        "needs": list(part.needs),
        "variable": part.variable,
        "on": part.on,
        "off": part.off,
        **_source(part.provenance),
    }


def _limit_as_json(application: Application, part: ApplicationLimit, language: Language) -> dict[str, Any]:
    return {
        "gpus": gpus_of(part),
        "code": part.code,
        "message": _sentence(application, part, language),
        **_source(part.provenance),
    }


def _source(provenance: Provenance) -> dict[str, str]:
    return {"source": provenance.source, "evidence": provenance.evidence.value, "verified": provenance.verified}


def _sentence(application: Application, limit: ApplicationLimit, language: Language) -> str:
    return phrase(limit.code, {"application": application.name}, language).message


def gpus_of(limit: ApplicationLimit) -> str | None:
    """Name the GPUs of a limit as the matrix writes them: `12.0..`; None for all."""
    if limit.minimum is None and limit.maximum is None:
        return None
    return f"{limit.minimum or ''}..{limit.maximum or ''}"


def write_applications(terminal: Terminal, applications: Sequence[Application]) -> None:
    """Write a line for each application: what its row brought into the plan; the sources with `-v`."""
    for application in applications:
        parts = [str(part.requirement) for part in application.requires]
        built = {part.package for part in application.extensions}  # another project of that name is kept out
        without = [part.project for part in application.keeps_out if part.project not in built]
        text = ", ".join(parts) + (f"; -{', -'.join(without)}" if without else "")
        source = f"  [{application.provenance.source}]" if terminal.verbosity > 0 else ""
        write_labelled(terminal, "applies", f"{application.name}: {text}{source}")


def applications_result(
    matrix: CompatibilityMatrix, applications: Sequence[Application], language: Language
) -> CommandResult:
    """Show the applications that a matrix knows."""

    def write(terminal: Terminal) -> None:
        write_title(terminal, "matrix-title-applications", matrix)
        headings = columns(terminal, "matrix-columns-applications")
        write_grid(terminal, headings, [_cells(application) for application in applications])

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            **release_as_json(matrix),
            "applications": [application_as_json(application, language) for application in applications],
        },
        write=write,
    )


def _cells(application: Application) -> tuple[str, ...]:
    return (
        _asked_for_as(application),
        application.about or "-",
        ", ".join(part.project for part in application.keeps_out) or "-",
        ", ".join(part.package for part in application.extensions) or "-",
    )


def application_result(matrix: CompatibilityMatrix, application: Application, language: Language) -> CommandResult:
    """Show one application in full: every part with its source."""

    def write(terminal: Terminal) -> None:
        terminal.print(": ".join(filter(None, (_asked_for_as(application), application.about))), style="bold")
        for name, text, provenance in _lines(application, terminal.language):
            write_labelled(terminal, name, text, width=_COLUMN)
            terminal.print(f"{' ' * _COLUMN}  [{provenance.source}]", style="dim")

    return CommandResult(
        status="ok",
        exit_code=0,
        data={
            **release_as_json(matrix),
            "application": application_as_json(application, language),
        },
        write=write,
    )


def _lines(application: Application, language: Language) -> Iterator[tuple[str, str, Provenance]]:
    for required in application.requires:
        yield "requires", str(required.requirement), required.provenance
    for out in application.keeps_out:
        yield "keeps-out", out.project, out.provenance
    for extension in application.extensions:
        facts = {"package": extension.package, "source": extension.build_from}
        yield "builds", phrase("built-from", facts, language).message, extension.provenance
    for check in application.checks:
        yield "proves", check.capability or f"import {check.imports}", check.provenance
    for setting in application.settings:
        yield "sets", f"{setting.variable}={setting.value}", setting.provenance
    for switch in application.switches:
        yield "may-turn-on", f"{switch.name} ({', '.join(switch.needs)})", switch.provenance
    for limit in application.limits:
        gpus = gpus_of(limit)
        sentence = _sentence(application, limit, language)
        yield "limit", f"{sentence} ({gpus})" if gpus else sentence, limit.provenance


def _asked_for_as(application: Application) -> str:
    return application.name if application.is_package else f"app:{application.name}"
