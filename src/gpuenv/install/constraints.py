"""Keeps the pins that a change leaves, for other installers; an undo brings back those of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.install.journal import entry_of, read_journal
from gpuenv.install.state import changes_of, constraints_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpuenv.install.state import ChangeFolder


def record_constraints(root: Path, folder: ChangeFolder, pins: Sequence[str] | None) -> None:
    """Write down the pins before and after a change that is about to be committed; None leaves them as they are."""
    before = _read(constraints_of(root))
    _write(folder.constraints_before, before)
    _write(folder.constraints, before if pins is None else "".join(f"{pin}\n" for pin in pins))


def exchange_constraints(undone: ChangeFolder, folder: ChangeFolder) -> None:
    """Record the pins of an undo: those of before the change that it undoes."""
    _write(folder.constraints_before, _read(undone.constraints))
    _write(folder.constraints, _read(undone.constraints_before))


def settle_constraints(root: Path) -> None:
    """Bring the file that others read in step with the last committed change."""
    recorded = _recorded(root)
    if recorded is not None and not are_settled(root):
        _write(constraints_of(root), _read(recorded))


def are_settled(root: Path) -> bool:
    """Whether the file that others read is in step: a kill right after a commit can leave it behind."""
    recorded = _recorded(root)
    return recorded is None or _read(recorded) == _read(constraints_of(root))


def _recorded(root: Path) -> Path | None:
    committed = [folder for folder in changes_of(root) if entry_of(read_journal(folder.journal), "committed")]
    return committed[-1].constraints if committed else None


def parse_constraints(text: str) -> dict[str, str]:
    r"""Read versions by project out of pins.

    >>> parse_constraints("torch==2.15.0+cu130\n")
    {'torch': '2.15.0+cu130'}
    """
    pins = (line.partition("==") for line in text.splitlines() if "==" in line)
    return {project.strip(): version.strip().lstrip("=") for project, _, version in pins}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _write(path: Path, text: str | None) -> None:
    """Replace the file in one step; None removes it."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
