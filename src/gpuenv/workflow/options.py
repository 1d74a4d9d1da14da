"""What the user chose on the command line, still as text: `workflow` gives it meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from gpuenv.models.typed_command import TypedCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that commands share, with their defaults."""

    requirements: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()
    target: str = "current-gpu"
    saved_machine: str | None = None
    """The text of a machine description that stands in for `target`: a line of a batch."""
    gpus: tuple[str, ...] = ()
    """Indexes or UUIDs that select among several GPUs."""
    driver: str | None = None
    platform: str | None = None
    python: str | None = None
    """A version (3.12) or the path of an interpreter."""
    venv: str | None = None
    matrix: str | None = None
    """A version (2026.11) or the path of a matrix folder."""
    channel: Literal["stable", "nightly"] = "stable"
    indexes: str | None = None
    """`pytorch`, `pypi`, `auto`, a URL or a folder; None: `GPUENV_INDEXES`, else `auto`."""
    is_offline: bool = False
    upgrade: bool = False
    assume_yes: bool = False
    checks_hashes: bool = False
    """Compare the content of what is installed with its records before anything is taken for what it says it is."""
    builds_extensions: bool = True
    """Compile the extensions that an application needs, as part of the change; else they are only named."""
    limits: tuple[str, ...] = ()
    """Limits on members of the GPU family that are wanted anyway: what a lock pins so far (`torch==2.14.1+cu126`)."""
    typed: TypedCommand | None = None
    """What was typed, where it asks for a resolution: its hints say the same with a change."""
