"""Writes the commands that ways out of a build name: for the same environment, GPUs and driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.typed_command import quoted

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.workflow.options import Options

_HERE: Final = "current-gpu"


def install_command(options: Options, root: Path, *requirements: str) -> str:
    """Write the `gpuenv install` that puts requirements into the environment of a build.

    >>> from gpuenv.workflow.options import Options
    >>> from pathlib import PurePosixPath
    >>> install_command(Options(target="rtx-5090"), PurePosixPath("env"), "torch<2.14")
    'gpuenv install --venv env --target rtx-5090 "torch<2.14"'
    """
    described = ("--target", options.target) if options.target != _HERE else ()
    driver = ("--driver", options.driver) if options.driver is not None else ()
    matrix = ("--matrix", options.matrix) if options.matrix is not None else ()
    words = ("gpuenv", "install", "--venv", str(root), *described, *driver, *matrix, *requirements)
    return " ".join(map(quoted, words))
