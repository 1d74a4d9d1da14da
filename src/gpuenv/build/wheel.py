"""Builds the wheel of a source tree in an environment, against the torch that is installed there."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpuenv.errors import GpuenvError
from gpuenv.models.value import dataclass
from gpuenv.process import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuenv.models.progress import Reporter

_STEP: Final = re.compile(r"\s*\[(?P<done>\d+)/(?P<total>\d+)\] ")
"""How ninja counts."""
_COMPLAINT: Final = re.compile(
    r"\): error: |: (?:fatal )?error: |\): error |nvcc fatal|ptxas (?:fatal|error)|^\w*Error: "
)
_COMPLAINTS: Final = 8
_WIDTH: Final = 300
_SAID_AT_THE_END: Final = 20
"""Lines of a failed build that are told where no compiler complained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBuild:
    """A build that made no wheel."""

    output: str
    """All that it said."""

    @property
    def told(self) -> str:
        """What the compilers complained of first; where none did, the end of it."""
        lines = self.output.rstrip().splitlines()
        complaints = dict.fromkeys(line.strip()[:_WIDTH] for line in lines if _COMPLAINT.search(line))
        return "\n".join(list(complaints)[:_COMPLAINTS] or lines[-_SAID_AT_THE_END:])


def check_source_tree(path: Path) -> None:
    """Raise `not-a-source-tree` for a folder that no build front end understands."""
    if not any((path / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise GpuenvError("not-a-source-tree", path=str(path))


def build_wheel(
    source: Path,
    folder: Path,
    *,
    python: Path,
    environ: Mapping[str, str],
    reporter: Reporter,
    log: Path,
) -> Path | FailedBuild:
    """Build with the environment's Python and put the wheel into `folder`.

    The build's output goes to the reporter and, appended, into the file `log`. `environ` are all variables. Without
    isolation: an isolated build would bring a torch of its own. Raises `wheel-not-writable`.
    """
    with tempfile.TemporaryDirectory(prefix="gpuenv-") as made:
        argv = (
            *(sys.executable, "-m", "pip", "--python", str(python), "wheel", "--verbose"),
            *("--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-cache-dir"),
            *("--wheel-dir", made, str(source)),
        )
        with log.open("a", encoding="utf-8") as written:
            written.write(f"$ {' '.join(argv)}\n")

            def on_line(line: str) -> None:
                written.write(f"{line}\n")
                written.flush()
                reporter.output(line)
                step = _STEP.match(line)
                if step is not None:
                    reporter.stage("compiling", done=step["done"], total=step["total"])

            ended = stream(argv, env=environ, on_line=on_line)
        wheels = sorted(Path(made).glob("*.whl"))
        if not ended.succeeded or not wheels:
            return FailedBuild(output=ended.stdout)
        return put_wheel(wheels[0], folder)


def folder_fault(folder: Path) -> str | None:
    """Tell why no wheel can be put into a folder that may have to be made; None where one can. Makes nothing."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        return os.strerror(errno.EEXIST if there == folder else errno.ENOTDIR)
    return None if os.access(there, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)


def put_wheel(wheel: Path, folder: Path) -> Path:
    """Copy a wheel into a folder that may have to be made. Raises `wheel-not-writable`."""
    target = folder / wheel.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{wheel.name}.part"
        part.write_bytes(wheel.read_bytes())
        part.replace(target)
    except OSError as error:
        raise GpuenvError("wheel-not-writable", folder=str(folder), detail=error.strerror or str(error)) from error
    return target
