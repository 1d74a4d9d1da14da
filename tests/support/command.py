"""Runs the command line as a user does: a process of its own, its exit code and both outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.contract import check_envelope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The JSON envelope on stdout: as docs/json.md says, with this exit code, and no traceback on stderr."""
        assert "Traceback" not in self.stderr, self.stderr
        made: dict[str, Any] = json.loads(self.stdout)
        assert set(made) == {"schema", "command", "status", "exit_code", "data", "errors"}
        assert made["exit_code"] == self.exit_code
        check_envelope(made)
        return made


def gpuenv(*arguments: str, cwd: Path, environ: Mapping[str, str] | None = None, stdin: str | None = None) -> Ran:
    """Run `gpuenv` with these arguments in that folder; English, and none of this process's environments."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    done = subprocess.run(
        [sys.executable, "-m", "gpuenv", *arguments],
        cwd=cwd,
        env={**inherited, "GPUENV_LANG": "en", **(environ or {})},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    return Ran(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)
