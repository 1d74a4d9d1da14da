"""The seam at which engines are exchanged: what one is asked to do, and the commands that it answers with."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from packaging.utils import canonicalize_name

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gpuenv.models.execution import EngineName, LockedPackage
    from gpuenv.models.notice import Notice
    from gpuenv.models.plan import Install
    from gpuenv.models.progress import Reporter
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run."""

    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    """All variables that it gets."""
    can_draw: bool = False
    """Whether it tells of its downloads on a terminal only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be installed: exactly this, without dependencies."""

    steps: tuple[Install, ...]
    closure: tuple[LockedPackage, ...]
    """With the hashes that the wheels must have, where they are known."""
    settings: IndexSettings
    is_offline: bool

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Where the members of the family come from."""
        return tuple(step.pin for step in self.steps if step.pin is not None)

    def hashes_of(self, step: Install) -> tuple[str, ...]:
        """The hashes that the wheel of a step may have; none where they are not known."""
        name = canonicalize_name(step.project)
        return next(
            (found.hashes for found in self.closure if found.project == name and found.version == step.version), ()
        )


class Output(Protocol):
    """Reads what an engine writes."""

    def line(self, line: str) -> None:
        """Take one line of its plain output."""

    def drawing(self, text: str) -> None:
        """Take the next piece of what it draws on a terminal."""


class Engine(Protocol):
    """A program that installs and removes; every way into it leads through here.

    Its commands never resolve anything: what comes was computed before, and is the same for every engine.
    """

    @property
    def name(self) -> EngineName:
        """`uv` or `pip`."""

    def removal(self, projects: Sequence[str]) -> Command:
        """Make the command that removes these."""

    def installation(self, order: Order, folder: Path) -> tuple[Command, ...]:
        """Make the commands that install what is ordered, in order; their input files go into `folder`."""

    def output(self, listener: Reporter, on_line: Callable[[str], None]) -> Output:
        """Make what reads the output of one command: plain lines go on, downloads become progress."""

    def afterwords(self) -> tuple[str, ...]:
        """What it wrote elsewhere than into its output on why the last installation failed."""

    def why_failed(self, output: str, *, exit_code: int) -> Notice:
        """Find the cause of a failure in what a command printed."""


def exact(step: Install) -> str:
    """The requirement of a step; without a local label `===`, so that no `+cpu` wheel can take its place."""
    return f"{step.project}{'==' if step.version.local else '==='}{step.version}"


def hash_options(hashes: Sequence[str]) -> str:
    """What follows a requirement in a file: ` --hash=sha256:...`."""
    return "".join(f" --hash={value}" for value in hashes)
