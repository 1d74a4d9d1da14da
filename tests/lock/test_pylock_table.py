"""Our own table in a pylock: what is written is read back, and what is not ours is told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.header import LockedGpu, LockHeader
from gpuenv.lock.pylock_table import own_table, parse_own_table
from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
from gpuenv.models.platform import Platform, PythonVersion

SAMPLE = (Path(__file__).parents[1] / "data" / "lock" / "pylock.gtx-1080-ti.toml").read_text(encoding="utf-8")
GTX_1080_TI = LockHeader(
    gpus=(
        LockedGpu(
            name="sm_61",
            capabilities=(ComputeCapability.parse("6.1"),),
            kind="sass",
            via=Architecture.parse("61"),
        ),
    ),
    minimum_driver=DriverVersion.parse("528.33"),
    platform=Platform(name="windows-x86_64"),
    python=PythonVersion(major=3, minor=12),
    matrix="2026.11",
    torch=Version("2.14.1+cu126"),
    tag="cu126",
)
CPU_ON_WSL = LockHeader(
    gpus=(),
    minimum_driver=None,
    platform=Platform(name="linux-x86_64", glibc=(2, 39), is_wsl=True),
    python=PythonVersion(major=3, minor=13, free_threaded=True),
    matrix="2026.11",
    torch=None,
    tag=None,
)


def test_the_table_of_a_lock_is_read() -> None:
    assert parse_own_table(SAMPLE) == GTX_1080_TI


FOR_ANY = replace(CPU_ON_WSL, is_for_any_gpu=True)


@pytest.mark.parametrize("header", [GTX_1080_TI, CPU_ON_WSL, FOR_ANY])
def test_what_is_written_is_read_back(header: LockHeader) -> None:
    assert parse_own_table(tomlkit.dumps({"tool": {"gpuenv": own_table(header)}})) == header


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('lock-version = "1.0"\n', "lock-header-missing"),
        ("tool = 1\n", "lock-header-missing"),
        ("not [ toml", "lock-header-broken"),
        (SAMPLE.replace("format = 1", "format = 2"), "lock-format-unknown"),
        (SAMPLE.replace('"windows-x86_64"', '"amiga"'), "lock-header-broken"),
        (SAMPLE.replace('python = "3.12"', "python = 3"), "lock-header-broken"),
        (SAMPLE.replace('compute-capability = ["6.1"]', "other = 1"), "lock-header-broken"),
    ],
)
def test_a_file_that_is_not_ours_or_was_changed_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(GpuenvError) as caught:
        parse_own_table(text)
    assert caught.value.code == code
