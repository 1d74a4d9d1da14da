"""The table of commands: names, groups and one-line summaries, without importing any of them."""

from __future__ import annotations

from typing import Final

from gpuenv.models.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line; its module has the same name in this room."""

    name: str
    group: str
    summary: str


COMMANDS: Final = (
    Command(name="install", group="daily", summary="plan, run and verify; everything is put back if it fails"),
    Command(name="plan", group="daily", summary="show what install would do and why; changes nothing"),
    Command(name="lock", group="daily", summary="write a locked requirements file for a named GPU"),
    Command(name="diagnose", group="daily", summary="find the one cause of a fault and the command that mends it"),
    Command(name="undo", group="daily", summary="go back to the state before the last change"),
    Command(name="run", group="daily", summary="run a command in the environment with the variables the GPU needs"),
    Command(name="detect", group="looking closer", summary="show what this machine is"),
    Command(name="verify", group="looking closer", summary="run kernel tests in the environment's Python"),
    Command(name="inspect", group="looking closer", summary="show the GPU code inside native libraries"),
    Command(name="build", group="looking closer", summary="rebuild CUDA extensions for the target's GPUs"),
    Command(name="matrix", group="looking closer", summary="list, show and validate the compatibility matrices"),
)

ALIASES: Final = {"doctor": "diagnose"}
