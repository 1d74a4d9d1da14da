"""Finds every file that a lock names: asks uv, and finds ways around packages without a wheel and without a hash."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.install.closures.closure import compile_closure
from gpuenv.install.closures.locking import LockQuestion, WheelMissing, compile_lock
from gpuenv.lock.files import local_folders, locked_files, locked_packages
from gpuenv.lock.header import LockedSource
from gpuenv.lock.pylock import parse_engine_pylock
from gpuenv.models.execution import StatedMetadata
from gpuenv.models.request import GPU_FAMILY
from gpuenv.models.value import dataclass
from gpuenv.workflow.locks.agreement import check_agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.pylock import Pylock

    from gpuenv.lock.files import LockedFile
    from gpuenv.models.execution import LockedPackage
    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.locks.work import Work

_TO_BE_FOUND: Final = StatedMetadata(version="")
"""Stands in for what a package depends on until its archive was read."""


_FAMILY: Final = frozenset({*GPU_FAMILY, "onnxruntime"})
_CPU_FAMILY: Final = frozenset({"torch", "torchvision", "torchaudio"})


class FamilyNeededError(Exception):
    """Other packages need members of the GPU family that nobody chose a build of: they have to be chosen first."""

    def __init__(self, projects: frozenset[str]) -> None:
        super().__init__(projects)
        self.projects = projects


@dataclass(frozen=True, slots=True, kw_only=True)
class LockClosure:
    """Everything that is to be installed, as files."""

    engine: Pylock
    """As uv gave it; lacks what is taken without a hash."""
    files: tuple[LockedFile, ...]
    packages: tuple[LockedPackage, ...]
    sources: tuple[LockedSource, ...] = ()
    unhashed: tuple[str, ...] = ()

    @property
    def local(self) -> Mapping[str, str]:
        """The folder of each project that no index has."""
        return local_folders(self.files)


def lock_closure(
    work: Work, *, others: Sequence[str] = (), constraints: Sequence[str] = (), excluded: Sequence[str] = ()
) -> LockClosure:
    """Find the files; the arguments add to what is asked for.

    Raises the codes of `compile_lock` and of `locked_files`, `lock-needs-build` for a package without a wheel that
    does not state what it depends on, and `lock-no-space` where a file without a published hash finds no room.
    """
    question = LockQuestion(
        pins=work.resolution.pins,
        others=(*work.others, *others),
        python=work.interpreter,
        python_version=work.target.python,
        platform=work.target.platform,
        settings=work.resolved.settings,
        environ=work.surroundings.environ,
        is_offline=work.options.is_offline,
        constraints=(*work.constraints, *constraints),
        excluded=(*work.resolution.excluded, *excluded),
        known=work.known,
        upgraded=tuple(
            project for project in work.asked.upgraded if any(pinned.project == project for pinned in work.known)
        ),
    )
    unhashed = tuple(pin for pin in work.resolution.pins if pin.unhashed_url is not None)
    if unhashed and work.asked.allow_unhashed:
        return _without_hashes(question, work, tuple(pin.project for pin in unhashed))
    if unhashed:
        from gpuenv.workflow.locks.room import make_room  # noqa: PLC0415 - indexes publish hashes as a rule

        make_room(unhashed, work)
    engine, sources = ask(question, work.asked, work.surroundings, work.reporter)
    files = locked_files(engine)
    _check_family(files, work)
    check_agreement(question, files)
    return LockClosure(engine=engine, files=files, packages=locked_packages(files), sources=sources)


def _check_family(files: Sequence[LockedFile], work: Work) -> None:
    """Raise `FamilyNeededError` where a member of the family came as a mere dependency, in whatever build."""
    members = _CPU_FAMILY if work.target.is_cpu else _FAMILY
    found = {file.project for file in files} & members
    needed = found - {pin.project for pin in work.resolution.pins}
    if needed:
        raise FamilyNeededError(frozenset(needed))


def ask(
    question: LockQuestion, asked: LockOptions, surroundings: Surroundings, reporter: Reporter
) -> tuple[Pylock, tuple[LockedSource, ...]]:
    """Ask until every package without a wheel is stated by its archive, or may be built."""
    unread: set[str] = set()
    seen: set[str] = set()
    while True:
        standing_in = dict.fromkeys(unread, _TO_BE_FOUND)
        answer = compile_lock(replace(question, stated={**question.stated, **standing_in}), reporter)
        if isinstance(answer, WheelMissing):
            if answer.project in seen:
                raise answer.failure
            seen.add(answer.project)
            unread.add(answer.project)
            continue
        engine = parse_engine_pylock(answer)
        if not unread:
            return engine, _sources(question, engine, surroundings)
        archives = {file.project: file for file in locked_files(engine) if file.is_source}
        for project in sorted(unread & archives.keys()):
            question = _with_source(question, archives[project], asked)
        # A package that nothing needs once the others are known is asked about no more.
        unread = set()


def _with_source(question: LockQuestion, archive: LockedFile, asked: LockOptions) -> LockQuestion:
    """Take what an archive states of itself; a package that states nothing has to be built."""
    from gpuenv.index.download import read_file  # noqa: PLC0415 - packages without a wheel are rare
    from gpuenv.lock.source_archive import stated_metadata  # noqa: PLC0415

    limits = (*question.constraints, f"{archive.project}=={archive.version}")
    stated = stated_metadata(read_file(archive.location, settings=question.settings))
    if stated is not None:
        known = {**question.stated, archive.project: replace(stated, version=str(archive.version))}
        return replace(question, stated=known, constraints=limits)
    if archive.project not in asked.allow_build:
        raise GpuenvError("lock-needs-build", project=archive.project, version=str(archive.version))
    return replace(question, built=(*question.built, archive.project), constraints=limits)


def _sources(question: LockQuestion, engine: Pylock, surroundings: Surroundings) -> tuple[LockedSource, ...]:
    if not question.stated and not question.built:
        return ()
    from gpuenv.detect.platform import detect_platform  # noqa: PLC0415 - packages without a wheel are rare

    here = detect_platform(surroundings).name
    found = {package.name for package in engine.packages if not package.wheels}
    known = dict.fromkeys(question.stated, "metadata-static")
    known |= dict.fromkeys(question.built, f"metadata-built-on-{here}")
    return tuple(
        LockedSource(project=project, metadata=metadata)
        for project, metadata in sorted(known.items())
        if project in found
    )


def _without_hashes(question: LockQuestion, work: Work, unhashed: tuple[str, ...]) -> LockClosure:
    """Lock without the files that have no published hash: uv would download them for it.

    Versions come from a resolution that downloads nothing, hashes from one of everything else at these versions.
    """
    whole = compile_closure(
        question.pins,
        question.others,
        python=question.python,
        python_version=question.python_version,
        platform=question.platform,
        settings=question.settings,
        environ=question.environ,
        with_hashes=False,
        is_offline=question.is_offline,
        constraints=(*question.constraints, *(f"{known.project}=={known.version}" for known in question.known)),
        excluded=question.excluded,
        reporter=work.reporter,
    )
    rest = tuple(package for package in whole if package.project not in unhashed)
    exact = replace(
        question,
        pins=tuple(pin for pin in question.pins if pin.project not in unhashed),
        others=tuple(
            f"{package.project}=={package.version}"
            for package in rest
            if not any(pin.project == package.project for pin in question.pins)
        ),
        excluded=(*question.excluded, *unhashed),
    )
    engine, sources = ask(exact, work.asked, work.surroundings, work.reporter)
    files = locked_files(engine)
    _check_family(files, work)
    bare = tuple(replace(package, hashes=(), marker=None) for package in whole if package.project in unhashed)
    packages = tuple(sorted((*locked_packages(files), *bare), key=lambda package: package.project))
    return LockClosure(engine=engine, files=files, packages=packages, sources=sources, unhashed=unhashed)
