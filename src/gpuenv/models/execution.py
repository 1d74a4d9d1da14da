"""What an engine did: the pins it computed, and the record of a run."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.version import Version

    from gpuenv.models.notice import Notice


Ending: TypeAlias = Literal[
    "conflict", "nothing-to-do", "needs-consent", "declined", "installed", "unverified", "failed", "verification-failed"
]
"""How an install ended; after every one but `installed` and `unverified` the environment is as it was."""


EngineName: TypeAlias = Literal["uv", "pip"]
"""The programs that can carry out a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltExtension:
    """One extension that was compiled, proven by its own code, installed and imported."""

    project: str
    version: Version
    origin: Literal["built", "kept"]
    """`kept`: the same source was built before for this torch, these GPUs and this Python."""
    toolkit: str | None
    """CUDA version of the compiler."""
    sass: tuple[str, ...]
    """`sm_120`: what its libraries hold."""
    seconds: float
    log: Path | None
    notes: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of a resolved closure, with the hashes that its wheels may have."""

    project: str
    version: Version
    hashes: tuple[str, ...] = ()
    """`sha256:...`, sorted."""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    size_bytes: int | None = None
    """What is downloaded for it, where the index tells."""
    url: str | None = field(default=None, repr=False)
    """Where the wheel lies. May hold credentials: never written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMetadata:
    """What a package depends on, as its source archive states it: nothing has to be built to know it."""

    version: str
    """Exact; empty: whatever version is chosen."""
    requires: tuple[str, ...] = ()
    requires_python: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What became of one command of the engine."""

    command: tuple[str, ...]
    """Its argv, credentials removed."""
    exit_code: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecord:
    """The record of one run of a plan."""

    status: Literal["done", "failed", "outcome-differs"]
    results: tuple[StepResult, ...]
    log: Path | None
    """The tools' own output."""
    problems: tuple[Notice, ...] = ()
    """Why it failed, or in what the outcome differs from the plan."""
    last_lines: tuple[str, ...] = ()
    """What the engine said last, where a command of it failed; credentials removed."""
    files: Mapping[str, tuple[int, int] | str] | None = field(default=None, repr=False)
    """The files of the environment after the run, as `install.manifest` reads them; None where it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """One project before and after; None where it was not installed."""

    project: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRecord:
    """What `undo` did, or why it did not."""

    status: Literal["done", "recovered", "nothing-to-undo", "changed-since"]
    """`recovered`: a change that was interrupted was put back; there was no need to undo more."""
    changes: tuple[VersionChange, ...] = ()
    """By project: what the environment had and what it has now."""
    since: tuple[VersionChange, ...] = ()
    """Distributions that somebody else changed after the change that is undone."""
    files_since: tuple[str, ...] = ()
    """Other files changed since then, relative to the environment."""
