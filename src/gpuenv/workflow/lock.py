"""Locks for one machine: makes the text, and writes it, compares it with the file, or hands it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuenv.errors import UsageError
from gpuenv.lock.differences import Difference, differences
from gpuenv.lock.file import write_lock_file
from gpuenv.models.notice import Notice
from gpuenv.workflow.locks.one import make_lock
from gpuenv.workflow.locks.resolution import lock_settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.locks.work import Locked
    from gpuenv.workflow.options import Options

_OWN_FILES = {"uv": "pyproject.toml", "docker": "Dockerfile"}


def lock(options: Options, asked: LockOptions, surroundings: Surroundings, reporter: Reporter) -> Locked:
    """Lock for one machine, and write the file (`asked.output` None: only make its text).

    `uv` writes into the project file, by default ./pyproject.toml, `docker` ./Dockerfile with its lock beside it.
    Raises `lock-check-needs-file`, and the codes of `make_lock` and of `vendor_files`.
    """
    name = asked.output if asked.output is not None else _OWN_FILES.get(asked.file_format)
    if asked.is_check and name is None:
        raise UsageError("lock-check-needs-file")
    path = surroundings.cwd / name if name is not None else None
    made = make_lock(options, asked, surroundings, reporter, path=path)
    if made.text is None:
        return made
    made = replace(made, notes=(*made.notes, *unknown_upgrades([made], asked)))
    return finished([made], asked, surroundings, reporter, is_offline=options.is_offline)[0]


def unknown_upgrades(made: Iterable[Locked], asked: LockOptions) -> tuple[Notice, ...]:
    """Name what was to be upgraded and is in no lock: most likely a slip of the finger."""
    import difflib  # noqa: PLC0415 - few commands name a package to upgrade

    locked = {package.project for one in made for package in one.packages}
    missing = [project for project in asked.upgraded if project not in locked]
    found = {project: tuple(difflib.get_close_matches(project, sorted(locked))) for project in missing}
    return tuple(
        Notice.of("upgrade-package-misspelt", package=project, near=near)
        if near
        else Notice.of("upgrade-package-not-locked", package=project)
        for project, near in found.items()
    )


def finished(
    made: list[Locked], asked: LockOptions, surroundings: Surroundings, reporter: Reporter, *, is_offline: bool
) -> list[Locked]:
    """Compare the locks with their files, or write all of them.

    Files are copied first, so that a lock is never ahead of its folder.
    """
    if asked.is_check:
        return [replace(one, differences=tuple(_compared(one, surroundings.cwd))) for one in made]
    vendored = None
    if asked.vendor is not None:
        from gpuenv.workflow.locks.vendor import vendor_files  # noqa: PLC0415 - only where it is asked for

        vendored = vendor_files(
            (file for one in made for file in one.files),
            surroundings.cwd / asked.vendor,
            settings=lock_settings(surroundings),
            is_offline=is_offline,
            reporter=reporter,
        )
    return [replace(one, is_changed=_written(one), vendored=vendored) for one in made]


def _written(one: Locked) -> bool:
    if one.path is None or one.text is None:
        return False
    changed = [write_lock_file(one.path.parent / name, text) for name, text in one.beside]
    return write_lock_file(one.path, one.text) or any(changed)


def _compared(one: Locked, cwd: Path) -> list[Difference]:
    found: list[Difference] = []
    if one.path is not None and one.text is not None:
        for path, text in ((one.path, one.text), *((one.path.parent / name, text) for name, text in one.beside)):
            shown = path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else str(path)
            found += compare_file(path, text, shown=shown)
    return found


def compare_file(path: Path, text: str, *, shown: str) -> tuple[Difference, ...]:
    """List in what a file differs from a text; a project file and a Dockerfile as a whole."""
    before = path.read_bytes().decode(errors="replace") if path.is_file() else None
    is_lock = path.suffix in {".txt", ".in"} or path.name.startswith("pylock.") or text.startswith("# gpuenv lock,")
    if before is not None and not is_lock:
        return () if before == text else (Difference(file=shown, kind="text"),)
    return differences(shown, before, text, is_pylock=path.suffix == ".toml")
