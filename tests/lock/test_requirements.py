"""The text of a locked requirements file: sources, pins, hashes, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.requirements import render_requirements
from gpuenv.models.cuda import Architecture, DriverVersion
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.resolution import Coverage, DriverFit, Pin, Resolution
from support.machines import PYPI, PYTORCH, target

GTX_1080_TI = target("6.1", platform="windows-x86_64", python="3.12")


def pin(project: str, version: str, *, source: Source = PYTORCH, tag: str | None = "cu126") -> Pin:
    return Pin(project=project, version=Version(version), tag=tag, source=source, evidence=Evidence.BINARY)


def resolution(*pins: Pin) -> Resolution:
    return Resolution(
        torch=None,
        pins=pins,
        coverage=(Coverage(gpu=GTX_1080_TI.gpus[0], kind="sass", via=Architecture.parse("61")),),
        driver_fit=DriverFit.UNKNOWN,
        minimum_driver=DriverVersion.parse("528.33"),
        cudnn=None,
    )


def package(project: str, version: str, *hashes: str, **more: object) -> LockedPackage:
    made = LockedPackage(project=project, version=Version(version), hashes=tuple(hashes))
    return replace(made, **more)  # type: ignore[arg-type]


def rendered(chosen: Resolution, *closure: LockedPackage) -> str:
    return render_requirements(chosen, closure, target=GTX_1080_TI, matrix_version="2026.11")


TORCH = pin("torch", "2.14.1+cu126")
VISION = pin("torchvision", "0.29.1", tag=None)
CLOSURE = (
    package("torch", "2.14.1+cu126", "sha256:bb", "sha256:aa"),
    package("torchvision", "0.29.1", "sha256:cc"),
    package("colorama", "0.4.6", "sha256:dd", marker="os_name == 'nt'"),
    package("httpx", "1.0", "sha256:ee", extras=("http2", "brotli")),
)
EXPECTED = """\
# gpuenv lock, format 1
# gpu: sm_61; 6.1; sass sm_61
# driver: >=528.33
# platform: windows-x86_64
# python: 3.12
# torch: 2.14.1+cu126; cu126
# matrix: 2026.11
#
--find-links https://download.pytorch.org/whl/cu126/torch/
--find-links https://download.pytorch.org/whl/cu126/torchvision/

colorama==0.4.6 ; os_name == 'nt' \\
    --hash=sha256:dd
httpx[brotli,http2]==1.0 \\
    --hash=sha256:ee
torch==2.14.1+cu126 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
torchvision===0.29.1 \\
    --hash=sha256:cc
"""


def test_a_lock_names_the_machine_the_pages_and_every_package() -> None:
    assert rendered(resolution(TORCH, VISION), *CLOSURE) == EXPECTED


def test_a_line_break_in_the_name_of_a_gpu_adds_no_line() -> None:
    named = replace(GTX_1080_TI.gpus[0], name="GTX\n--index-url https://example.invalid\u2028 Ti")
    chosen = resolution(TORCH)
    chosen = replace(chosen, coverage=(replace(chosen.coverage[0], gpu=named),))
    lines = rendered(chosen, CLOSURE[0]).splitlines()
    assert lines[1] == "# gpu: GTX --index-url https://example.invalid Ti; 6.1; sass sm_61"


def test_the_order_of_the_closure_does_not_matter() -> None:
    assert rendered(resolution(TORCH, VISION), *reversed(CLOSURE)) == EXPECTED


def test_the_default_index_is_not_named() -> None:
    text = rendered(resolution(pin("torch", "2.7.1", source=PYPI)), package("torch", "2.7.1", "sha256:aa"))
    assert text.partition("#\n")[2] == "torch===2.7.1 \\\n    --hash=sha256:aa\n"


def test_a_dependency_with_a_local_label_comes_from_torchs_own_index() -> None:
    chosen = resolution(pin("torch", "2.16.0.dev20261120+cu132", tag="nightly/cu132"))
    text = rendered(
        chosen,
        package("torch", "2.16.0.dev20261120+cu132", "sha256:aa"),
        package("triton", "3.9.0+git12345678", "sha256:bb"),
    )
    assert [line for line in text.splitlines() if line.startswith("--find")] == [
        "--find-links https://download.pytorch.org/whl/nightly/cu132/torch/",
        "--find-links https://download.pytorch.org/whl/nightly/cu132/triton/",
    ]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (SourceKind.PYTORCH, "--find-links https://mirror.example/whl/cu126/torch/"),
        (SourceKind.FIND_LINKS, "--find-links https://mirror.example/whl/"),
    ],
)
def test_credentials_stay_out(kind: SourceKind, line: str) -> None:
    source = Source(kind=kind, location="https://user:secret@mirror.example/whl/")
    text = rendered(resolution(pin("torch", "2.14.1+cu126", source=source)), CLOSURE[0])
    assert line in text.splitlines()
    assert "secret" not in text


def test_packages_without_a_hash_are_refused_by_name() -> None:
    with pytest.raises(GpuenvError) as refused:
        rendered(resolution(TORCH), CLOSURE[0], package("numpy", "2.0"), package("six", "1.17"))
    assert (refused.value.code, refused.value.context) == ("lock-hash-missing", {"packages": ("numpy", "six")})


@pytest.mark.parametrize("folder", ["/srv/wheels", "file:///srv/wheels", r"C:\wheels"])
@pytest.mark.parametrize("kind", [SourceKind.PYTORCH, SourceKind.FIND_LINKS])
def test_a_build_from_a_folder_is_refused(folder: str, kind: SourceKind) -> None:
    source = Source(kind=kind, location=folder)
    with pytest.raises(GpuenvError) as refused:
        rendered(resolution(pin("torch", "2.14.1+cu126", source=source)), CLOSURE[0])
    assert (refused.value.code, refused.value.context) == (
        "lock-source-is-local",
        {"project": "torch", "folder": folder},
    )


@pytest.mark.parametrize(
    ("closure", "found"), [((), None), ((package("torch", "2.14.1+cpu", "sha256:aa"),), "2.14.1+cpu")]
)
def test_a_closure_that_left_the_chosen_build_is_refused(closure: tuple[LockedPackage, ...], found: str | None) -> None:
    with pytest.raises(GpuenvError) as refused:
        rendered(resolution(TORCH), *closure)
    assert (refused.value.code, refused.value.context) == (
        "lock-pin-not-resolved",
        {"requirement": "torch==2.14.1+cu126", "found": found},
    )


def test_a_mirror_with_one_page_per_tag_is_named_by_that_page() -> None:
    mirror = Source(kind=SourceKind.PYTORCH, location="https://mirror.example/wheels")
    flat = replace(TORCH, source=mirror, is_flat=True)
    text = rendered(resolution(flat), package("torch", "2.14.1+cu126", "sha256:aa"))
    assert [line for line in text.splitlines() if line.startswith("--")] == [
        "--find-links https://mirror.example/wheels/cu126/"
    ]
