"""Runs the command line within this process, where a test runs it often: all of it but the start of a process."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING
from unittest import mock

from gpuenv.cli.main import main
from support.command import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NOT_INHERITED = ("VIRTUAL_ENV", "CONDA_PREFIX")


def gpuenv_here(*arguments: str, cwd: Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run `gpuenv` with these arguments in that folder, as `support.command.gpuenv` does in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    variables = {**inherited, "GPUENV_LANG": "en", **(environ or {})}
    stdout, stderr, before = io.StringIO(), io.StringIO(), os.getcwd()  # noqa: PTH109 - put back as it was
    os.chdir(cwd)
    try:
        with (
            mock.patch.dict(os.environ, variables, clear=True),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            exit_code = main(list(arguments))
    finally:
        os.chdir(before)
    return Ran(exit_code=exit_code, stdout=stdout.getvalue(), stderr=stderr.getvalue())
