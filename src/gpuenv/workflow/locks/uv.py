"""Exports a choice into a uv project, after checking that the project's own limits admit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.execution import LockedPackage
from gpuenv.models.notice import Notice
from gpuenv.workflow.locks.closure import lock_closure
from gpuenv.workflow.locks.work import Made

if TYPE_CHECKING:
    from gpuenv.workflow.locks.work import Work


def make_uv_project(work: Work, text: str) -> Made:
    """Write the extra into the text of a pyproject.toml.

    The closure is resolved with the project's own dependencies, constraints and exclusions, so that `uv lock` finds
    no conflict that this command had not told of. Raises what that raises, and the codes of `update_project`.
    """
    from gpuenv.lock.uv_extra import make_uv_extra  # noqa: PLC0415 - one format at a time
    from gpuenv.lock.uv_limits import check_choice, read_limits  # noqa: PLC0415
    from gpuenv.lock.uv_project import update_project  # noqa: PLC0415

    file = str(work.path)
    limits = read_limits(text, target=work.target)
    check_choice(limits, work.resolution, file=file)
    closure = lock_closure(work, others=limits.dependencies, constraints=limits.constraints, excluded=limits.excluded)
    is_nightly = any(pin.version.is_devrelease for pin in work.resolution.pins)
    extra = make_uv_extra(
        work.public,
        target=work.target,
        others=work.others,
        constraints=work.resolved.request.constraints if work.resolved.request is not None else (),
        # Only a nightly depends on builds that the default index does not have; uv itself resolves all else.
        closure=closure.packages if is_nightly else (),
        onnxruntime=work.resolved.matrix.onnxruntime,
    )
    project = update_project(text, extra, file=file)
    notes = (
        [Notice.of("uv-project-depends-directly", projects=project.direct, names=" ".join(project.direct))]
        if project.direct
        else []
    )
    return Made(
        text=project.text,
        # All that an exported project pins.
        packages=tuple(LockedPackage(project=pin.project, version=pin.version) for pin in work.resolution.pins),
        files=closure.files,
        extra=extra.name,
        notes=tuple(notes),
    )
