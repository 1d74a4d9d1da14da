"""Builds the wheel of a source tree in an environment, against the torch that is installed there."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.process import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.progress import Reporter

_SAID_AT_THE_END: Final = 20
"""Lines of a failed build that are told."""


def check_source_tree(path: Path) -> None:
    """Raise `not-a-source-tree` for a folder that no build front end understands."""
    if not any((path / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise GpuenvError("not-a-source-tree", path=str(path))


def build_wheel(
    source: Path,
    folder: Path,
    *,
    python: Path,
    variables: Mapping[str, str],
    environ: Mapping[str, str],
    reporter: Reporter,
) -> Path:
    """Build with the environment's Python and put the wheel into `folder`; the build's output goes to the reporter.

    Without isolation: an isolated build would bring a torch of its own. Raises `build-failed` with the last lines.
    """
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as made:
        argv = (
            *(
                sys.executable,
                "-m",
                "pip",
                "--python",
                str(python),
                "wheel",
                "--verbose",
                "--disable-pip-version-check",
            ),
            *("--no-build-isolation", "--no-deps", "--wheel-dir", made, str(source)),
        )
        ended = stream(argv, env={**environ, **variables}, on_line=reporter.output)
        wheels = sorted(Path(made).glob("*.whl"))
        if not ended.succeeded or not wheels:
            lines = ended.stdout.rstrip().splitlines()[-_SAID_AT_THE_END:]
            raise GpuenvError("build-failed", source=str(source), detail="\n".join(lines))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / wheels[0].name
            target.write_bytes(wheels[0].read_bytes())
        except OSError as error:
            raise GpuenvError("wheel-not-writable", folder=str(folder), detail=error.strerror or str(error)) from error
    return target
