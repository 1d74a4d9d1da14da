"""Chooses torch and the extensions together: what a page does not have after all holds torch back no longer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.models.resolution import Conflict
from gpuenv.workflow.resolving.page_reading import resolve_with_pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.environment import Environment
    from gpuenv.models.notice import Notice
    from gpuenv.models.progress import Reporter
    from gpuenv.models.request import Request
    from gpuenv.models.resolution import Resolution
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.tables import Tables
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.extension_lines import Extensions
    from gpuenv.workflow.resolving.kept_pages import KeptPages
    from gpuenv.workflow.resolving.newest_release import Answers

_HELD: Final = "extension-wheel-holds-torch"
_IN_VAIN: Final = frozenset({"extension-needs-build", "extension-page-unread"})


def resolve_with_extensions(
    request: Request,
    extensions: Extensions,
    target: Target,
    tables: Tables,
    environment: Environment | None,
    settings: IndexSettings,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    answers: Answers,
    kept_pages: KeptPages | None = None,
) -> tuple[Resolution | Conflict, Request, tuple[Notice, ...]]:
    """Resolve, and choose a wheel for each extension.

    An older torch is chosen for the sake of wheels that exist. Where the wheels of an extension turn out not to serve
    the GPUs, or cannot be looked at, it has to be compiled anyhow, and the newest torch is chosen.
    """
    pairings = extensions.pairings
    if pairings and not options.is_offline:
        from gpuenv.workflow.resolving.unknown_releases import with_unknown_releases  # noqa: PLC0415 - few ask for any

        pairings = tuple(with_unknown_releases(pairings, target, settings, surroundings, reporter))
    asked = replace(request, pairings=pairings)
    while True:
        outcome, resolved, notes = resolve_with_pages(
            asked, target, tables, environment, settings, options, surroundings, reporter, answers, kept_pages
        )
        if not (extensions.bound or extensions.free):
            return outcome, resolved, notes
        from gpuenv.workflow.resolving.extension_choice import serve_extensions  # noqa: PLC0415 - few ask for any

        outcome, resolved, served = serve_extensions(
            extensions, outcome, resolved, target, environment, settings, options, surroundings, reporter
        )
        in_vain = _held_in_vain(outcome, served)
        if not in_vain:
            return outcome, resolved, (*notes, *served)
        asked = replace(asked, pairings=tuple(found for found in asked.pairings if found.package not in in_vain))


def _held_in_vain(outcome: Resolution | Conflict, served: Iterable[Notice]) -> frozenset[object]:
    """Name the extensions for whose wheels an older torch was chosen, and which have none there that serves."""
    if isinstance(outcome, Conflict):
        return frozenset()
    held = {package for note in outcome.notes if note.code == _HELD for package in _packages(note)}
    without = {note.context["package"] for note in served if note.code in _IN_VAIN}
    return frozenset(held & without)


def _packages(note: Notice) -> tuple[object, ...]:
    packages = note.context["packages"]
    return packages if isinstance(packages, tuple) else ()
