"""Everything a command gets from outside: arguments apart, nothing else is read anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from typing import TextIO

    from gpuenv.models.progress import Reporter
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.report.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """How this process was called."""

    surroundings: Surroundings
    stdin: TextIO
    terminal: Terminal
    reporter: Reporter
    verbosity: int
    """-1 for `-q`, 0, 1 for `-v`."""
    is_json: bool
    is_interactive: bool
    """Whether there is a person at a terminal who can be asked."""
    argv: tuple[str, ...] = ()
    """The arguments as they were typed, without the command's name: for hints that say the same again."""
