"""Plans which locks a run for several machines makes, and what their files are called."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.errors import GpuenvError
from gpuenv.lock.reading import read_lock
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gpuenv.lock.reading import LockContent
    from gpuenv.models.hardware import Gpu
    from gpuenv.workflow.locks.cover import Cover
    from gpuenv.workflow.locks.options import LockFormat
    from gpuenv.workflow.locks.targets import Machines
    from gpuenv.workflow.locks.work import Locked
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.resolution import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One lock to be made."""

    machines: Machines
    options: Options
    path: Path | None
    """None for a group of a range: its name follows from what is chosen."""
    cards: tuple[Gpu, ...] = ()
    """Of a range; () for one machine."""
    resolved: Resolved | None = None
    """What a group is resolved to, where nothing is pinned so far."""
    tag: str | None = None
    """The CUDA tag that the file of a group is named by, where it is there already."""


def existing_locks(folder: Path, file_format: LockFormat) -> dict[Path, LockContent]:
    """Read the locks of that format in a folder; other files are not ours."""
    pattern = "pylock.*.toml" if file_format == "pylock" else "requirements-*.txt"
    found = ((path, _content(path)) for path in sorted(folder.glob(pattern)))
    return {path: content for path, content in found if content is not None}


def _content(path: Path) -> LockContent | None:
    try:
        return read_lock(path)
    except GpuenvError:
        return None


def jobs_for(
    machines: Machines,
    cover: Cover | None,
    folder: Path,
    existing: Mapping[Path, LockContent],
    file_format: LockFormat,
) -> tuple[Job, ...]:
    """Plan the locks of one entry. The groups that a range was locked in before stay, unless fewer would do now."""
    if cover is None:
        stem = f"{_slug(machines.name)}-{_place(machines)}"
        return (Job(machines=machines, options=machines.options, path=folder / _file_name(stem, file_format)),)
    fresh = tuple(
        Job(
            machines=machines,
            options=cover.options(group),
            path=None,
            cards=group,
            resolved=cover.answers.get(group),
        )
        for group in cover.groups
    )
    kept = tuple(_kept(machines, cover, existing))
    covered = {gpu for job in kept for gpu in job.cards}
    wanted = {gpu for group in cover.groups for gpu in group}
    return kept if covered >= wanted and len(kept) <= len(fresh) else fresh


def _kept(machines: Machines, cover: Cover, existing: Mapping[Path, LockContent]) -> Iterator[Job]:
    names = {gpu.name: gpu for gpu in cover.target.gpus}
    for path, content in existing.items():
        header = content.header
        is_here = (header.platform.name, header.python) == (machines.platform, machines.python)
        if is_here and header.is_for_any_gpu:
            yield Job(machines=machines, options=cover.options(cover.target.gpus), path=path, cards=cover.target.gpus)
        elif is_here and header.gpus and all(gpu.name in names for gpu in header.gpus):
            group = tuple(names[gpu.name] for gpu in header.gpus)
            yield Job(machines=machines, options=cover.options(group), path=path, cards=group, tag=header.tag)


def is_as_named(job: Job, made: Locked) -> bool:
    """Tell whether a lock that was kept still has the build that its file is named by."""
    return job.tag is None or (made.text is not None and _tag_of(made) == job.tag)


def named(made: Sequence[Locked], jobs: Sequence[Job], folder: Path, file_format: LockFormat) -> list[Locked]:
    """Name the files of groups: by the CUDA tag, and by the version of torch where two groups have the same."""
    fresh = [place for place, job in enumerate(jobs) if job.path is None and made[place].text is not None]
    stems = {place: f"{_slug(_tag_of(made[place]))}-{_place(jobs[place].machines)}" for place in fresh}
    shared = {stem for stem, times in Counter(stems.values()).items() if times > 1}
    found = list(made)
    for place, stem in stems.items():
        full = f"{_version(made[place])}-{stem}" if stem in shared else stem
        found[place] = replace(made[place], path=folder / _file_name(full, file_format))
    return found


def _file_name(stem: str, file_format: LockFormat) -> str:
    """Name a lock as its format asks: a pylock has no dots inside."""
    return f"pylock.{stem}.toml" if file_format == "pylock" else f"requirements-{stem}.txt"


def _tag_of(made: Locked) -> str:
    """Name the CUDA tag of what was chosen: `cu130`, `nightly/cu132`, `cpu`; `any` where nothing depends on the GPU."""
    outcome = made.resolved.outcome
    if isinstance(outcome, Conflict):
        return ""
    target = made.resolved.target
    untagged = "any" if target is not None and not target.is_cpu else "cpu"
    return next((pin.tag for pin in outcome.pins if pin.tag), "gpu" if outcome.coverage else untagged)


def _place(machines: Machines) -> str:
    """Name the platform and the Python of a lock: `linux-x86_64-py312`."""
    return f"{machines.platform}-py{str(machines.python).replace('.', '')}"


def _version(one: Locked) -> str:
    outcome = one.resolved.outcome
    torch = None if isinstance(outcome, Conflict) else outcome.pin("torch")
    return f"torch{torch.version.public.replace('.', '-')}" if torch is not None else "gpu"


def _slug(text: str) -> str:
    """Write a target as part of a file name.

    >>> _slug("NVIDIA GeForce RTX 5070 Ti")
    'nvidia-geforce-rtx-5070-ti'
    """
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")
