"""Reads what gpuenv's last change of an environment left, for others to compare with what is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gpuenv.install.constraints import parse_constraints
from gpuenv.install.journal import entry_of, read_journal
from gpuenv.install.records import versions_in
from gpuenv.install.snapshots.manifest import parse_manifest
from gpuenv.install.state import changes_of, constraints_of
from gpuenv.models.drift import RecordedState

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.environment import Environment


def read_recorded_state(environment: Environment) -> RecordedState | None:
    """Read the pins, and the distributions that there were; None where gpuenv never changed the environment.

    Records that somebody damaged count as none.
    """
    constraints, outcome = constraints_of(environment.root), _last_outcome(environment.root)
    if outcome is None or not constraints.is_file():
        return None
    pins = parse_constraints(constraints.read_text(encoding="utf-8"))
    try:
        versions = versions_in(parse_manifest(outcome.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return RecordedState(
        pins={canonicalize_name(project): version for project, version in pins.items()},
        versions=versions,
        installed_at={
            found.name: found.location.stat().st_mtime for found in environment.distributions if found.location.exists()
        },
    )


def _last_outcome(root: Path) -> Path | None:
    committed = [folder for folder in changes_of(root) if entry_of(read_journal(folder.journal), "committed")]
    return committed[-1].outcome if committed else None
