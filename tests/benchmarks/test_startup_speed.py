"""How long whole commands take, beside a bare Python: medians of runs that take turns, files warm.

Limits, in bare Pythons: 2 for `--version`, 6 for `detect`, 8 for `inspect` and `run`, 10 for `plan --offline`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

from support.small_environments import make_venv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytestmark = pytest.mark.slow

RUNS = 25
SETTLED_S = 2.1
"""What gpuenv keeps of an interpreter, it keeps of one that nothing has changed for two seconds."""
GPUENV = Path(sys.executable).with_name("gpuenv")
PLAN = ("plan", "torch", "--offline", "--target", "rtx-5090", "--driver", "580.95.05", "--platform", "linux-x86_64")


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    """An installation's: modules are compiled once, nothing is configured, folders of our own."""
    settings = ("PYTHON", "PIP_", "UV_", "XDG_", "CUDA", "GPUENV_", "VIRTUAL_ENV", "CONDA_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(settings)},
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"),
    }


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (("--version",), 2),
        (("detect",), 6),
        (("inspect", "a native library"), 8),
        (("run", "--venv", "env", "--", "true"), 8),
        (PLAN, 10),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_takes_no_longer_than_a_few_bare_pythons(
    arguments: tuple[str, ...], most: int, environ: Mapping[str, str], tmp_path: Path
) -> None:
    import _ctypes  # noqa: PLC0415 - a native library that every Python has

    make_venv(tmp_path / "env", environ)
    time.sleep(SETTLED_S)
    argv = [str(GPUENV), *(_ctypes.__file__ if word == "a native library" else word for word in arguments)]
    bare = [sys.executable, "-c", "pass"]
    for command in (bare, argv, argv):
        subprocess.run(command, env=environ, cwd=tmp_path, check=True, capture_output=True)
    times = [(seconds(bare, environ, tmp_path), seconds(argv, environ, tmp_path)) for _ in range(RUNS)]
    ours, pythons = median(own for _, own in times), median(bare for bare, _ in times)
    share = ours / pythons
    print(f"{arguments[0]}: {ours * 1000:.0f} ms, {share:.1f} times a bare Python; limit {most}")  # noqa: T201
    assert share <= most


def seconds(argv: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(argv, env=environ, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun
