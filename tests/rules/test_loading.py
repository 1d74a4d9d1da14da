from __future__ import annotations

import pytest

from gpuenv.models.binaries import CodeSummary, InspectedFile, JudgedFile, MainSet
from gpuenv.models.loading import LibraryNeeds, SharedFile
from gpuenv.models.notice import Notice
from gpuenv.rules.loading import brought_by, cuda_major, cuda_majors, mixed_majors, shared_files, unloadable


def needs(*names: str) -> LibraryNeeds:
    return LibraryNeeds(libraries=names)


def judged(path: str, *, objects: int = 1) -> JudgedFile:
    return JudgedFile(
        file=InspectedFile(
            path=path, distribution="kit", summary=CodeSummary(containers=1, objects=objects, sass=(), ptx=())
        ),
        main=MainSet(sass=(), ptx=(), extra_sass=(), extra_ptx=()),
    )


@pytest.mark.parametrize(
    ("name", "cuda", "package"),
    [
        ("libcublasLt.so.12", 12, "nvidia-cublas-cu12"),
        ("cublas64_12.dll", 12, "nvidia-cublas-cu12"),
        ("libcurand.so.10", 13, "nvidia-curand"),
        ("libcudnn.so.9", 12, "nvidia-cudnn-cu12"),
        ("libcudnn_ops.so.9", 13, "nvidia-cudnn-cu13"),
        ("cudnn64_9.dll", 13, "nvidia-cudnn-cu13"),
        ("libnccl.so.2", 13, "nvidia-nccl-cu13"),
        ("libnvJitLink.so.13", 13, "nvidia-nvjitlink"),
        ("libcusparse.so.12", 12, "nvidia-cusparse-cu12"),
        ("libcurand.so.10", None, None),
        ("libibverbs.so.1", 12, None),
    ],
)
def test_the_package_that_brings_a_library_is_known(name: str, cuda: int | None, package: str | None) -> None:
    assert brought_by(name, cuda) == package


@pytest.mark.parametrize(
    ("name", "major"),
    [
        ("libcudart.so.12", 12),
        ("libcublasLt.so.13", 13),
        ("libcudart.so.11.0", 11),
        ("cudart64_110.dll", 11),
        ("cudart64_12.dll", 12),
        ("nvrtc64_120_0.dll", 12),
        ("cublasLt64_13.dll", 13),
        ("nvJitLink_120_0.dll", 12),
        ("libcusparse.so.12", None),
        ("libc.so.6", None),
    ],
)
def test_the_names_of_some_libraries_carry_the_cuda_major(name: str, major: int | None) -> None:
    assert cuda_major(needs("libm.so.6", name)) == major


def test_what_cannot_be_loaded_is_told_with_what_brings_the_rest() -> None:
    files = [
        judged("/env/libprovider.so"),
        judged("/env/libplain.so", objects=0),
        judged("/env/libcufile.so.0"),
        judged("/env/libfine.so"),
    ]
    everyone = tuple(file.file.path for file in files[:3])
    found = unloadable(
        files,
        {"libcurand.so.10": everyone, "libcufft.so.12": everyone[:1], "libodd.so": everyone[1:2]},
        {file.file.path: needs("libcudart.so.13") for file in files},
        environment="/env",
    )
    assert found == (
        Notice.of(
            "gpu-library-cannot-load",
            file="libprovider.so",
            distribution="kit",
            libraries=("libcurand.so.10", "libcufft.so.12"),
            packages="nvidia-curand nvidia-cufft",
            environment="/env",
        ),
    )


def test_a_missing_msvc_runtime_is_one_fault_of_the_machine() -> None:
    dll = judged("C:/env/onnxruntime_providers_cuda.dll")
    found = unloadable(
        [dll],
        {"MSVCP140.dll": (dll.file.path, "x.pyd"), "VCRUNTIME140_1.dll": ("x.pyd",)},
        {dll.file.path: needs()},
        environment="C:/env",
    )
    assert found == (Notice.of("msvc-runtime-not-found", libraries=("MSVCP140.dll", "VCRUNTIME140_1.dll")),)


TORCH_13, ORT_12 = ("torch", needs("libcudart.so.13")), ("onnxruntime-gpu", needs("libcublas.so.12"))
BNB = [("bitsandbytes", needs("libcudart.so.12")), ("bitsandbytes", needs("libcudart.so.13"))]


def test_distributions_of_two_cuda_majors_are_a_mixture() -> None:
    majors = cuda_majors(
        [TORCH_13, ORT_12, ("nvidia-cudnn-cu12", needs("libcublas.so.12")), (None, needs("libcudart.so.11.0"))]
    )
    assert majors == ((12, ("onnxruntime-gpu",)), (13, ("torch",)))
    assert mixed_majors(majors) == (
        Notice.of("cuda-majors-mixed", majors=("CUDA 12: onnxruntime-gpu", "CUDA 13: torch")),
    )


def test_a_distribution_that_brings_a_library_for_each_major_mixes_nothing() -> None:
    majors = cuda_majors([TORCH_13, *BNB])
    assert majors == ((12, ("bitsandbytes",)), (13, ("bitsandbytes", "torch")))
    assert mixed_majors(majors) == ()
    assert mixed_majors(cuda_majors([TORCH_13])) == ()


def test_files_of_the_same_packages_are_one_warning() -> None:
    files = [SharedFile(path=path, distributions=("onnxruntime", "onnxruntime-gpu")) for path in ("/a.so", "/b.so")]
    expected = Notice.of("packages-share-files", packages=("onnxruntime", "onnxruntime-gpu"), path="/a.so")
    assert list(shared_files(files)) == [expected]
