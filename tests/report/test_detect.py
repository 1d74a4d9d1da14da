"""`gpuenv detect` as a person reads it, and as a program does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.cuda import ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.environment import Environment, InstalledDistribution, SharedFolder
from gpuenv.models.hardware import (
    CompilerLimits,
    CudaToolkit,
    CudnnLibrary,
    Driver,
    Gpu,
    HostCompiler,
    HostDetails,
    HostFacts,
    MigInstance,
    MsvcRuntime,
    Presence,
    Probe,
    ProbeAnswer,
)
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.report.detect import detection_result
from gpuenv.report.terminal import Terminal

if TYPE_CHECKING:
    from gpuenv.report.messages import Language
    from gpuenv.report.result import CommandResult

GIB = 1024**3
PARTS = tuple(
    MigInstance(name=f"NVIDIA A100-SXM4-40GB MIG {profile}", uuid=f"MIG-{number}", memory_bytes=size * GIB)
    for number, (profile, size) in enumerate([("3g.20gb", 20), ("1g.5gb", 5), ("1g.5gb", 5)])
)
A100 = Gpu(
    name="NVIDIA A100-SXM4-40GB",
    capabilities=(ComputeCapability(major=8, minor=0),),
    probe=Probe.NVML,
    index=0,
    uuid="GPU-1",
    memory_bytes=40 * GIB,
    is_mig=True,
    mig_instances=PARTS,
)
HOST = HostFacts(
    gpus=(A100,),
    driver=Driver(
        version=DriverVersion.parse("580.95.05"), cuda_version=CudaVersion(major=13, minor=0), probe=Probe.NVML
    ),
    platform=Platform(name="linux-x86_64", glibc=(2, 39), is_wsl=True),
    presence=Presence.PRESENT,
    problems=(Notice.of("gpu-device-failed", place="1", detail="GPU is lost"),),
    probes=(ProbeAnswer(probe=Probe.NVML, outcome="ok", detail="1 GPU"),),
    other_gpus=("AMD GPU (1002:150E)",),
    container="docker",
    wsl_generation=2,
)
DETAILS = HostDetails(
    system="Ubuntu 24.04.3 LTS",
    kernel="6.8.0",
    kernel_module="open",
    memory_bytes=64 * GIB,
    disk_free_bytes=100 * GIB,
    toolkits=(
        CudaToolkit(
            root="/usr/local/cuda-12.8",
            version=CudaVersion(major=12, minor=8),
            nvcc="/usr/local/cuda-12.8/bin/nvcc",
            limits=CompilerLimits(gcc=14, clang=19),
        ),
    ),
    compilers=(HostCompiler(family="gcc", path="/usr/bin/g++", version="13"),),
    cudnn=(CudnnLibrary(path="/usr/lib/libcudnn.so.9.10.2", version="9.10.2"),),
)


def distribution(name: str, version: str, **fields: str) -> InstalledDistribution:
    return InstalledDistribution(
        name=canonicalize_name(name), version=Version(version), location=Path("/env"), build_tag=fields.get("tag")
    )


ENVIRONMENT = Environment(
    root=Path("/env"),
    kind="venv",
    python=Path("/env/bin/python"),
    python_version=PythonVersion(major=3, minor=12),
    platform=HOST.platform,
    site_packages=Path("/env/lib/python3.12/site-packages"),
    distributions=(distribution("numpy", "2.1.0"), distribution("torch", "2.15.0", tag="cu132")),
    outer=(distribution("onnxruntime", "1.20.0"), distribution("six", "1.16.0")),
)
SHARED = (SharedFolder(name="cv2", owners=("opencv-python", "opencv-python-headless")),)


def outcome(host: HostFacts = HOST, language: Language = "en") -> CommandResult:
    return detection_result(
        host, DETAILS, ENVIRONMENT, shared_folders=SHARED, notes=(), saved=Path("/fleet.jsonl"), language=language
    )


def lines(result: CommandResult, *, verbosity: int = 0, language: Language = "en") -> tuple[list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    result.write(Terminal(stdout=out, stderr=err, environ={}, language=language, verbosity=verbosity))
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_a_machine_is_a_few_lines() -> None:
    assert lines(outcome()) == (
        [
            "GPU       0: NVIDIA A100-SXM4-40GB, compute capability 8.0, 40 GiB, MIG: 1 x 3g.20gb, 2 x 1g.5gb",
            "GPU       AMD GPU (1002:150E): seen, not a target of gpuenv yet",
            "driver    580.95.05, CUDA 13.0, open kernel modules",
            "platform  linux-x86_64, glibc 2.39, WSL 2, container docker",
            "python    3.12 (venv /env)",
            "package   torch 2.15.0 (cu132)",
            "package   onnxruntime 1.20.0  [of the base Python]",
        ],
        [
            "warning: GPU 1 does not answer the driver: GPU is lost [gpu-device-failed]",
            "  hint: nvidia-smi",
            "  hint: sudo reboot",
            "added to /fleet.jsonl; `gpuenv plan --batch /fleet.jsonl` resolves for every machine in it",
        ],
    )


def test_with_v_everything_is_listed() -> None:
    shown, _ = lines(outcome(), verbosity=1)
    assert shown[1:4] == [
        "MIG       MIG-0: NVIDIA A100-SXM4-40GB MIG 3g.20gb, 20 GiB",
        "MIG       MIG-1: NVIDIA A100-SXM4-40GB MIG 1g.5gb, 5 GiB",
        "MIG       MIG-2: NVIDIA A100-SXM4-40GB MIG 1g.5gb, 5 GiB",
    ]
    assert shown[8:] == [
        "package   numpy 2.1.0",
        "package   torch 2.15.0 (cu132)",
        "package   onnxruntime 1.20.0  [of the base Python]",
        "package   six 1.16.0  [of the base Python]",
        "folder    cv2/: opencv-python, opencv-python-headless",
        "system    Ubuntu 24.04.3 LTS, kernel 6.8.0, 64 GiB, 100 GiB free on disk",
        "toolkit   CUDA 12.8 (/usr/local/cuda-12.8), up to GCC 14, Clang 19",
        "compiler  gcc 13 (/usr/bin/g++)",
        "cuDNN     9.10.2 (/usr/lib/libcudnn.so.9.10.2)",
        "source    nvml       ok       1 GPU",
    ]


def test_windows_tells_its_runtime_and_musl_that_there_is_no_glibc() -> None:
    windows = HostFacts(
        gpus=(),
        driver=None,
        platform=Platform(name="windows-x86_64"),
        presence=Presence.ABSENT,
        msvc_runtime=MsvcRuntime(version="14.44.35211.0"),
    )
    shown, _ = lines(outcome(windows, "zh"), language="zh")
    assert shown[:2] == ["GPU       没有 NVIDIA 显卡", "平台      windows-x86_64, VC++ 运行库 14.44.35211.0"]
    musl = HostFacts(gpus=(), driver=None, platform=Platform(name="linux-x86_64"), presence=Presence.ABSENT)
    assert lines(outcome(musl))[0][1] == "platform  linux-x86_64, no glibc"


def test_json_holds_every_fact() -> None:
    data = outcome().data
    host = data["host"]
    assert host["gpus"] == [
        {
            "index": 0,
            "name": "NVIDIA A100-SXM4-40GB",
            "compute_capability": "8.0",
            "uuid": "GPU-1",
            "pci_device_id": None,
            "pci_bus_id": None,
            "memory_bytes": 40 * GIB,
            "mig": True,
            "mig_instances": [
                {"name": part.name, "uuid": part.uuid, "memory_bytes": part.memory_bytes} for part in PARTS
            ],
            "probe": "nvml",
        }
    ]
    assert (host["wsl"], host["wsl_generation"], host["msvc_runtime"]) == (True, 2, None)
    assert host["details"] == {
        "system": "Ubuntu 24.04.3 LTS",
        "kernel": "6.8.0",
        "kernel_module": "open",
        "memory_bytes": 64 * GIB,
        "disk_free_bytes": 100 * GIB,
        "toolkits": [
            {
                "root": "/usr/local/cuda-12.8",
                "version": "12.8",
                "nvcc": "/usr/local/cuda-12.8/bin/nvcc",
                "newest_compilers": {"gcc": 14, "clang": 19, "msc": None},
            }
        ],
        "compilers": [{"family": "gcc", "path": "/usr/bin/g++", "version": "13"}],
        "cudnn": [{"path": "/usr/lib/libcudnn.so.9.10.2", "version": "9.10.2"}],
        "shadowing": [],
    }
    environment = data["environment"]
    assert [found["name"] for found in environment["distributions"]] == ["numpy", "torch"]
    assert [found["name"] for found in environment["outer_distributions"]] == ["onnxruntime", "six"]
    assert environment["shared_folders"] == [{"name": "cv2", "owners": ["opencv-python", "opencv-python-headless"]}]
