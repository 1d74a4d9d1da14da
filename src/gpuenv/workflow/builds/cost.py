"""Tells what a long build will take, before it begins: time, compilers at once, memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gpuenv.build.variables import USUAL_JOB_GIB
from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from gpuenv.models.extension import Extension
    from gpuenv.models.typed_command import TypedCommand

_LONG_MINUTES: Final = 10
"""What takes less is waited for without a word."""
_HOUR: Final = 60


def long_build(
    extension: Extension | None, *, jobs: int, architectures: int, typed: TypedCommand | None = None
) -> Notice | None:
    """Estimate a build of a package that the matrix knows the cost of; None for one that is short, or not known.

    `typed` is the command that asks for it: the way to less memory is the same with another `MAX_JOBS`.
    """
    if extension is None or extension.core_minutes is None:
        return None
    minutes = math.ceil(extension.core_minutes * architectures / jobs)
    if minutes < _LONG_MINUTES:
        return None
    return Notice.of(
        "long-build",
        package=extension.package,
        duration=duration(minutes),
        jobs=str(jobs),
        fewer=str(jobs // 2) if jobs > 1 else None,
        **(typed.facts if typed is not None else {}),
        memory=f"{(extension.job_gib or USUAL_JOB_GIB) * jobs} GiB",
    )


def duration(minutes: int) -> str:
    """Write a time as roughly as it is known.

    >>> duration(45), duration(160)
    ('45 min', '2.7 h')
    """
    return f"{minutes} min" if minutes < _HOUR else f"{minutes / _HOUR:.1f} h"
