"""Writes the shell script that builds PyTorch itself from source for given GPUs: preflight, settings, steps, proof."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.cuda import ComputeCapability, CudaVersion
    from gpuenv.models.platform import PythonVersion

DISK_GB: Final = 20
"""Checkout with submodules, objects and wheel of one build for one architecture."""
MEMORY_GB: Final = 8
_GCC: Final = {14: 9, 17: 9, 20: 11}
"""The first GCC whose standard library has what torch's headers of a C++ standard use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchSource:
    """Which PyTorch is built, with what, for what."""

    version: Version
    cuda: CudaVersion
    capabilities: tuple[ComputeCapability, ...]
    python: PythonVersion
    cxx_standard: int


def write_script(source: TorchSource) -> str:
    """Make the script. `bash SCRIPT --preflight` only checks; `bash SCRIPT` builds below the working folder.

    It ends with 1 at the first thing that is missing, before anything is fetched.
    """
    wanted = sorted(set(source.capabilities))
    return Template(_SCRIPT).substitute(
        version=source.version,
        cuda=source.cuda,
        dashed=str(source.cuda).replace(".", "-"),
        tag=source.cuda.tag,
        python=str(source.python),
        listed=";".join(str(capability) for capability in wanted),
        targets=",".join(capability.sm for capability in wanted),
        disk=DISK_GB,
        memory=MEMORY_GB,
        gcc_min=_GCC.get(source.cxx_standard, max(_GCC.values())),
        standard=source.cxx_standard,
    )


_SCRIPT: Final = """\
#!/usr/bin/env bash
# Builds PyTorch $version for $targets with CUDA $cuda and Python $python. Written by gpuenv.
#
#   bash SCRIPT --preflight   checks this machine and changes nothing
#   bash SCRIPT               builds in ./pytorch-$version, hours on a small machine
#
# Settings from outside: CUDA_HOME, PYTHON, CC, CXX, MAX_JOBS, BUILD_DIR.
set -euo pipefail

VERSION="$version"
CUDA="$cuda"
BUILD_DIR="$${BUILD_DIR:-$$PWD/pytorch-$version}"
PYTHON="$${PYTHON:-python$python}"
CUDA_HOME="$${CUDA_HOME:-/usr/local/cuda-$cuda}"
CXX="$${CXX:-g++}"
CC="$${CC:-gcc}"

fail() { echo "error: $$1" >&2; [ -z "$${2:-}" ] || echo "  hint: $$2" >&2; exit 1; }

preflight() {
    local program free_kb memory_kb nvcc_version gcc_version gcc_max header python_version folder
    for program in git "$$CXX" "$$CC" "$$PYTHON"; do
        command -v "$$program" > /dev/null ||
            fail "$$program is missing" "sudo apt-get install git g++ python$python-venv"
    done

    folder="$$BUILD_DIR"
    while [ ! -d "$$folder" ]; do folder="$$(dirname "$$folder")"; done
    free_kb="$$(df -Pk "$$folder" | awk 'NR == 2 { print $$4 }')"
    [ "$$free_kb" -ge $$(( $disk * 1000 * 1000 )) ] ||
        fail "$$folder has $$(( free_kb / 1000 / 1000 )) GB free, $disk GB are needed" \\
            "BUILD_DIR=/a/larger/disk bash $$0"

    memory_kb="$$(awk '/^MemTotal:/ { print $$2 }' "$${MEMINFO:-/proc/meminfo}")"
    [ "$$memory_kb" -ge $$(( $memory * 1000 * 1000 )) ] ||
        fail "this machine has $$(( memory_kb / 1000 / 1000 )) GB of memory, $memory GB are needed"

    [ -x "$$CUDA_HOME/bin/nvcc" ] ||
        fail "there is no nvcc in $$CUDA_HOME" "sudo apt-get install cuda-toolkit-$dashed"
    nvcc_version="$$("$$CUDA_HOME/bin/nvcc" --version | sed -n 's/.*release \\([0-9.]*\\),.*/\\1/p')"
    [ "$$nvcc_version" = "$$CUDA" ] ||
        fail "$$CUDA_HOME is CUDA $$nvcc_version, CUDA $$CUDA is needed" "CUDA_HOME=/usr/local/cuda-$cuda bash $$0"

    gcc_version="$$("$$CXX" -dumpversion | cut -d. -f1)"
    [ "$$gcc_version" -ge $gcc_min ] || fail "$$CXX is GCC $$gcc_version; C++$standard takes GCC $gcc_min or newer"
    header="$$CUDA_HOME/include/crt/host_config.h"
    gcc_max="$$(sed -n 's/^#if __GNUC__ > \\([0-9]*\\).*/\\1/p' "$$header" 2> /dev/null | head -n 1)"
    [ "$$gcc_version" -le "$${gcc_max:-99}" ] ||
        fail "$$CXX is GCC $$gcc_version; nvcc $$CUDA takes GCC up to $$gcc_max" \\
            "CC=gcc-$$gcc_max CXX=g++-$$gcc_max bash $$0"

    python_version="$$("$$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    [ "$$python_version" = "$python" ] || fail "$$PYTHON is Python $$python_version, $python is needed"
    "$$PYTHON" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
        fail "the headers of $$PYTHON are missing" "sudo apt-get install python$python-dev"

    # One compiler takes about 4 GB: more of them at once than memory has room for end in "Killed".
    if [ -z "$${MAX_JOBS:-}" ]; then
        MAX_JOBS=$$(( memory_kb / 4000 / 1000 ))
        [ "$$MAX_JOBS" -le "$$(nproc)" ] || MAX_JOBS="$$(nproc)"
        [ "$$MAX_JOBS" -ge 1 ] || MAX_JOBS=1
    fi
    echo "preflight passed: CUDA $$nvcc_version, GCC $$gcc_version, Python $$python_version, $$MAX_JOBS jobs"
}

fetch() {
    [ -d "$$BUILD_DIR/.git" ] ||
        git clone --depth 1 --branch "v$$VERSION" https://github.com/pytorch/pytorch "$$BUILD_DIR"
    git -C "$$BUILD_DIR" submodule update --init --recursive --depth 1
}

build() {
    "$$PYTHON" -m venv "$$BUILD_DIR/.build-venv"
    # shellcheck disable=SC1091
    . "$$BUILD_DIR/.build-venv/bin/activate"
    pip install --requirement "$$BUILD_DIR/requirements.txt" wheel ninja cmake

    export CUDA_HOME CC CXX MAX_JOBS
    export PATH="$$CUDA_HOME/bin:$$PATH"
    export TORCH_CUDA_ARCH_LIST="$listed"
    export USE_CUDA=1 USE_ROCM=0 USE_XPU=0 BUILD_TEST=0
    export PYTORCH_BUILD_VERSION="$$VERSION+$tag.local" PYTORCH_BUILD_NUMBER=0
    (cd "$$BUILD_DIR" && pip wheel --verbose --no-build-isolation --no-deps --wheel-dir dist .)
}

proof() {
    local wheel
    wheel="$$(ls -t "$$BUILD_DIR"/dist/torch-*.whl | head -n 1)"
    command -v gpuenv > /dev/null || fail "gpuenv is missing: the wheel $$wheel is not proved" "pipx install gpuenv"
    gpuenv inspect "$$wheel" --target $targets || fail "$$wheel has no code for every one of $targets"
    echo "built and proved: $$wheel"
    echo "install it with: pip install --no-deps $$wheel"
}

preflight
[ "$${1:-}" != "--preflight" ] || exit 0
fetch
build
proof
"""
