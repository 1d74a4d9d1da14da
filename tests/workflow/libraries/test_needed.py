"""Which libraries a request rests on: those of its packages, and what they are linked with, whoever brought it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.models.binaries import CodeSummary, InspectedFile
from gpuenv.models.loading import LibraryNeeds, NativeLibraries
from gpuenv.workflow.libraries.environment import EnvironmentLibraries
from gpuenv.workflow.libraries.needed import bound_to_torch, needed_files

NO_CODE = CodeSummary(containers=0, objects=0, sass=(), ptx=())

LINUX: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "torch/lib/libtorch_cuda.so": ("torch", ("libcudnn.so.9", "libc10.so", "libown.so")),
    "torch/lib/libc10.so": ("torch", ()),
    "nvidia/cudnn/lib/libcudnn.so.9": ("nvidia-cudnn-cu13", ()),
    "nvidia/cudnn/lib/libcudnn_engines.so.9": ("nvidia-cudnn-cu13", ()),
    "nvidia/cublas/lib/libcublas.so.12": ("nvidia-cublas-cu12", ()),
    "libown.so": (None, ("libtorch_cuda.so",)),
    "alone.so": (None, ()),
    "splat/_C.so": ("splat", ("libc10.so", "libcublas.so.12")),
}
WINDOWS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "C:\\env\\torch\\lib\\torch_cuda.dll": ("torch", ("CUDNN64_9.dll",)),
    "C:\\env\\torch\\lib\\cudnn64_9.dll": ("torch", ()),
    "C:\\env\\ort\\providers_cuda.dll": ("onnxruntime-gpu", ("cudnn64_9.DLL",)),
    "C:\\env\\splat\\_C.pyd": ("splat", ("c10.dll",)),
}


def libraries(table: dict[str, tuple[str | None, tuple[str, ...]]]) -> EnvironmentLibraries:
    return EnvironmentLibraries(
        native=NativeLibraries(files=(), names=frozenset()),
        files=tuple(
            InspectedFile(path=path, distribution=owner, summary=NO_CODE) for path, (owner, _) in table.items()
        ),
        needs={Path(path): LibraryNeeds(libraries=linked) for path, (_, linked) in table.items()},
        generators=(),
        notes=(),
    )


@pytest.mark.parametrize(
    ("table", "roots", "expected"),
    [
        (LINUX, ["torch"], [*list(LINUX)[:4], "libown.so"]),
        (LINUX, ["splat"], [path for path in LINUX if path != "alone.so"]),
        (LINUX, ["absent"], []),
        (WINDOWS, ["onnxruntime-gpu"], list(WINDOWS)[:3]),
    ],
)
def test_what_a_package_is_linked_with_is_needed_with_all_that_its_distribution_brings(
    table: dict[str, tuple[str | None, tuple[str, ...]]], roots: list[str], expected: list[str]
) -> None:
    assert sorted(needed_files(libraries(table), roots)) == sorted(expected)


def test_what_was_compiled_against_torch_is_told() -> None:
    assert bound_to_torch(libraries(LINUX)) == {"splat"}
    assert bound_to_torch(libraries(WINDOWS)) == {"splat"}
