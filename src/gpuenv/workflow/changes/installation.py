"""How an install is to be made, and how one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.errors import Fate
    from gpuenv.models.environment import Environment
    from gpuenv.models.execution import BuiltExtension, Ending, EngineName, ExecutionRecord
    from gpuenv.models.notice import Notice
    from gpuenv.models.verification import VerificationReport
    from gpuenv.workflow.plan import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How to install, apart from what."""

    engine: EngineName = "uv"
    keeps_failed: bool = False
    """Leave a new environment that failed, for study."""
    keeps_snapshot: bool = True
    """Keep the state before, for `undo`."""
    checks_hashes: bool = False
    """Read every installed file again and compare it with what was recorded of it."""
    required: tuple[str, ...] = ()
    """The capabilities that have to be proven; none: everything that is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """How an install ended. After every ending but `installed` and `unverified` the environment is as it was.

    Only a new one that failed and was to be kept is there, incomplete.
    """

    ending: Ending
    planned: Planned
    root: Path | None = None
    environment: Environment | None = None
    """As it is after a change that stays."""
    record: ExecutionRecord | None = None
    verification: VerificationReport | None = None
    """None where nothing was run: for a described target, or after a failed step."""
    log_folder: Path | None = None
    """Where the engine's output is: elsewhere than in the environment if that was removed again."""
    fate: Fate | None = None
    """What became of the change; None where none was begun."""
    foreign: tuple[str, ...] = ()
    """What the plan does to packages outside the GPU family."""
    notes: tuple[Notice, ...] = ()
    """What else is remarkable about the environment."""
    uncovered: tuple[Notice, ...] = ()
    """The libraries that the request needs and that have no code for the target's GPUs."""
    built: tuple[BuiltExtension, ...] = ()
    """Extensions that were compiled for it; after a failure those before the one that failed."""
    snapshot_bytes: int | None = None
    """Disk space that the state before takes; None where it is not kept."""
