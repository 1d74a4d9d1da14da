"""The script that builds PyTorch: a shell reads it, and its preflight refuses what cannot succeed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from gpuenv.build.torch_script import TorchSource, write_script
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.platform import PythonVersion
from support.checkout import write_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("bash") is None, reason="the script is for bash on Linux"
)

SOURCE = TorchSource(
    version=Version("2.9.1"),
    cuda=CudaVersion(major=13, minor=0),
    capabilities=(ComputeCapability(major=12, minor=0), ComputeCapability(major=8, minor=6)),
    python=PythonVersion(major=3, minor=12),
    cxx_standard=17,
)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with all that the script asks for: each program states what it is and does no more."""
    for name, says in {
        "git": "",
        "gcc": "13",
        "g++": "13",
        "nproc": "16",
        "df": "Filesystem 1024-blocks Used Available\n/dev/sda 0 0 40000000",
    }.items():
        write_program(tmp_path / "bin" / name, f"printf '%s\\n' '{says}'")
    write_program(tmp_path / "bin" / "python3.12", '[ "${2#*version_info}" = "$2" ] || echo 3.12')
    write_program(tmp_path / "cuda" / "bin" / "nvcc", 'echo "Cuda compilation tools, release 13.0, V13.0.88"')
    header = tmp_path / "cuda" / "include" / "crt" / "host_config.h"
    header.parent.mkdir(parents=True)
    header.write_text("#if __GNUC__ > 15\n")
    (tmp_path / "meminfo").write_text("MemTotal:       32000000 kB\n")
    return tmp_path


def preflight(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    script = machine / "build.sh"
    script.write_text(write_script(SOURCE))
    environ = {
        "PATH": f"{machine}/bin:/usr/bin:/bin",
        "CUDA_HOME": f"{machine}/cuda",
        "MEMINFO": f"{machine}/meminfo",
        **variables,
    }
    return subprocess.run(
        ["bash", script, "--preflight"], cwd=machine, env=environ, capture_output=True, text=True, check=False
    )


def test_bash_reads_the_script() -> None:
    subprocess.run(["bash", "-n"], input=write_script(SOURCE), text=True, check=True, env=os.environ)


def test_the_script_names_version_gpus_and_proof() -> None:
    script = write_script(SOURCE)
    assert '--branch "v$VERSION"' in script
    assert 'VERSION="2.9.1"' in script
    assert 'export TORCH_CUDA_ARCH_LIST="8.6;12.0"' in script
    assert 'gpuenv inspect "$wheel" --target sm_86,sm_120' in script
    assert script.rstrip().endswith("fetch\nbuild\nproof")


def test_a_machine_with_everything_passes_and_nothing_is_made(machine: Path) -> None:
    before = sorted(machine.iterdir())
    ran = preflight(machine)
    assert (ran.returncode, ran.stderr) == (0, "")
    # 32 GB of memory are 8 compilers, whatever the 16 cores could run
    assert ran.stdout == "preflight passed: CUDA 13.0, GCC 13, Python 3.12, 8 jobs\n"
    assert sorted(machine.iterdir()) == sorted([*before, machine / "build.sh"])


def test_jobs_of_the_users_stay(machine: Path) -> None:
    assert "3 jobs" in preflight(machine, MAX_JOBS="3").stdout


@pytest.mark.parametrize(
    ("program", "says", "error"),
    [
        ("bin/df", "printf 'x\\n/dev/sda 0 0 19999999\\n'", "has 19 GB free, 20 GB are needed"),
        ("bin/g++", "echo 8", "g++ is GCC 8; C++17 takes GCC 9 or newer"),
        ("bin/g++", "echo 16", "g++ is GCC 16; nvcc 13.0 takes GCC up to 15"),
        ("cuda/bin/nvcc", 'echo "Cuda compilation tools, release 12.8, V12.8.93"', "is CUDA 12.8, CUDA 13.0 is needed"),
        ("bin/python3.12", "echo 3.11", "python3.12 is Python 3.11, 3.12 is needed"),
        (
            "bin/python3.12",
            '[ "${2#*version_info}" = "$2" ] || { echo 3.12; exit 0; }; exit 1',
            "the headers of python3.12 are missing",
        ),
    ],
)
def test_what_would_fail_later_is_refused_at_once(machine: Path, program: str, says: str, error: str) -> None:
    (machine / program).unlink()
    write_program(machine / program, says)
    ran = preflight(machine)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert error in ran.stderr


def test_little_memory_and_a_missing_toolkit_are_refused(machine: Path) -> None:
    (machine / "small").write_text("MemTotal:       4000000 kB\n")
    assert "has 4 GB of memory, 8 GB are needed" in preflight(machine, MEMINFO=f"{machine}/small").stderr
    ran = preflight(machine, CUDA_HOME="/nowhere")
    assert ran.stderr.splitlines() == [
        "error: there is no nvcc in /nowhere",
        "  hint: sudo apt-get install cuda-toolkit-13-0",
    ]


def test_a_missing_compiler_is_refused(machine: Path) -> None:
    assert "error: clang++-99 is missing" in preflight(machine, CXX="clang++-99").stderr
