"""The options that several commands share, and how they become `Options`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.workflow.options import Options

if TYPE_CHECKING:
    import argparse

    from gpuenv.models.typed_command import TypedCommand

_RESOLVING: Final = frozenset({"install", "plan", "lock"})
"""The commands that ask for a resolution; the others' ways out are an installation."""


def add_requirements(parser: argparse.ArgumentParser) -> None:
    """Add REQ and `-r`."""
    parser.add_argument(
        "requirements",
        nargs="*",
        metavar="REQ",
        help="requirements such as 'torch<2.10', torchvision, easyocr, or app:NAME for an application that is no"
        " package (default: torch and torchvision)",
    )
    parser.add_argument(
        "-r", "--requirement", action="append", default=[], metavar="FILE", help="read requirements from FILE"
    )


def add_target(parser: argparse.ArgumentParser, *, default: str = "current-gpu", is_several: bool = False) -> None:
    """Add the options that say for which machine; `is_several`: or for which machines."""
    group = parser.add_argument_group("target")
    group.add_argument(
        "--target",
        default=default,
        metavar="GPU",
        help="current-gpu, auto, cpu, a GPU name such as rtx-5090, sm_120, several joined by commas, or a file"
        f" saved by `gpuenv detect --save` (default: {default})",
    )
    group.add_argument(
        "--gpu", action="append", default=[], metavar="INDEX|UUID", help="use only this GPU of the target"
    )
    group.add_argument("--driver", metavar="VERSION", help="driver version of the target, e.g. 580.95.05")
    group.add_argument(
        "--platform",
        choices=None if is_several else PLATFORM_NAMES,
        metavar=",".join(PLATFORM_NAMES) if is_several else None,
        help="platform of the target (default: this one)" + (", several joined by commas" if is_several else ""),
    )
    group.add_argument(
        "-p",
        "--python",
        metavar="VERSION|PATH",
        help="Python of the target, e.g. 3.12 or /usr/bin/python3.12",
    )


def add_environment(parser: argparse.ArgumentParser) -> None:
    """Add `--venv`."""
    parser.add_argument("--venv", metavar="DIR", help="the environment (default: $VIRTUAL_ENV, $CONDA_PREFIX, ./.venv)")


def add_matrix(parser: argparse.ArgumentParser) -> None:
    """Add `--matrix`."""
    parser.add_argument("--matrix", metavar="VERSION|DIR", help="compatibility matrix (default: the newest)")


_UPGRADES = (
    "take the newest of each REQ, even if what is there works, and move of the others only what has to agree with it;"
    " without REQ: take the newest of all GPU packages"
)


def add_sources(parser: argparse.ArgumentParser, *, upgrades: str = _UPGRADES) -> None:
    """Add the options that say where builds may come from; `upgrades` says what the command does with `-U`."""
    group = parser.add_argument_group("sources")
    group.add_argument(
        "--indexes",
        metavar="pytorch|pypi|auto|URL|DIR",
        help="where torch builds come from (default: $GPUENV_INDEXES, else auto)",
    )
    group.add_argument(
        "--channel",
        choices=("stable", "nightly"),
        default="stable",
        help="releases, or the builds of the last days (default: stable)",
    )
    group.add_argument("--offline", action="store_true", help="no network: trust the matrix for what exists")
    group.add_argument(
        "-U",
        "--upgrade",
        action="store_true",
        help=upgrades,
    )


def add_building(parser: argparse.ArgumentParser) -> None:
    """Add `--no-build`."""
    parser.add_argument(
        "--no-build",
        action="store_true",
        help="compile no extensions: name those that an application still lacks",
    )


def options_from(arguments: argparse.Namespace) -> Options:
    """Gather what was given; options that a command does not have keep their defaults."""
    given = vars(arguments)
    defaults = Options()
    typed: TypedCommand | None = given.get("typed")
    return Options(
        requirements=tuple(given.get("requirements", ())),
        requirement_files=tuple(given.get("requirement", ())),
        target=given.get("target", defaults.target),
        gpus=tuple(given.get("gpu", ())),
        driver=given.get("driver"),
        platform=given.get("platform"),
        python=given.get("python"),
        venv=given.get("venv"),
        matrix=given.get("matrix"),
        channel=given.get("channel", defaults.channel),
        indexes=given.get("indexes"),
        is_offline=given.get("offline", False),
        upgrade=given.get("upgrade", False),
        assume_yes=given.get("yes", False),
        checks_hashes=given.get("check_hashes", False),
        builds_extensions=not given.get("no_build", False),
        typed=typed if typed is not None and typed.verb in _RESOLVING else None,
    )
