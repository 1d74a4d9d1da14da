from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from gpuenv.models.binaries import CodeGenerator
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.matrix import ArchitectureRow, Evidence, Provenance
from gpuenv.models.notice import Notice
from gpuenv.rules.code_generators import assembler_warnings, nvrtc_faults

if TYPE_CHECKING:
    from collections.abc import Mapping


def generator(name: str, cuda: str, architectures: str | None = None) -> CodeGenerator:
    kind: Literal["nvrtc", "ptxas"] = "ptxas" if name.startswith("ptxas") else "nvrtc"
    made = tuple(ComputeCapability.parse(text) for text in architectures.split()) if architectures else None
    return CodeGenerator(
        kind=kind, path=f"/env/{name}", distribution="kit", cuda=CudaVersion.parse(cuda), architectures=made
    )


def gpu(capability: str) -> Gpu:
    return Gpu(name="card", capabilities=(ComputeCapability.parse(capability),), probe=Probe.DESCRIBED)


def rows(**limits: tuple[str, str | None]) -> Mapping[ComputeCapability, ArchitectureRow]:
    """Make rows from `sm_120=("12.8", None)`: the first and the last toolkit."""
    found = {}
    for name, (first, last) in limits.items():
        capability = ComputeCapability.parse(name)
        found[capability] = ArchitectureRow(
            capability=capability,
            generation="",
            minimum_cuda=CudaVersion.parse(first),
            maximum_cuda=CudaVersion.parse(last) if last else None,
            minimum_driver_branch=None,
            maximum_driver_branch=None,
            minimum_cudnn=None,
            maximum_cudnn=None,
            open_kernel_module_only=False,
            provenance=Provenance(evidence=Evidence.REPORT, source="", verified=""),
        )
    return found


OLD_NVRTC = generator("libnvrtc.so.12", "12.4", "5.0 8.9 9.0 9.0")
NEW_NVRTC = generator("libnvrtc.so.13", "13.2", "7.5 9.0 11.0 12.0")
ROWS = rows(sm_61=("8.0", "12.9"), sm_90=("11.8", None), sm_120=("12.8", None))


def test_an_nvrtc_that_does_not_compile_for_the_gpu_is_a_fault() -> None:
    assert nvrtc_faults([OLD_NVRTC], [gpu("9.0"), gpu("12.0")]) == (
        Notice.of(
            "nvrtc-lacks-gpu",
            gpu="card (12.0)",
            library="libnvrtc.so.12",
            cuda="12.4",
            architectures=("sm_50", "sm_89", "sm_90", "sm_90"),
        ),
    )


def test_beside_one_of_its_major_that_does_it_is_none() -> None:
    newer = generator("libnvrtc-5b8.so.12.9", "12.9", "12.0")
    assert nvrtc_faults([OLD_NVRTC, newer], [gpu("12.0")]) == ()
    assert len(nvrtc_faults([OLD_NVRTC, NEW_NVRTC], [gpu("12.0")])) == 1


def test_thor_has_two_names() -> None:
    assert nvrtc_faults([NEW_NVRTC], [gpu("10.1")]) == ()


def test_one_that_did_not_answer_is_not_judged() -> None:
    assert nvrtc_faults([generator("libnvrtc.so.11.0", "11.0")], [gpu("12.0")]) == ()


@pytest.mark.parametrize(
    ("generators", "capability", "driver", "codes"),
    [
        ([generator("ptxas", "12.9"), generator("ptxas-blackwell", "13.4")], "12.0", "13.0", []),
        (
            [generator("ptxas", "12.9"), generator("ptxas-blackwell", "13.4")],
            "12.0",
            "12.8",
            ["assembler-newer-than-driver"],
        ),
        ([generator("ptxas", "12.9"), generator("ptxas-blackwell", "13.4")], "9.0", "12.8", []),
        ([generator("ptxas", "12.4")], "12.0", None, ["ptxas-lacks-gpu"]),
        ([generator("ptxas", "13.0")], "6.1", None, ["ptxas-lacks-gpu"]),
        ([generator("ptxas", "13.0")], "12.0", None, []),
        ([generator("ptxas", "13.0", "7.5 9.0")], "12.0", None, ["ptxas-lacks-gpu"]),  # its own word counts more
        ([generator("ptxas", "12.4", "7.5 12.0")], "12.0", None, []),
        ([], "12.0", "12.8", []),
    ],
)
def test_triton_needs_an_assembler_for_the_gpu_and_the_driver(
    generators: list[CodeGenerator], capability: str, driver: str | None, codes: list[str]
) -> None:
    driver_cuda = CudaVersion.parse(driver) if driver else None
    found = assembler_warnings(generators, [gpu(capability)], ROWS, driver_cuda=driver_cuda)
    assert [notice.code for notice in found] == codes
