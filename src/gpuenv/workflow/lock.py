"""Locks a resolution: the closure with hashes for the target, as the text of a file."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv import __version__
from gpuenv.errors import GpuenvError
from gpuenv.lock.file import write_lock_file
from gpuenv.lock.requirements import render_requirements
from gpuenv.models.index import PYTORCH_INDEX_URL, SourceKind
from gpuenv.models.platform import DEFAULT_GLIBC, Platform
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.workflow.plan import interpreter
from gpuenv.workflow.resolution import resolve_request

if TYPE_CHECKING:
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolution import Resolved

_NETWORK: Final = ("http://", "https://")
_RANGE: Final = re.compile(r"\w\.\.\w")
"""`sm_75..sm_120`; not `../saved.json`."""
_ONE_LOCK: Final = "gpuenv lock --format requirements -o requirements-gpu.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A resolution or conflict, and the lock where there is something to lock."""

    resolved: Resolved
    text: str | None
    """None on conflict."""
    packages: tuple[LockedPackage, ...]
    path: Path | None
    """The file; None where the text is only handed out."""
    is_changed: bool
    """Whether the file was written: one that holds this very text is left alone."""


def lock(options: Options, surroundings: Surroundings, reporter: Reporter, *, output: str | None) -> Locked:
    """Resolve, ask for the closure with hashes, and write the lock to `output` (None: only make its text).

    Raises `not-available-yet` for a range of targets, and the codes of the closure and of `render_requirements`.
    """
    if _RANGE.search(options.target):
        what = f"gpuenv lock --target {options.target}"
        raise GpuenvError("not-available-yet", version=__version__, what=what, instead=_ONE_LOCK)
    settings = _portable(_settings(surroundings))
    resolved = resolve_request(options, surroundings, reporter, looks_at_environment=False, settings=settings)
    if isinstance(resolved.outcome, Conflict) or resolved.target is None:
        return Locked(resolved=resolved, text=None, packages=(), path=None, is_changed=False)
    target = _described(resolved.target, options)
    closure = _closure(resolved, resolved.outcome, target, options, surroundings, reporter)
    text = render_requirements(
        _at_canonical_indexes(resolved.outcome, is_named=_names_an_index(options)),
        closure,
        target=target,
        matrix_version=resolved.matrix.version,
    )
    path = surroundings.cwd / output if output is not None else None
    is_changed = path is not None and write_lock_file(path, text)
    return Locked(resolved=resolved, text=text, packages=closure, path=path, is_changed=is_changed)


def _settings(surroundings: Surroundings) -> IndexSettings:
    from gpuenv.project.pip_configuration import read_index_settings  # noqa: PLC0415 - in the order of the work

    return read_index_settings(surroundings, venv=None)


def _portable(settings: IndexSettings) -> IndexSettings:
    """Leave out the user's own folders: what lies only there would make a lock that no other machine can install."""
    return replace(
        settings,
        find_links=tuple(place for place in settings.find_links if place.startswith(_NETWORK)),
        extra_index_urls=tuple(url for url in settings.extra_index_urls if url.startswith(_NETWORK)),
    )


def _described(target: Target, options: Options) -> Target:
    """Take nothing of this machine into a platform that is named: the lock is then the same wherever it is made."""
    if options.platform is None:
        return target
    glibc = DEFAULT_GLIBC if target.platform.name.startswith("linux") else None
    return replace(target, platform=Platform(name=target.platform.name, glibc=glibc))


def _closure(
    resolved: Resolved,
    resolution: Resolution,
    target: Target,
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
) -> tuple[LockedPackage, ...]:
    from gpuenv.install.closure import compile_closure  # noqa: PLC0415 - not where there is a conflict

    return compile_closure(
        resolution.pins,
        resolved.request.others if resolved.request is not None else (),
        python=interpreter(options) if options.python is not None else Path(sys.executable),
        python_version=target.python,
        platform=target.platform,
        settings=resolved.settings,
        environ=surroundings.environ,
        with_hashes=True,
        is_offline=options.is_offline,
        reporter=reporter,
    )


def _names_an_index(options: Options) -> bool:
    return options.indexes is not None and options.indexes.startswith(_NETWORK)


def _at_canonical_indexes(resolution: Resolution, *, is_named: bool) -> Resolution:
    """Name PyTorch's own index in place of the user's mirror of it, unless this very command names the mirror.

    A lock is for every machine; who is behind a mirror has set that up there.
    """
    if is_named:
        return resolution
    return replace(
        resolution,
        pins=tuple(
            replace(pin, source=replace(pin.source, location=PYTORCH_INDEX_URL))
            if pin.source.kind is SourceKind.PYTORCH and (pin.source.location or "").startswith(_NETWORK)
            else pin
            for pin in resolution.pins
        ),
    )
