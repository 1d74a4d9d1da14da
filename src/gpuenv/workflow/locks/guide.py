"""Gathers what INSTALL-GPU.md says: every card that was asked for, and the locks that serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.lock.guide import GuideCard, GuideLock, render_guide
from gpuenv.lock.reading import is_pylock, parse_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.version import Version

    from gpuenv.lock.header import LockHeader
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.workflow.locks.cover import Cover
    from gpuenv.workflow.locks.jobs import Job
    from gpuenv.workflow.locks.options import Wording
    from gpuenv.workflow.locks.targets import Machines
    from gpuenv.workflow.locks.work import Locked


def guide_text(
    made: Sequence[Locked],
    jobs: Sequence[Job],
    covers: Mapping[Machines, Cover],
    matrix: CompatibilityMatrix,
    *,
    say: Wording,
) -> str:
    """Make the text for the locks of one folder."""
    locks: dict[Machines, list[GuideLock]] = {}
    for one, job in zip(made, jobs, strict=True):
        if one.path is not None and one.text is not None:
            header = parse_lock(one.text, is_pylock=is_pylock(one.path)).header
            locks.setdefault(job.machines, []).append(GuideLock(file=one.path.name, header=header))
    cards = [card for machines, found in locks.items() for card in _cards(machines, found, covers, matrix)]
    places = list(dict.fromkeys((card.platform, card.python) for card in cards))
    cards.sort(key=lambda card: places.index((card.platform, card.python)))
    return render_guide(cards, [lock for found in locks.values() for lock in found], say=say)


def _cards(
    machines: Machines, locks: Sequence[GuideLock], covers: Mapping[Machines, Cover], matrix: CompatibilityMatrix
) -> Iterator[GuideCard]:
    cover = covers.get(machines)
    if cover is None:
        header = locks[0].header
        capabilities = dict.fromkeys(
            " or ".join(str(capability) for capability in gpu.capabilities) for gpu in header.gpus
        )
        yield GuideCard(
            name=machines.name,
            capability=", ".join(capabilities),
            generation="",
            models=(),
            platform=machines.platform,
            python=str(machines.python),
            files=tuple(lock.file for lock in locks),
        )
        return
    for gpu in cover.target.gpus:
        serving = [lock for lock in locks if _serves(lock.header, gpu)]
        serving.sort(key=_newest_first)
        yield GuideCard(
            name=gpu.name,
            capability=" or ".join(str(capability) for capability in gpu.capabilities),
            generation=_generation(gpu, matrix),
            models=_models(gpu, matrix),
            platform=machines.platform,
            python=str(machines.python),
            files=tuple(lock.file for lock in serving),
        )


def _serves(header: LockHeader, gpu: Gpu) -> bool:
    return header.is_for_any_gpu or any(found.name == gpu.name for found in header.gpus)


def _newest_first(lock: GuideLock) -> tuple[bool, _Descending]:
    return lock.header.torch is None, _Descending(lock.header.torch)


class _Descending:
    """Sorts versions from the newest on."""

    def __init__(self, version: Version | None) -> None:
        self.version = version

    def __lt__(self, other: _Descending) -> bool:
        return self.version is not None and other.version is not None and other.version < self.version


def _generation(gpu: Gpu, matrix: CompatibilityMatrix) -> str:
    rows = (matrix.architecture(capability) for capability in gpu.capabilities)
    return ", ".join(dict.fromkeys(row.generation for row in rows if row is not None))


def _models(gpu: Gpu, matrix: CompatibilityMatrix) -> tuple[str, ...]:
    """List the cards that a bare capability stands for; a card given by name stands for itself."""
    if gpu.name != gpu.capabilities[0].sm:
        return ()
    return tuple(dict.fromkeys(model.name for model in matrix.gpus if model.capability in gpu.capabilities))
