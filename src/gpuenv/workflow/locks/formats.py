"""Makes the text of one lock in the format that was asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.models.notice import Notice
from gpuenv.models.settings import redact_url
from gpuenv.workflow.locks.closure import lock_closure
from gpuenv.workflow.locks.work import Made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.workflow.locks.closure import LockClosure
    from gpuenv.workflow.locks.work import Work

DOCKER_LOCK: Final = "requirements-gpu.txt"
"""The lock that a Dockerfile copies, in its folder."""


def make_text(work: Work, project: str) -> Made:
    """Make the text; `project` is the text of the uv project that the format `uv` writes into."""
    match work.asked.file_format:
        case "uv":
            from gpuenv.workflow.locks.uv import make_uv_project  # noqa: PLC0415 - one format at a time

            return make_uv_project(work, project)
        case "pylock":
            return _pylock(work)
        case "docker":
            return _docker(work)
        case "requirements":
            return _requirements(work)


def _requirements(work: Work) -> Made:
    from gpuenv.lock.requirements import render_requirements  # noqa: PLC0415 - one format at a time

    closure = lock_closure(work)
    text = render_requirements(
        work.public,
        closure.packages,
        target=work.target,
        matrix_version=work.resolved.matrix.version,
        sources=closure.sources,
        unhashed=closure.unhashed,
        local=closure.local,
        folder=_vendor_from(work),
    )
    return Made(text=text, packages=closure.packages, files=closure.files, notes=tuple(_notes(work, closure)))


def _pylock(work: Work) -> Made:
    from gpuenv.lock.pylock import render_pylock  # noqa: PLC0415 - one format at a time

    if work.asked.allow_unhashed:
        raise UsageError("lock-needs-hashes", what="--format pylock")
    closure = lock_closure(work)
    text = render_pylock(
        work.public,
        closure.engine,
        target=work.target,
        matrix_version=work.resolved.matrix.version,
        is_canonical=not work.names_an_index,
        sources=closure.sources,
        folder=_vendor_from(work),
    )
    index = work.resolved.settings.index_url
    notes = () if index is None else (Notice.of("pylock-names-your-index", index=redact_url(index)),)
    return Made(text=text, packages=closure.packages, files=closure.files, notes=(*_notes(work, closure), *notes))


def _docker(work: Work) -> Made:
    from gpuenv.lock.docker import render_dockerfile  # noqa: PLC0415 - one format at a time
    from gpuenv.lock.header import make_header  # noqa: PLC0415

    header = make_header(work.public, target=work.target, matrix_version=work.resolved.matrix.version)
    text = render_dockerfile(header, lock=DOCKER_LOCK, say=work.asked.wording)
    made = _requirements(work)
    return Made(
        text=text,
        packages=made.packages,
        files=made.files,
        notes=made.notes,
        beside=((DOCKER_LOCK, made.text),),
    )


def _vendor_from(work: Work) -> str | None:
    """Name the folder of copies as seen from the lock: what both are moved to stays right."""
    if work.vendor is None:
        return None
    start = work.path.parent if work.path is not None else work.surroundings.cwd
    try:
        place = os.path.relpath(work.vendor, start)
    except ValueError as error:  # another drive of Windows
        raise GpuenvError("lock-vendor-elsewhere", folder=str(work.vendor)) from error
    return f"./{place}".replace(os.sep, "/") if not place.startswith("..") else place.replace(os.sep, "/")


def _notes(work: Work, closure: LockClosure) -> Iterator[Notice]:
    dated = next((pin for pin in work.resolution.pins if pin.version.is_devrelease), None)
    if dated is not None and work.vendor is None:
        yield Notice.of("lock-nightly-vanishes", requirement=dated.requirement)
    for source in closure.sources:
        code = "lock-source-static" if source.metadata == "metadata-static" else "lock-source-built"
        yield Notice.of(code, project=source.project, metadata=source.metadata)
    if closure.unhashed:
        yield Notice.of("lock-unhashed", packages=closure.unhashed)
    built = {part.package for application in work.resolved.applications for part in application.extensions}
    kept_out = tuple(project for project in work.resolution.excluded if project not in built)
    if kept_out and work.others:
        yield Notice.of("lock-leaves-out", packages=kept_out)
    if closure.local and work.vendor is not None:
        yield Notice.of("lock-needs-vendor", packages=tuple(closure.local), folder=str(work.vendor))
