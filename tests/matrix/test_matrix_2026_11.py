"""The rows of matrix 2026.11: spot rows against their sources, and laws over all rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.validate import validate_folder
from gpuenv.models.cuda import ComputeCapability, CudaVersion
from gpuenv.models.extension import ExtensionRelease
from gpuenv.models.platform import PLATFORM_NAMES

if TYPE_CHECKING:
    from packaging.tags import Tag

    from gpuenv.models.matrix import CompatibilityMatrix, OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.platform import PlatformName

DATA = Path(__file__).parent.parent / "data"
LINUX, ARM, WINDOWS, MACOS = "linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"

RELEASES = (
    *("2.0.0", "2.0.1", "2.1.0", "2.1.1", "2.1.2", "2.2.0", "2.2.1", "2.2.2", "2.3.0", "2.3.1", "2.4.0", "2.4.1"),
    *("2.5.0", "2.5.1", "2.6.0", "2.7.0", "2.7.1", "2.8.0", "2.9.0", "2.9.1", "2.10.0", "2.11.0", "2.12.0", "2.12.1"),
    *("2.13.0", "2.14.0", "2.14.1", "2.15.0"),
)

TAGS = {
    LINUX: {
        **dict.fromkeys(("2.0.0", "2.0.1"), "cu117 cu118"),
        **dict.fromkeys(("2.1.0", "2.1.1", "2.1.2", "2.2.0", "2.2.1", "2.2.2", "2.3.0", "2.3.1"), "cu118 cu121"),
        **dict.fromkeys(("2.4.0", "2.4.1", "2.5.0", "2.5.1"), "cu118 cu121 cu124"),
        "2.6.0": "cu118 cu124 cu126",
        **dict.fromkeys(("2.7.0", "2.7.1"), "cu118 cu126 cu128"),
        "2.8.0": "cu126 cu128 cu129",
        **dict.fromkeys(("2.9.0", "2.9.1", "2.10.0", "2.11.0"), "cu126 cu128 cu129 cu130"),
        "2.12.0": "cu126 cu130 cu132",
        **dict.fromkeys(("2.12.1", "2.13.0"), "cu126 cu129 cu130 cu132"),
        **dict.fromkeys(("2.14.0", "2.14.1"), "cu126 cu130 cu132"),
        "2.15.0": "cu130 cu132",
    },
    ARM: {
        **dict.fromkeys(("2.4.1", "2.5.0", "2.5.1"), "cu124"),
        "2.6.0": "cu126",
        **dict.fromkeys(("2.7.0", "2.7.1"), "cu128"),
        "2.8.0": "cu129",
        **dict.fromkeys(("2.9.0", "2.9.1", "2.10.0", "2.11.0"), "cu126 cu128 cu129 cu130"),
        "2.12.0": "cu126 cu130 cu132",
        **dict.fromkeys(("2.12.1", "2.13.0"), "cu126 cu129 cu130 cu132"),
        **dict.fromkeys(("2.14.0", "2.14.1"), "cu126 cu130 cu132"),
        "2.15.0": "cu130 cu132",
    },
    WINDOWS: {
        **dict.fromkeys(("2.0.0", "2.0.1"), "cu117 cu118"),
        **dict.fromkeys(("2.1.0", "2.1.1", "2.1.2", "2.2.0", "2.2.1", "2.2.2", "2.3.0", "2.3.1"), "cu118 cu121"),
        **dict.fromkeys(("2.4.0", "2.4.1", "2.5.0", "2.5.1"), "cu118 cu121 cu124"),
        "2.6.0": "cu118 cu124 cu126",
        **dict.fromkeys(("2.7.0", "2.7.1"), "cu118 cu126 cu128"),
        "2.8.0": "cu126 cu128 cu129",
        "2.9.0": "cu126 cu128 cu129 cu130",
        **dict.fromkeys(("2.9.1", "2.10.0", "2.11.0"), "cu126 cu128 cu130"),
        **dict.fromkeys(("2.12.0", "2.12.1", "2.13.0", "2.14.0", "2.14.1"), "cu126 cu130 cu132"),
        "2.15.0": "cu130 cu132",
    },
    MACOS: {},
}
"""CUDA tags by platform and release (availability of 2026-05-15, listings, RELEASE.md); `cpu` is everywhere."""

PYPI_TAGS = {
    LINUX: (
        ("2.1", "cu117"),
        ("2.5", "cu121"),
        ("2.7", "cu124"),
        ("2.8", "cu126"),
        ("2.11", "cu128"),
        ("2.15", "cu130"),
        ("3", "cu132"),
    ),
    ARM: (("2.11", "cpu"), ("2.15", "cu130"), ("3", "cu132")),
    WINDOWS: (("3", "cpu"),),
    MACOS: (("3", "cpu"),),
}
"""Per platform, before which version PyPI's build has which tag (metadata, and `torch/version.py` of the wheels)."""


@cache
def matrix() -> CompatibilityMatrix:
    return load_matrix("2026.11", cwd=Path("/"))


@cache
def builds() -> dict[tuple[str, str, str], TorchBuild]:
    return {(str(build.version), build.tag, build.platform): build for build in matrix().torch}


def test_the_matrix_is_whole_and_agrees_with_itself() -> None:
    assert validate_folder(Path(__file__).parents[2] / "matrices" / "2026.11") == ()


def test_no_build_is_listed_twice() -> None:
    counts = Counter((build.version, build.tag, build.platform) for build in matrix().torch)
    assert [key for key, count in counts.items() if count > 1] == []


def test_releases_ascend_and_none_is_missing() -> None:
    versions = [build.version for build in matrix().torch]
    assert versions == sorted(versions)
    assert [str(version) for version in dict.fromkeys(versions)] == list(RELEASES)


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
def test_every_release_has_exactly_the_tags_that_were_published(platform: PlatformName) -> None:
    found = {
        release: " ".join(sorted(tag for version, tag, on in builds() if (version, on) == (release, platform)))
        for release in RELEASES
    }
    assert found == {release: f"cpu {TAGS[platform].get(release, '')}".strip() for release in RELEASES}


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
def test_pypi_carries_one_build_per_release_and_platform(platform: PlatformName) -> None:
    found = [
        (str(build.version), build.tag) for build in matrix().torch if build.platform == platform and build.on_pypi
    ]
    expected = [
        (release, next(tag for before, tag in PYPI_TAGS[platform] if Version(release) < Version(before)))
        for release in RELEASES
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("version", "tag", "platform", "sass", "ptx", "evidence"),
    [
        ("2.14.1", "cu130", LINUX, "75 80 86 90 100 120", "", "binary"),
        ("2.14.1", "cu126", LINUX, "50 60 70 75 80 86 90", "", "build-script"),
        ("2.15.0", "cu132", ARM, "80 90 100 110 120", "", "binary"),
        ("2.11.0", "cu128", LINUX, "75 80 86 90 100 120", "", "report"),
        ("2.10.0", "cu128", LINUX, "70 75 80 86 90 100 120", "", "binary"),
        ("2.10.0", "cu130", ARM, "80 90 100 110 120", "120", "report"),
        ("2.8.0", "cu128", WINDOWS, "61 70 75 80 86 90 100 120", "", "report"),
        ("2.7.1", "cu128", LINUX, "75 80 86 90 100 120", "120", "report"),
        ("2.7.1", "cu128", WINDOWS, "50 60 61 70 75 80 86 90 100 120", "", "report"),
        ("2.7.1", "cu126", LINUX, "50 60 70 75 80 86 90", "", "binary"),
        ("2.6.0", "cu126", ARM, "90", "", "build-script"),
        ("2.0.1", "cu117", LINUX, "37 50 60 70 75 80 86", "", "binary"),
        ("2.0.0", "cu118", WINDOWS, "37 50 60 61 70 75 80 86 90", "37", "build-script"),
        ("2.9.0", "cu129", ARM, "80 90 100 120", "?", "report"),
        ("2.12.1", "cu129", LINUX, "75 80 86 90 100 120", "?", "build-script"),
    ],
)
def test_spot_rows_have_the_code_that_their_source_tells(
    version: str, tag: str, platform: str, sass: str, ptx: str, evidence: str
) -> None:
    build = builds()[version, tag, platform]
    found_ptx = " ".join(str(code) for code in sorted(build.ptx)) if build.ptx_is_known else "?"
    assert (
        " ".join(str(code) for code in sorted(build.sass)),
        found_ptx,
        build.provenance.evidence.value,
        build.provenance.verified,
    ) == (sass, ptx, evidence, "2026-11-21")


def test_side_channels_are_the_cu129_builds_after_2_8() -> None:
    assert {(str(build.version), build.tag) for build in matrix().torch if not build.is_official} == {
        (version, "cu129") for version in ("2.9.0", "2.9.1", "2.10.0", "2.11.0", "2.12.1", "2.13.0")
    }


def test_every_recorded_wheel_belongs_to_a_row_with_its_local_label_and_python() -> None:
    """The listings that locks of public projects recorded; where PyPI has fewer Pythons, the row has PyPI's."""
    unmatched = []
    checked = 0
    with (DATA / "index" / "wheels.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not row["filename"].startswith("torch-") or not re.fullmatch(r"cu\d{3}|cpu|pypi", row["index"]):
                continue
            _, version, _, tags = parse_wheel_filename(row["filename"])
            platform = _platform(tags)
            if platform is None or version < Version("2.0"):
                continue
            checked += 1
            if not _is_described(row["index"], version, platform, tags):
                unmatched.append((row["index"], row["filename"]))
    assert checked > 1000
    assert unmatched == []


def _is_described(index: str, version: Version, platform: str, tags: frozenset[Tag]) -> bool:
    tag = next(iter(tags))
    python = (3, int(tag.interpreter.removeprefix("cp3")))
    for build in matrix().torch:
        if (build.version.public, build.platform) != (version.public, platform):
            continue
        is_listed = build.on_pypi if index == "pypi" else build.tag == index and build.local == version.local
        if not is_listed:
            continue
        serves = (
            (build.python_min.major, build.python_min.minor)
            <= python
            <= (
                build.python_max.major,
                build.python_max.minor,
            )
        )
        if tag.abi.endswith("t"):
            serves = f"3.{python[1]}t" in {str(found) for found in build.free_threaded}
        if serves or (index != "pypi" and build.on_pypi):
            return True
    # Some projects put wheels with a local label into their own lock under the default index.
    return index == "pypi" and version.local is not None


def _platform(tags: frozenset[Tag]) -> str | None:
    name = next(iter(tags)).platform
    ends = {"win_amd64": WINDOWS, "x86_64": LINUX, "aarch64": ARM}
    if "macosx" in name:
        return MACOS if name.endswith("arm64") else None
    return next((platform for end, platform in ends.items() if name.endswith(end)), None)


def test_every_torch_release_has_its_torchvision_and_up_to_2_11_its_torchaudio() -> None:
    pairs = {
        (companion.project, release): str(companion.version)
        for companion in matrix().companions
        for release in RELEASES
        if companion.torch.contains(release)
    }
    assert [release for release in RELEASES if ("torchvision", release) not in pairs] == []
    assert [release for release in RELEASES if ("torchaudio", release) not in pairs] == list(
        RELEASES[RELEASES.index("2.12.0") :]
    )
    assert pairs["torchvision", "2.10.0"] == "0.25.0"
    assert pairs["torchvision", "2.15.0"] == "0.29.2"
    assert pairs["torchaudio", "2.11.0"] == "2.11.0"


def test_companions_are_all_on_pypi_and_have_the_tags_of_their_torch() -> None:
    assert {companion.on_pypi for companion in matrix().companions} == {True}
    apart = {(found.project, str(found.version)): found.tags for found in matrix().companions if found.tags}
    # It goes with torch 2.14 too, and came out when the builds for cu126 had ended.
    assert apart == {("torchvision", "0.29.2"): {"cpu", "cu130", "cu132"}}


@pytest.mark.parametrize(
    ("version", "linux", "windows", "floor_linux", "floor_windows"),
    [
        ("11.8", "520.61.05", "520.06", "450.80.02", "452.39"),
        ("12.6", "560.28.03", "560.76", "525.60.13", "527.41"),
        ("12.8", "570.26", "570.65", "525.60.13", "527.41"),
        ("13.0", "580.65.06", "None", "580.65.06", "580"),
        ("13.5", "None", "None", "580.65.06", "580"),
    ],
)
def test_toolkits_have_the_drivers_of_nvidias_tables(
    version: str, linux: str, windows: str, floor_linux: str, floor_windows: str
) -> None:
    release = matrix().cuda_release(CudaVersion.parse(version))
    assert release is not None
    assert (
        str(release.driver_linux),
        str(release.driver_windows),
        str(release.floor_linux),
        str(release.floor_windows),
    ) == (linux, windows, floor_linux, floor_windows)


@pytest.mark.parametrize(
    ("capability", "generation", "cuda", "driver", "cudnn", "open_only"),
    [
        ("3.7", "Kepler", ("6.0", "11.8"), (None, 470), (None, "8.7.0"), False),
        ("6.1", "Pascal", ("8.0", "12.9"), (None, 580), (None, "9.10.2"), False),
        ("7.5", "Turing", ("10.0", None), (None, None), (None, None), False),
        ("8.6", "Ampere", ("11.1", None), (None, None), (None, None), False),
        ("9.0", "Hopper", ("11.8", None), (None, None), (None, None), False),
        ("10.1", "Blackwell", ("12.8", "12.9"), (None, None), (None, None), False),
        ("10.3", "Blackwell", ("12.9", None), (580, None), ("9.7.0", None), True),
        ("12.0", "Blackwell", ("12.8", None), (570, None), ("9.7.0", None), True),
    ],
)
def test_capabilities_need_what_their_sources_tell(
    capability: str,
    generation: str,
    cuda: tuple[str, str | None],
    driver: tuple[int | None, int | None],
    cudnn: tuple[str | None, str | None],
    *,
    open_only: bool,
) -> None:
    row = matrix().architecture(ComputeCapability.parse(capability))
    assert row is not None
    assert (
        row.generation,
        (str(row.minimum_cuda), row.maximum_cuda and str(row.maximum_cuda)),
        (row.minimum_driver_branch, row.maximum_driver_branch),
        tuple(version and str(version) for version in (row.minimum_cudnn, row.maximum_cudnn)),
        row.open_kernel_module_only,
    ) == (generation, cuda, driver, cudnn, open_only)


@pytest.mark.parametrize(
    ("version", "platform", "expected"),
    [
        ("1.31.1", LINUX, ("13.0", 9, "3.11", "3.14", "75 80 86 89 90a 120a", "", ("cuda", "cudnn"), "binary")),
        ("1.31.1", WINDOWS, ("13.0", 9, "3.11", "3.14", "75 80 86 89 120a", "", ("cuda", "cudnn"), "binary")),
        ("1.31.1", ARM, ("13.0", 9, "3.11", "3.14", "89 90a 120a 121a", "", ("cuda", "cudnn"), "binary")),
        ("1.27.0", LINUX, ("13.0", 9, "3.11", "3.14", "75 80 86 89 90a 100a 120a", "120", (), "binary")),
        ("1.26.0", LINUX, ("12.8", 9, "3.11", "3.14", "60 70 75 80 86 90a", "90", ("cuda", "cudnn"), "binary")),
        (
            "1.23.0",
            LINUX,
            ("12.2", 9, "3.10", "3.13", "60 70 75 80 86 90a", "90a", ("cuda", "cudnn"), "binary-partial"),
        ),
        ("1.16.3", LINUX, ("11.8", 8, "3.8", "3.11", "52 60 61 70 75 80", "52 60 61 70 75 80", (), "binary")),
    ],
)
def test_onnxruntime_rows_have_what_their_source_tells(
    version: str, platform: str, expected: tuple[object, ...]
) -> None:
    (build,) = [found for found in matrix().onnxruntime if (str(found.version), found.platform) == (version, platform)]
    assert (
        str(build.cuda),
        build.cudnn_major,
        str(build.python_min),
        str(build.python_max),
        " ".join(str(code) for code in sorted(build.sass)),
        " ".join(str(code) for code in sorted(build.ptx)),
        build.extras,
        build.provenance.evidence.value,
    ) == expected


def test_onnxruntime_is_listed_for_linux_and_windows_and_since_1_29_for_arm() -> None:
    by_platform: dict[str, list[Version]] = {platform: [] for platform in PLATFORM_NAMES}
    for build in matrix().onnxruntime:
        by_platform[build.platform].append(build.version)
    assert by_platform[LINUX] == by_platform[WINDOWS] == sorted(by_platform[LINUX])
    assert by_platform[ARM] == [version for version in by_platform[LINUX] if version >= Version("1.29")]
    assert by_platform[MACOS] == []


def test_live_nightly_channels_are_those_of_the_build_matrix() -> None:
    live = [channel.tag for channel in matrix().nightly if channel.is_live]
    assert live == ["nightly/cpu", "nightly/cu130", "nightly/cu132", "nightly/cu134"]


def test_every_pypi_build_for_linux_was_read_and_the_newest_patch_of_each_minor_as_a_whole() -> None:
    read: list[TorchBuild | OnnxRuntimeBuild] = [
        *(build for build in matrix().torch if build.on_pypi and build.cuda is not None and build.platform == LINUX),
        *(runtime for runtime in matrix().onnxruntime if runtime.platform in {LINUX, WINDOWS}),
    ]
    assert {build.provenance.evidence.value for build in read} == {"binary", "binary-partial"}
    newest: dict[tuple[object, ...], TorchBuild | OnnxRuntimeBuild] = {}
    for build in sorted(read, key=lambda build: build.version):
        newest[type(build), build.platform, build.version.release[:2]] = build
    partly = [
        f"{build.version} {build.platform}" for build in newest.values() if build.provenance.evidence.value != "binary"
    ]
    assert partly == []


@pytest.mark.parametrize(
    ("version", "tag", "platform", "triton", "ptxas", "nccl", "cxx"),
    [
        ("2.15.0", "cu132", LINUX, "3.9.0", ("12.9", "13.4"), "2.30.7", 20),
        ("2.14.1", "cu130", LINUX, "3.8.0", ("12.9", "13.3"), "2.30.7", 20),
        ("2.13.0", "cu130", ARM, "3.7.1", ("12.8", "13.1"), "2.29.7", 17),
        ("2.10.0", "cu130", LINUX, "3.6.0", ("12.8", "12.9"), "2.28.9", 17),
        ("2.7.1", "cu128", LINUX, "3.3.1", ("12.4", "12.8"), "2.26.2", 17),
        ("2.5.1", "cu124", LINUX, "3.1.0", ("12.4", "12.4"), "2.21.5", 17),
        ("2.15.0", "cu132", WINDOWS, None, None, None, 20),
        ("2.15.0", "cpu", LINUX, None, None, None, 20),
    ],
)
def test_builds_have_the_triton_nccl_and_c_plus_plus_standard_of_their_wheels(
    version: str,
    tag: str,
    platform: str,
    triton: str | None,
    ptxas: tuple[str, str] | None,
    nccl: str | None,
    cxx: int,
) -> None:
    build = builds()[version, tag, platform]
    release = matrix().triton_of(build)
    found = release and tuple(str(release.ptxas_for(ComputeCapability.parse(name))) for name in ("9.0", "12.0"))
    assert (release and str(release.version), found, build.nccl and str(build.nccl), build.cxx_standard) == (
        triton,
        ptxas,
        nccl,
        cxx,
    )


def test_live_nightly_channels_keep_sixty_versions() -> None:
    assert {channel.keeps for channel in matrix().nightly if channel.is_live} == {60}


def test_extensions_say_where_wheels_are_and_what_to_compile() -> None:
    extensions = {extension.package: extension for extension in matrix().extensions}
    assert len(extensions) == 31
    assert extensions["diff-gaussian-rasterization"].source_build.value == "always"
    assert extensions["xformers"].known_releases[0] == ExtensionRelease(
        version=Version("0.0.35"), torch=SpecifierSet(">=2.10"), tags=("cu12",), page_tags=("cu130",)
    )
    assert extensions["vllm"].known_releases[0].beside == (
        Requirement("torchvision==0.29.0"),
        Requirement("torchaudio==2.11.0"),
    )
    assert [release.torch for release in extensions["mmcv"].wheels_for] == [
        SpecifierSet("==2.4.*"),
        SpecifierSet("==2.3.*"),
    ]
    assert [name for name, row in extensions.items() if row.source_build.value == "never" and not row.wheels] == []


def test_cudnn_9_11_is_the_first_without_maxwell_to_volta() -> None:
    by_minimum = {str(release.version): str(release.capability_min) for release in matrix().cudnn}
    assert (by_minimum["9.10.2"], by_minimum["9.11.0"]) == ("5.0", "7.5")


def test_every_gpu_has_a_source_and_names_of_two_capabilities_are_few() -> None:
    capabilities: dict[str, set[ComputeCapability]] = {}
    for model in matrix().gpus:
        assert model.provenance.source
        capabilities.setdefault(model.name, set()).add(model.capability)
    assert len(matrix().gpus) == 542
    shared = {name: [str(one) for one in sorted(found)] for name, found in capabilities.items() if len(found) > 1}
    assert shared == {
        "NVIDIA GeForce GT 1030": ["3.0", "6.1"],
        "NVIDIA GeForce GT 720": ["3.0", "3.5"],
        "NVIDIA GeForce GT 730": ["3.0", "3.5"],
        "NVIDIA GeForce GT 730M": ["3.0", "3.5"],
        "NVIDIA GeForce GT 740M": ["3.0", "3.5"],
        "NVIDIA GeForce GTX 750 Ti": ["3.0", "5.0"],
        "NVIDIA GeForce GTX 860M": ["3.0", "5.0"],
    }
