"""Warns of drivers older than the first one that was seen to list a card (rule 5): never a rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.rules.driver import is_older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuenv.resolve.problem import Problem


def unlisted_cards(problem: Problem) -> Iterator[Notice]:
    """List the cards for which the driver is older than the first one seen to list them; Linux drivers only."""
    target = problem.target
    version = target.driver.version if target.driver is not None else None
    if version is None or target.platform.driver_system != "linux" or "driver" in problem.ignored:
        return
    for name in dict.fromkeys(gpu.name for gpu in target.gpus):
        row = next((row for row in problem.matrix.first_seen if name in row.gpus), None)
        if row is not None and is_older(version, row.driver):
            yield Notice.of(
                "driver-older-than-card",
                gpu=name,
                driver=str(version),
                first=str(row.driver),
                matrix=problem.matrix.version,
                evidence=row.provenance.evidence.value,
            )
