"""Locks a resolution for the target, in the format that was asked for."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gpuenv import __version__
from gpuenv.errors import GpuenvError
from gpuenv.lock.file import read_project_file, write_lock_file
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import PYTORCH_INDEX_URL, SourceKind
from gpuenv.models.notice import Notice
from gpuenv.models.platform import DEFAULT_GLIBC, Platform
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.models.settings import redact_url
from gpuenv.workflow.plan import interpreter
from gpuenv.workflow.resolution import resolve_request

if TYPE_CHECKING:
    from gpuenv.models.progress import Reporter
    from gpuenv.models.settings import IndexSettings
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolution import Resolved

LockFormat = Literal["requirements", "pylock", "uv"]

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
    file_format: LockFormat = "requirements"
    extra: str | None = None
    """The extra of the uv project that was written."""
    notes: tuple[Notice, ...] = ()
    """What the reader has to know of this file."""


def lock(
    options: Options,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    output: str | None,
    file_format: LockFormat = "requirements",
) -> Locked:
    """Resolve, ask for the closure with hashes, and write the lock to `output` (None: only make its text).

    `uv` writes into the project file: `output`, by default ./pyproject.toml. Raises `not-available-yet` for a range of
    targets, and the codes of the closure and of the format's own module.
    """
    if _RANGE.search(options.target):
        what = f"gpuenv lock --target {options.target}"
        raise GpuenvError("not-available-yet", version=__version__, what=what, instead=_ONE_LOCK)
    name = output if output is not None or file_format != "uv" else "pyproject.toml"
    path = surroundings.cwd / name if name is not None else None
    # What is wrong with the file is said before anything is asked of an index.
    before = _checked(path, file_format)
    settings = _portable(_settings(surroundings))
    resolved = resolve_request(options, surroundings, reporter, looks_at_environment=False, settings=settings)
    if isinstance(resolved.outcome, Conflict) or resolved.target is None:
        return Locked(resolved=resolved, text=None, packages=(), path=None, is_changed=False, file_format=file_format)
    work = _Work(
        resolved=resolved,
        resolution=resolved.outcome,
        public=_at_canonical_indexes(resolved.outcome, is_named=_names_an_index(options)),
        target=_described(resolved.target, options),
        options=options,
        surroundings=surroundings,
        reporter=reporter,
    )
    made = _made(work, file_format, before, str(path))
    is_changed = path is not None and write_lock_file(path, made.text)
    return Locked(
        resolved=resolved,
        text=made.text,
        packages=made.packages,
        path=path,
        is_changed=is_changed,
        file_format=file_format,
        extra=made.extra,
        notes=made.notes,
    )


def _checked(path: Path | None, file_format: LockFormat) -> str:
    """Check the name of the file, or read the project that it is; text only for the latter."""
    if file_format == "pylock" and path is not None:
        from gpuenv.lock.pylock import check_pylock_name  # noqa: PLC0415 - one format at a time

        check_pylock_name(path)
    if file_format == "uv" and path is not None:
        from gpuenv.lock.uv_shape import parse_project  # noqa: PLC0415

        text = read_project_file(path)
        parse_project(text.removeprefix("\ufeff"), file=str(path))
        return text
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What every format is made from."""

    resolved: Resolved
    resolution: Resolution
    """With the sources that are read."""
    public: Resolution
    """With the sources that the file names."""
    target: Target
    options: Options
    surroundings: Surroundings
    reporter: Reporter

    @property
    def others(self) -> tuple[str, ...]:
        return self.resolved.request.others if self.resolved.request is not None else ()

    @property
    def constraints(self) -> tuple[str, ...]:
        return self.resolved.request.constraints if self.resolved.request is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """The text of one format, and what else there is to say of it."""

    text: str
    packages: tuple[LockedPackage, ...] = ()
    extra: str | None = None
    notes: tuple[Notice, ...] = ()


def _made(work: _Work, file_format: LockFormat, before: str, file: str) -> _Made:
    if file_format == "uv":
        return _uv_project(work, before, file)
    return _pylock(work) if file_format == "pylock" else _requirements(work)


def _requirements(work: _Work) -> _Made:
    from gpuenv.lock.requirements import render_requirements  # noqa: PLC0415 - one format at a time

    closure = _closure(work)
    text = render_requirements(work.public, closure, target=work.target, matrix_version=work.resolved.matrix.version)
    return _Made(text=text, packages=closure)


def _pylock(work: _Work) -> _Made:
    from gpuenv.install.closure import compile_pylock  # noqa: PLC0415 - one format at a time
    from gpuenv.lock.pylock import locked_packages, parse_engine_pylock, render_pylock  # noqa: PLC0415

    engine = parse_engine_pylock(
        compile_pylock(
            work.resolution.pins,
            work.others,
            python=_interpreter(work.options),
            python_version=work.target.python,
            platform=work.target.platform,
            settings=work.resolved.settings,
            environ=work.surroundings.environ,
            is_offline=work.options.is_offline,
            constraints=(*work.resolution.constraints, *work.constraints),
            excluded=work.resolution.excluded,
            reporter=work.reporter,
        )
    )
    text = render_pylock(
        work.public,
        engine,
        target=work.target,
        matrix_version=work.resolved.matrix.version,
        is_canonical=not _names_an_index(work.options),
    )
    index = work.resolved.settings.index_url
    notes = () if index is None else (Notice.of("pylock-names-your-index", index=redact_url(index)),)
    return _Made(text=text, packages=locked_packages(engine), notes=notes)


def _uv_project(work: _Work, before: str, file: str) -> _Made:
    from gpuenv.lock.uv_extra import make_uv_extra  # noqa: PLC0415 - one format at a time
    from gpuenv.lock.uv_project import update_project  # noqa: PLC0415

    # Only a nightly depends on builds that the default index does not have; uv itself resolves all else.
    is_nightly = any(pin.version.is_devrelease for pin in work.resolution.pins)
    extra = make_uv_extra(
        work.public,
        target=work.target,
        others=work.others,
        constraints=work.constraints,
        closure=_closure(work) if is_nightly else (),
        onnxruntime=work.resolved.matrix.onnxruntime,
    )
    project = update_project(before, extra, file=file)
    notes = (
        [Notice.of("uv-project-depends-directly", projects=project.direct, names=" ".join(project.direct))]
        if project.direct
        else []
    )
    packages = tuple(LockedPackage(project=pin.project, version=pin.version) for pin in work.resolution.pins)
    return _Made(text=project.text, packages=packages, extra=extra.name, notes=tuple(notes))


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


def _closure(work: _Work) -> tuple[LockedPackage, ...]:
    from gpuenv.install.closure import compile_closure  # noqa: PLC0415 - not where there is a conflict

    return compile_closure(
        work.resolution.pins,
        work.others,
        python=_interpreter(work.options),
        python_version=work.target.python,
        platform=work.target.platform,
        settings=work.resolved.settings,
        environ=work.surroundings.environ,
        with_hashes=True,
        is_offline=work.options.is_offline,
        constraints=(*work.resolution.constraints, *work.constraints),
        excluded=work.resolution.excluded,
        reporter=work.reporter,
    )


def _interpreter(options: Options) -> Path:
    return interpreter(options) if options.python is not None else Path(sys.executable)


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
