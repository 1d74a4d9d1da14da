"""Undoes the last change of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.environment import find_environment
from gpuenv.install.undo import undo
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.execution import UndoRecord
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of an undo, and where."""

    root: Path
    record: UndoRecord


def undo_environment(options: Options, surroundings: Surroundings, *, discard_changes: bool) -> Undone:
    """Go back one change in the environment that the options name.

    The environment need not be in order: an undo is what mends it.
    """
    root = find_environment(options.venv, surroundings)
    return Undone(root=root, record=undo(root, discard_changes=discard_changes))
