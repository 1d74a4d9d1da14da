"""Shows what others changed in an environment since gpuenv's last change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gpuenv.models.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.drift import Drift
    from gpuenv.report.result import CommandResult


def with_drift(
    result: CommandResult, drift: Sequence[Drift], *, environment: str | None, notes: Sequence[Notice] = ()
) -> CommandResult:
    """Add the drift to a diagnosis: status `drift` and exit code 1 where there is any.

    A change that was broken off is an error by itself; the other notes belong to the drift.
    """
    data = {**result.data, "drift": [_as_json(found) for found in drift]}
    broken_off = tuple(note for note in notes if note.code == "change-unfinished")
    if broken_off:
        return replace(result, data=data, status="failed", exit_code=1, errors=(*result.errors, *broken_off))
    if not drift:
        return replace(result, data=data)
    command = f"gpuenv install --venv {environment} {' '.join(f'{found.project}=={found.recorded}' for found in drift)}"
    notices = (*result.errors, *_notices(drift), Notice.of("drift-mended-by", command=command), *notes)
    return replace(result, data=data, status="drift", exit_code=1, errors=notices)


def _as_json(found: Drift) -> dict[str, Any]:
    return {
        "project": found.project,
        "recorded": found.recorded,
        "found": found.found,
        "installer": found.installer,
        "caused_by": [
            {"project": cause.project, "version": cause.version, "requirement": cause.requirement}
            for cause in found.causes
        ],
    }


def _notices(drift: Sequence[Drift]) -> Iterator[Notice]:
    for found in drift:
        facts = {"package": found.project, "recorded": found.recorded, "found": found.found}
        causes = tuple(f"{cause.project} {cause.version} ({cause.requirement})" for cause in found.causes)
        if found.found is None:
            yield Notice.of("drifted-away", **facts)
        elif causes:
            yield Notice.of("drifted-by", causes=causes, **facts)
        else:
            yield Notice.of("drifted", installer=found.installer, **facts)
