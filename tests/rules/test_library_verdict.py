from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from gpuenv.models.binaries import (
    CodeKind,
    CodeSummary,
    InspectedFile,
    JudgedFile,
    LibraryVerdict,
    MainSet,
)
from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.matrix import ArchitectureRow, Evidence, Provenance
from gpuenv.models.notice import Notice
from gpuenv.rules.known_libraries import KnownLibraries
from gpuenv.rules.library_names import family_of, is_optional
from gpuenv.rules.library_verdict import Circumstances, library_verdict, verdicts_for
from gpuenv.rules.uncovered import uncovered


def images(text: str) -> frozenset[tuple[CodeKind, Architecture]]:
    kinds = {"sm": CodeKind.SASS, "compute": CodeKind.PTX, "lto": CodeKind.LTO_IR}
    split = [name.partition("_") for name in text.split()]
    return frozenset((kinds[kind], Architecture.parse(number)) for kind, _, number in split)


def library(*counted: tuple[str, int], embedded: tuple[tuple[str, int], ...] = ()) -> CodeSummary:
    return CodeSummary(
        containers=sum(number for _, number in counted),
        objects=1,
        sass=(),
        ptx=(),
        combinations=tuple((images(text), number) for text, number in counted),
        embedded=tuple((images(text), number) for text, number in embedded),
    )


def verdict(summary: CodeSummary, gpu: str, *, chooses: bool = False) -> tuple[str, float]:
    found = library_verdict(summary, ComputeCapability.parse(gpu), chooses=chooses)
    return found.kind, round(found.share, 3)


TORCH = library(
    ("sm_75 sm_80 sm_86 sm_90 sm_100 sm_120", 415),
    ("sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 sm_100a sm_103f", 60),
    ("sm_75 sm_80 sm_86 sm_89 sm_90 sm_100 sm_120 sm_121a", 1),
    embedded=(("sm_90", 29), ("sm_100", 29)),
)


@pytest.mark.parametrize("gpu", ["7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0", "12.1"])
def test_torch_2_15_serves_every_gpu_of_its_list_in_all_containers(gpu: str) -> None:
    assert verdict(TORCH, gpu) == ("sass", 1.0)


@pytest.mark.parametrize("gpu", ["6.1", "7.0", "8.7", "11.0"])
def test_what_it_was_not_built_for_it_does_not_serve(gpu: str) -> None:
    assert verdict(TORCH, gpu) == ("none", 0.0)


def test_one_stray_cubin_is_no_support() -> None:
    assert verdict(library(("sm_75 sm_90", 475), ("sm_75 sm_89 sm_90", 1)), "8.9") == ("none", 0.002)


def test_kernels_for_one_gpu_beside_a_full_set_are_no_fault() -> None:
    onnxruntime = library(
        ("sm_90a", 292),
        ("sm_75 sm_80 sm_86 sm_89 sm_90a sm_120a", 217),
        ("sm_80 sm_86 sm_89 sm_90a sm_120a", 91),
        ("sm_120a", 9),
    )
    assert verdict(onnxruntime, "8.6") == ("sass", 1.0)
    assert verdict(onnxruntime, "9.0") == ("sass", 1.0)
    assert verdict(onnxruntime, "7.5") == ("sass", 0.705)
    assert verdict(onnxruntime, "12.1") == ("none", 0.0)


def test_a_library_of_specific_code_alone_is_judged_by_it() -> None:
    assert verdict(library(("sm_90a", 5)), "9.0") == ("sass", 1.0)
    assert verdict(library(("sm_90a", 5)), "8.6") == ("none", 0.0)


def test_one_general_kernel_does_not_speak_for_many_specific_ones() -> None:
    assert verdict(library(("sm_90a", 9), ("sm_75 sm_90", 1)), "7.5") == ("none", 0.1)


def test_ptx_serves_newer_gpus_and_machine_code_goes_before_it() -> None:
    extension = library(("sm_80 compute_80", 3))
    assert verdict(extension, "8.6") == ("sass", 1.0)
    assert verdict(extension, "12.0") == ("ptx", 1.0)
    assert verdict(extension, "7.5") == ("none", 0.0)
    assert verdict(library(("sm_80", 3)), "12.0") == ("none", 0.0)


def test_machine_code_in_some_and_ptx_in_the_rest_serve_together() -> None:
    assert verdict(library(("sm_120", 1), ("compute_80", 2)), "12.0") == ("ptx", 1.0)


def test_a_library_that_lacks_the_gpu_in_a_third_of_its_kernels_does_not_serve_it() -> None:
    assert verdict(library(("sm_80 sm_120", 2), ("sm_80", 1)), "12.0") == ("none", 0.667)
    assert verdict(library(("sm_80 sm_120", 9), ("sm_80", 1)), "12.0") == ("sass", 0.9)


def test_a_library_that_chooses_by_itself_serves_with_one_kernel_for_the_gpu() -> None:
    cufft = library(("sm_75", 1), embedded=(("lto_75", 18055), ("compute_75", 7192), ("sm_90", 393), ("sm_120", 420)))
    assert verdict(cufft, "9.0", chooses=True)[0] == "sass"
    assert verdict(cufft, "8.0", chooses=True)[0] == "ptx"
    assert verdict(cufft, "6.1", chooses=True) == ("none", 0.0)


def test_nothing_serves_nobody() -> None:
    assert verdict(library(), "12.0") == ("none", 0.0)


@pytest.mark.parametrize(
    ("name", "family", "optional"),
    [
        ("libtorch_cuda.so", None, False),
        ("libtorch_cuda_linalg.so", None, True),
        ("libonnxruntime_providers_cuda.so", None, False),
        ("libonnxruntime_providers_tensorrt.so", None, True),
        ("libcublasLt.so.13", "cublas", False),
        ("cublas64_12.dll", "cublas", False),
        ("libcudnn_engines_precompiled.so.9", "cudnn", False),
        ("cudnn_ops64_9.dll", "cudnn", False),
        ("libcufft.so.12", "cufft", False),
        ("libcusparse.so.12", "cusparse", False),
        ("libcusparseLt.so.0", "cusparseLt", True),
        ("libnccl.so.2", None, True),
        ("libcupti.so.2025.1.1", None, True),
        ("cupti64_2025.1.1.dll", None, True),
        ("my_cublas_ops.so", None, False),
    ],
)
def test_libraries_are_known_by_name(name: str, family: str | None, optional: bool) -> None:  # noqa: FBT001 - a table
    assert (family_of(name), is_optional(name)) == (family, optional)


def gpu(name: str, *capabilities: str) -> Gpu:
    return Gpu(
        name=name, capabilities=tuple(ComputeCapability.parse(text) for text in capabilities), probe=Probe.DESCRIBED
    )


def test_a_name_of_two_capabilities_gets_the_worse_verdict() -> None:
    found = verdicts_for("libkit.so", library(("sm_50", 1)), [gpu("two chips", "5.0", "3.7"), gpu("one", "5.2")])
    assert found == (
        ("two chips", LibraryVerdict(kind="none", share=0.0)),
        ("one", LibraryVerdict(kind="sass", share=1.0)),
    )


def judged(path: str, kind: str | None, *, is_required: bool = True) -> JudgedFile:
    verdicts = {"sass": LibraryVerdict(kind="sass", share=1.0), "none": LibraryVerdict(kind="none", share=0.0)}
    return JudgedFile(
        file=InspectedFile(path=path, distribution="kit", summary=library()),
        main=MainSet(sass=(), ptx=(), extra_sass=(), extra_ptx=()),
        verdicts=() if kind is None else (("card", verdicts[kind]),),
        is_required=is_required,
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([judged("a.so", "sass"), judged("b.so", None)], ()),
        (
            [judged("lib/a.so", "none"), judged("b.so", "sass"), judged("kit.whl!c.so", "none")],
            (Notice.of("libraries-lack-gpu", gpu="card (12.0)", files=("a.so", "c.so"), packages=("kit",)),),
        ),
        ([judged("a.so", "sass"), judged("b.so", "none", is_required=False)], ()),
        ([judged("libbnb_cuda118.so", "none"), judged("libbnb_cuda128.so", "sass")], ()),
        (
            [judged("libbnb_cuda118.so", "none"), judged("libbnb_cuda121.so", "none")],
            (
                Notice.of(
                    "libraries-lack-gpu",
                    gpu="card (12.0)",
                    files=("libbnb_cuda118.so", "libbnb_cuda121.so"),
                    packages=("kit",),
                ),
            ),
        ),
        ([judged("a.so", None), judged("b.so", None)], (Notice.of("no-gpu-code", files=("kit",)),)),
        ([], ()),
    ],
)
def test_what_a_gpu_needs_and_does_not_get_is_named(files: list[JudgedFile], expected: tuple[Notice, ...]) -> None:
    assert uncovered(files, [gpu("card", "12.0")]) == expected


def with_language(summary: CodeSummary, **languages: tuple[int, int]) -> CodeSummary:
    versions = tuple((Architecture.parse(name), language) for name, language in languages.items())
    return replace(summary, ptx_versions=versions)


@pytest.mark.parametrize(
    ("driver", "expected"),
    [(None, "ptx"), ("13.0", "ptx"), ("12.9", "ptx"), ("12.8", "none")],
)
def test_ptx_needs_a_driver_that_knows_its_language(driver: str | None, expected: str) -> None:
    extension = with_language(library(("sm_80 compute_80", 3)), compute_80=(8, 8))
    circumstances = Circumstances(driver_cuda=CudaVersion.parse(driver) if driver else None)
    found = library_verdict(extension, ComputeCapability.parse("12.0"), circumstances)
    assert found.kind == expected
    if expected == "none":
        assert (found.reason, str(found.needs_cuda)) == ("ptx-needs-newer-driver", "12.9")


def test_ptx_older_than_the_machine_code_beside_it_is_the_fault_of_sm80_and_sm370() -> None:
    windows = library(("sm_37 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90 compute_37", 400))
    found = library_verdict(windows, ComputeCapability.parse("12.0"))
    assert (found.kind, found.share, found.reason) == ("none", 0.0, "ptx-older-than-machine-code")
    assert verdict(windows, "8.9") == ("sass", 1.0)
    # Of a library that chooses by itself older PTX is what it falls back to.
    assert verdict(windows, "12.0", chooses=True)[0] == "ptx"


def test_code_for_70_80_and_86_runs_on_jetson_from_cuda_13_2_on() -> None:
    orin = ComputeCapability.parse("8.7")
    build = library(("sm_80 sm_86 sm_90", 5))
    assert library_verdict(build, orin).kind == "none"
    newer = Circumstances(build_cuda=CudaVersion(major=13, minor=2))
    assert library_verdict(build, orin, newer).kind == "sass"


def known(*, toolkit: str | None = None, cudnn: str | None = None) -> KnownLibraries:
    return KnownLibraries(
        toolkit=CudaVersion.parse(toolkit) if toolkit else None,
        cudnn=Version(cudnn) if cudnn else None,
        architectures=(
            row("7.0", "9.0", "12.9", last_cudnn="9.10.2"),
            row("12.0", "12.8", None, first_cudnn="9.7.0"),
        ),
    )


def row(
    capability: str, first: str, last: str | None, *, first_cudnn: str | None = None, last_cudnn: str | None = None
) -> ArchitectureRow:
    return ArchitectureRow(
        capability=ComputeCapability.parse(capability),
        generation="",
        minimum_cuda=CudaVersion.parse(first),
        maximum_cuda=CudaVersion.parse(last) if last else None,
        minimum_driver_branch=None,
        maximum_driver_branch=None,
        minimum_cudnn=Version(first_cudnn) if first_cudnn else None,
        maximum_cudnn=Version(last_cudnn) if last_cudnn else None,
        open_kernel_module_only=False,
        provenance=Provenance(evidence=Evidence.REPORT, source="", verified=""),
    )


@pytest.mark.parametrize(
    ("name", "release", "gpu_capability", "kind"),
    [
        ("libcusparse.so.12", known(toolkit="13.2"), "7.0", "none"),
        ("libcusparse.so.12", known(toolkit="12.9"), "7.0", "sass"),
        ("libcusparse.so.12", known(), "7.0", "sass"),
        ("libcudnn_ops.so.9", known(cudnn="9.11.0"), "7.0", "none"),
        ("libcudnn_ops.so.9", known(cudnn="9.10.2.21"), "7.0", "sass"),
        ("libcudnn_ops.so.9", known(cudnn="9.1.0"), "12.0", "none"),
        ("libcudnn_ops.so.9", known(cudnn="9.12.0"), "12.0", "ptx"),
        ("libcutensor.so.2", known(toolkit="13.2"), "7.0", "sass"),
        ("libtorch_cuda.so", known(toolkit="13.2"), "7.0", "sass"),
    ],
)
def test_what_is_known_of_a_release_counts_more_than_what_is_left_in_a_file(
    name: str, release: KnownLibraries, gpu_capability: str, kind: str
) -> None:
    leftover = library(("sm_70 compute_70", 3))
    ((_, found),) = verdicts_for(name, leftover, [gpu("card", gpu_capability)], Circumstances(known=release))
    assert (found.kind, found.reason) == (kind, "dropped-by-release" if kind == "none" else None)


def test_a_library_whose_ptx_waits_for_a_driver_is_told_apart() -> None:
    waiting = LibraryVerdict(
        kind="none", share=0.0, reason="ptx-needs-newer-driver", needs_cuda=CudaVersion(major=13, minor=2)
    )
    file = replace(judged("ext.so", "none"), verdicts=(("card", waiting),))
    found = uncovered([file], [gpu("card", "12.0")], driver_cuda=CudaVersion(major=12, minor=8))
    assert found == (
        Notice.of(
            "library-ptx-needs-newer-driver",
            gpu="card (12.0)",
            files=("ext.so",),
            packages=("kit",),
            cuda="13.2",
            driver_cuda="12.8",
        ),
    )
