"""Shows the extensions that a plan compiles, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpuenv.models.settings import redact_url
from gpuenv.report.envelope import notice_as_json
from gpuenv.report.labels import write_labelled
from gpuenv.report.messages import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuenv.errors import ContextValue
    from gpuenv.models.execution import BuiltExtension
    from gpuenv.models.plan import Build
    from gpuenv.report.messages import Language
    from gpuenv.report.terminal import Terminal


def build_as_json(build: Build, language: Language) -> dict[str, Any]:
    """Make the step of an extension that is compiled: its version is known once it is."""
    sentence = phrase(build.reason.code, build.reason.context, language)
    compiler = build.compiler
    return {
        "action": "build",
        "project": build.project,
        "version": None,
        "reason": {"code": sentence.code, "message": sentence.message},
        "replaces": str(build.replaces) if build.replaces else None,
        "source": redact_url(build.source),
        "application": build.application,
        "torch": build.torch,
        "architectures": list(build.architectures),
        "compiler": {"kind": compiler.kind, "cuda": compiler.cuda, "folder": compiler.folder} if compiler else None,
        "files": build.files,
        "expected_minutes": build.minutes,
    }


def write_builds(terminal: Terminal, builds: Sequence[Build]) -> None:
    """Write for each extension what it is, why it is compiled, from what, with what, and how long that takes."""
    language = terminal.language
    for build in builds:
        reason = phrase(build.reason.code, build.reason.context, language).message
        write_labelled(terminal, "build", f"{build.project}  ({reason})")
        facts: dict[str, ContextValue] = {
            "source": redact_url(build.source),
            "architectures": build.architectures,
        }
        terminal.print(f"{'':<8}   {phrase('build-from', facts, language).message}")
        terminal.print(f"{'':<8}   {_means(build, language)}")


def _means(build: Build, language: Language) -> str:
    compiler = build.compiler
    if compiler is None:
        return phrase("build-elsewhere", {}, language).message
    facts: dict[str, ContextValue] = {"cuda": compiler.cuda, "folder": compiler.folder, "minutes": build.minutes}
    with_what = phrase(f"build-with-{'toolkit' if compiler.folder else 'wheels'}", facts, language).message
    how_long = phrase("build-minutes" if build.minutes else "build-unknown-time", facts, language).message
    return f"{with_what}{phrase('build-clause', {}, language).message}{how_long}"


def built_as_json(built: BuiltExtension, language: Language) -> dict[str, Any]:
    """Make the JSON of an extension that was compiled, proven and installed."""
    return {
        "project": built.project,
        "version": str(built.version),
        "origin": built.origin,
        "toolkit": built.toolkit,
        "sass": list(built.sass),
        "seconds": round(built.seconds, 1),
        "log": str(built.log) if built.log is not None else None,
        "warnings": [notice_as_json(note, language) for note in built.notes],
    }


def write_built(terminal: Terminal, built: Sequence[BuiltExtension]) -> None:
    """Write a line for each extension: what proves it."""
    for one in built:
        facts: dict[str, ContextValue] = {
            "project": one.project,
            "version": str(one.version),
            "toolkit": one.toolkit,
            "seconds": f"{one.seconds:.0f}",
            "sass": one.sass,
        }
        code = "build-done" if one.origin == "built" else "build-taken"
        terminal.print(phrase(code, facts, terminal.language).message, style="green")
        for note in one.notes:
            terminal.notice("warning", note)
