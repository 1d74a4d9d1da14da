"""Locks for several machines at once: as few locks as cover them, and a page that says which card takes which."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.install.engines.uv import find_uv
from gpuenv.lock.differences import Difference
from gpuenv.lock.file import write_lock_file
from gpuenv.lock.guide import GUIDE
from gpuenv.models.notice import Notice
from gpuenv.models.value import dataclass
from gpuenv.workflow.lock import compare_file, finished, unknown_upgrades
from gpuenv.workflow.locks.cover import cover
from gpuenv.workflow.locks.guide import guide_text
from gpuenv.workflow.locks.jobs import Job, existing_locks, is_as_named, jobs_for, named
from gpuenv.workflow.locks.one import make_lock
from gpuenv.workflow.locks.targets import machines_of
from gpuenv.workflow.locks.work import Locked
from gpuenv.workflow.resolving.matrix_data import load_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gpuenv.lock.reading import LockContent
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.cover import Cover
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.locks.targets import Machines
    from gpuenv.workflow.options import Options
    from gpuenv.workflow.resolving.matrix_data import MatrixData

_AT_ONCE: Final = 4
"""uv waits for the network more than it computes: a few at a time, for machines of two processors as well."""
_FOLDER: Final = "locks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSet:
    """The locks of several machines."""

    folder: Path
    locks: tuple[Locked, ...]
    """In the order of the targets, platforms and Pythons; those with a conflict have no text."""
    names: tuple[str, ...]
    """For each lock the target as it was written."""
    matrix: str
    guide: str | None = None
    """The text of INSTALL-GPU.md; None where there is a conflict, and nothing was written."""
    is_changed: bool = False
    differences: tuple[Difference, ...] | None = None
    """In what the files differ from what they would be now; None where that was not asked."""
    notes: tuple[Notice, ...] = ()


def lock_set(
    targets: Sequence[str],
    options: Options,
    asked: LockOptions,
    surroundings: Surroundings,
    reporter: Reporter,
    *,
    is_project: bool,
) -> LockedSet:
    """Make the locks of all targets, in parallel with one cache, and write all of them or none.

    `is_project`: each target is a machine with a file of its own, and locks that nothing asks for are told of; else
    cards joined by commas are covered by as few locks as possible, as ranges always are. Raises `lock-set-format`,
    `lock-set-needs-folder`, and the codes of `machines_of` and `make_lock`.
    """
    folder = _folder(asked, surroundings)
    data = load_data(options.matrix, surroundings)
    machines = machines_of(targets, options, surroundings, data.matrix, lists_are_ranges=not is_project)
    existing = {} if options.upgrade else existing_locks(folder, asked.file_format)
    run = _Run(asked=asked, surroundings=surroundings, reporter=reporter, data=data, folder=folder)
    covers, jobs, made = run.everything(machines, existing)
    made = named(made, jobs, folder, asked.file_format)
    failed = {one: found.conflict for one, found in covers.items() if found.conflict is not None}
    result = LockedSet(
        folder=folder,
        locks=(*made, *(Locked(resolved=resolved, file_format=asked.file_format) for resolved in failed.values())),
        names=(*(job.machines.name for job in jobs), *(one.name for one in failed)),
        matrix=data.matrix.version,
        notes=tuple(note for found in covers.values() for note in found.notes),
    )
    if any(one.text is None for one in result.locks):
        return result
    result = replace(result, notes=(*result.notes, *unknown_upgrades(made, asked)))
    text = guide_text(made, jobs, covers, data.matrix, say=asked.wording)
    stale = _stale(folder, result, jobs, covers, asked, is_project=is_project)
    return _closed(result, text, stale, run, is_offline=options.is_offline)


def _folder(asked: LockOptions, surroundings: Surroundings) -> Path:
    if asked.file_format not in {"requirements", "pylock"}:
        raise UsageError("lock-set-format", format=asked.file_format)
    folder = surroundings.cwd / (asked.output or _FOLDER)
    if folder.exists() and not folder.is_dir():
        raise UsageError("lock-set-needs-folder", output=str(asked.output))
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What all locks of a run share."""

    asked: LockOptions
    surroundings: Surroundings
    reporter: Reporter
    data: MatrixData
    folder: Path

    def everything(
        self, machines: Sequence[Machines], existing: Mapping[Path, LockContent]
    ) -> tuple[dict[Machines, Cover], list[Job], list[Locked]]:
        """Make all locks, a few at a time; the first failure ends what has not begun."""
        # Looking for uv fills a table of Python's own, which several threads at once would find half filled.
        find_uv(self.surroundings.environ)
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            try:
                return self.covered(pool, machines, existing)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def covered(
        self, pool: ThreadPoolExecutor, machines: Sequence[Machines], existing: Mapping[Path, LockContent]
    ) -> tuple[dict[Machines, Cover], list[Job], list[Locked]]:
        """Cover the ranges, plan the locks, and make them; a group that cannot stay as it was is covered anew."""
        ranges = {one: pool.submit(self.cover, one) for one in machines if one.cards}
        covers = {one: future.result() for one, future in ranges.items()}
        jobs, made = self.made(pool, machines, covers, existing)
        moved = {job.machines for job, one in zip(jobs, made, strict=True) if not is_as_named(job, one)}
        if moved:
            anew, remade = self.made(pool, [one for one in machines if one in moved], covers, {})
            stay = [(job, one) for job, one in zip(jobs, made, strict=True) if job.machines not in moved]
            both = [*stay, *zip(anew, remade, strict=True)]
            both.sort(key=lambda found: machines.index(found[0].machines))
            jobs, made = [job for job, _ in both], [one for _, one in both]
        return covers, jobs, made

    def made(
        self,
        pool: ThreadPoolExecutor,
        machines: Sequence[Machines],
        covers: Mapping[Machines, Cover],
        existing: Mapping[Path, LockContent],
    ) -> tuple[list[Job], list[Locked]]:
        """Make the locks of some machines."""
        jobs = [
            job
            for one in machines
            for job in jobs_for(one, covers.get(one), self.folder, existing, self.asked.file_format)
        ]
        return jobs, list(pool.map(self.lock, jobs))

    def cover(self, machines: Machines) -> Cover:
        """Take one range apart."""
        return cover(machines, self.asked, self.surroundings, self.reporter, self.data)

    def lock(self, job: Job) -> Locked:
        """Make one lock; a group's file is named afterwards."""
        path = job.path or self.folder / ("pylock.toml" if self.asked.file_format == "pylock" else ".new-lock")
        try:
            made = make_lock(
                job.options,
                self.asked,
                self.surroundings,
                self.reporter,
                path=path,
                data=self.data,
                known=job.resolved,
            )
        except GpuenvError:
            self.reporter.stage("lock-target-failed", target=job.machines.name, platform=job.machines.platform)
            raise
        return made if job.path is not None else replace(made, path=None)


def _closed(result: LockedSet, guide: str, stale: Sequence[Path], run: _Run, *, is_offline: bool) -> LockedSet:
    """Compare everything with the disk, or write it."""
    locks = tuple(finished(list(result.locks), run.asked, run.surroundings, run.reporter, is_offline=is_offline))
    shown = _shown(run.folder, run.surroundings)
    path = run.folder / GUIDE
    if run.asked.is_check:
        found = [difference for one in locks for difference in one.differences or ()]
        found += compare_file(path, guide, shown=f"{shown}{GUIDE}")
        found += [Difference(file=f"{shown}{file.name}", kind="stale") for file in stale]
        return replace(result, locks=locks, guide=guide, differences=tuple(found))
    is_changed = write_lock_file(path, guide)
    is_changed = any(one.is_changed for one in locks) or is_changed
    notes = result.notes
    if stale:
        notes = (*notes, Notice.of("lock-stale", files=tuple(f"{shown}{file.name}" for file in stale)))
    return replace(result, locks=locks, guide=guide, is_changed=is_changed, notes=notes)


def _shown(folder: Path, surroundings: Surroundings) -> str:
    cwd = surroundings.cwd
    return f"{folder.relative_to(cwd).as_posix()}/" if folder.is_relative_to(cwd) else f"{folder}/"


def _stale(
    folder: Path,
    result: LockedSet,
    jobs: Sequence[Job],
    covers: Mapping[Machines, Cover],
    asked: LockOptions,
    *,
    is_project: bool,
) -> list[Path]:
    """List the locks in the folder that this run would have made and did not: of a project all others are such."""
    made = {one.path for one in result.locks}
    others = {path: content for path, content in existing_locks(folder, asked.file_format).items() if path not in made}
    if is_project:
        return list(others)
    return [path for path, content in others.items() if _is_replaced(content, jobs, covers)]


def _is_replaced(content: LockContent, jobs: Sequence[Job], covers: Mapping[Machines, Cover]) -> bool:
    """Whether a lock is for cards of a range that was locked now, on the same platform with the same Python."""
    header = content.header
    return any(
        (job.machines.platform, job.machines.python) == (header.platform.name, header.python)
        and (bool(header.gpus) or header.is_for_any_gpu)
        and {gpu.name for gpu in header.gpus} <= {gpu.name for gpu in covers[job.machines].target.gpus}
        for job in jobs
        if job.machines in covers
    )
