"""What a resolution asks of a uv project: the extra's name, its requirements, and the index of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.lock.uv_extra import UvExtra, UvIndex, make_uv_extra
from gpuenv.models.cuda import Architecture
from gpuenv.models.execution import LockedPackage
from gpuenv.models.index import Source, SourceKind
from gpuenv.models.matrix import Evidence
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Coverage, DriverFit, Pin, Resolution
from gpuenv.resolve.resolver import resolve
from support.machines import PYPI, PYTORCH, matrix, request, tables, target

RTX_5090_LINUX = target("12.0", platform="linux-x86_64", python="3.12")
RTX_5090 = target("12.0", platform="windows-x86_64", python="3.12")
WHL = "https://download.pytorch.org/whl"


def pin(
    project: str, version: str, *, source: Source = PYTORCH, tag: str | None = "cu130", is_flat: bool = False
) -> Pin:
    return Pin(
        project=project,
        version=Version(version),
        tag=tag,
        source=source,
        evidence=Evidence.BINARY,
        is_flat=is_flat,
    )


def resolution(*pins: Pin) -> Resolution:
    return Resolution(
        torch=None,
        pins=pins,
        coverage=(Coverage(gpu=RTX_5090.gpus[0], kind="sass", via=Architecture.parse("120")),),
        driver_fit=DriverFit.UNKNOWN,
        minimum_driver=None,
        cudnn=None,
    )


def test_the_extra_is_named_by_the_tag_and_asks_each_index_for_the_public_version() -> None:
    chosen = replace(
        resolution(pin("torch", "2.15.0+cu130"), pin("torchaudio", "2.11.0", tag=None)),
        constraints=("nvidia-cudnn-cu13<9.20",),
        excluded=("onnxruntime",),
    )
    index = UvIndex(name="pytorch-cu130", url=f"{WHL}/cu130", is_flat=False)
    assert make_uv_extra(chosen, target=RTX_5090, others=("easyocr",), constraints=("numpy<2",)) == UvExtra(
        name="cu130",
        requirements=("torch==2.15.0", "torchaudio===2.11.0", "easyocr", "nvidia-cudnn-cu13<9.20"),
        oldest_python={},
        sources=(("torch", index), ("torchaudio", index)),
        environment={
            "platform_machine": "AMD64",
            "sys_platform": "win32",
            "os_name": "nt",
            "platform_system": "Windows",
            "python_version": "3.12",
            "python_full_version": "3.12.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        },
        platform_marker="sys_platform == 'win32' and platform_machine == 'AMD64'",
        constraints=("numpy<2",),
        excluded=("onnxruntime",),
    )


def test_builds_of_the_default_index_need_no_index_and_are_asked_for_exactly() -> None:
    extra = make_uv_extra(resolution(pin("torch", "2.15.0", source=PYPI, tag="cu132")), target=RTX_5090)
    assert (extra.name, extra.requirements, extra.sources) == ("cu132", ("torch===2.15.0",), ())


def test_a_nightly_brings_what_only_its_own_index_has() -> None:
    chosen = resolution(pin("torch", "2.16.0.dev20261120+cu132", tag="nightly/cu132"))
    closure = (
        LockedPackage(project="torch", version=Version("2.16.0.dev20261120+cu132")),
        LockedPackage(project="triton", version=Version("3.10.0+git1a2b")),
        LockedPackage(project="sympy", version=Version("1.14.0")),
    )
    extra = make_uv_extra(chosen, target=RTX_5090, closure=closure)
    index = UvIndex(name="pytorch-nightly-cu132", url=f"{WHL}/nightly/cu132", is_flat=False)
    assert (extra.name, extra.requirements, extra.sources) == (
        "nightly-cu132",
        ("torch==2.16.0.dev20261120", "triton==3.10.0+git1a2b"),
        (("torch", index), ("triton", index)),
    )


@pytest.mark.parametrize(
    ("made", "index"),
    [
        (
            pin(
                "torch",
                "2.15.0+cu130",
                source=Source(kind=SourceKind.PYTORCH, location="https://me:pw@mirror.example/t/"),
            ),
            UvIndex(name="pytorch-cu130", url="https://mirror.example/t/cu130", is_flat=False),
        ),
        (
            pin(
                "torch",
                "2.15.0+cu130",
                source=Source(kind=SourceKind.PYTORCH, location="https://mirror.example/t"),
                is_flat=True,
            ),
            UvIndex(name="pytorch-cu130", url="https://mirror.example/t/cu130/", is_flat=True),
        ),
        (
            pin(
                "torch",
                "2.15.0+cu130",
                source=Source(kind=SourceKind.FIND_LINKS, location="https://mirror.example/wheels.html"),
            ),
            UvIndex(name="pytorch-cu130", url="https://mirror.example/wheels.html", is_flat=True),
        ),
    ],
)
def test_a_mirror_is_named_as_it_is_read_without_its_password(made: Pin, index: UvIndex) -> None:
    assert make_uv_extra(resolution(made), target=RTX_5090).sources == (("torch", index),)


def test_a_folder_is_refused() -> None:
    local = pin("torch", "2.15.0+cu130", source=Source(kind=SourceKind.PYTORCH, location="/home/me/wheels"))
    with pytest.raises(GpuenvError, match="lock-source-is-local"):
        make_uv_extra(resolution(local), target=RTX_5090)


def test_the_pythons_that_have_wheels_are_those_of_each_build() -> None:
    asked = request("torch", "onnxruntime-gpu", policy=IndexPolicy.PYPI)
    chosen = resolve(asked, RTX_5090_LINUX, matrix(), tables=tables())
    assert isinstance(chosen, Resolution)
    assert chosen.torch is not None
    ort = chosen.pin("onnxruntime-gpu")
    assert ort is not None
    builds = [
        build for build in matrix().onnxruntime if (build.version, build.platform) == (ort.version, "linux-x86_64")
    ]
    extra = make_uv_extra(chosen, target=RTX_5090_LINUX, onnxruntime=matrix().onnxruntime)
    assert extra.oldest_python == {
        f"torch==={chosen.torch.build.version}": chosen.torch.build.python_min,
        ort.requirement: min(build.python_min for build in builds),
    }
