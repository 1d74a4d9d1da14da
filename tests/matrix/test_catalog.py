"""Finding matrices and loading one of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.errors import GpuenvError, UsageError
from gpuenv.matrix import shelf
from gpuenv.matrix.catalog import load_gpu_models, load_matrix
from gpuenv.matrix.shelf import available_matrices, find_matrix
from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion, DriverVersion
from gpuenv.models.extension import Extension, SourceBuild
from gpuenv.models.matrix import (
    ArchitectureRow,
    CompanionRelease,
    CompatibilityMatrix,
    CudaRelease,
    CudnnRelease,
    Evidence,
    FirstSeen,
    GpuModel,
    NightlyChannel,
    OnnxRuntimeBuild,
    Provenance,
    TorchBuild,
)
from gpuenv.models.platform import PythonVersion
from gpuenv.models.triton import TritonRelease

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALL = Path(__file__).parent.parent / "data" / "matrix" / "small"
DATE = "2026-12-01"


def capability(text: str) -> ComputeCapability:
    return ComputeCapability.parse(text)


def codes(text: str) -> frozenset[Architecture]:
    return frozenset(Architecture.parse(word) for word in text.split())


def pythons(words: Iterable[str]) -> tuple[PythonVersion, ...]:
    return tuple(PythonVersion.parse(word) for word in words)


def known_by(evidence: Evidence, source: str, verified: str = DATE) -> Provenance:
    return Provenance(evidence=evidence, source=source, verified=verified)


NVIDIA_NOTES = known_by(Evidence.RELEASE_NOTES, "NVIDIA release notes")
NVIDIA = known_by(Evidence.RELEASE_NOTES, "NVIDIA")
IDS = known_by(Evidence.RELEASE_NOTES, "open-gpu-kernel-modules")


def toolkit(version: str, *, linux: str | None, windows: str | None, floors: tuple[str, str]) -> CudaRelease:
    return CudaRelease(
        version=CudaVersion.parse(version),
        driver_linux=DriverVersion.parse(linux) if linux else None,
        driver_windows=DriverVersion.parse(windows) if windows else None,
        floor_linux=DriverVersion.parse(floors[0]),
        floor_windows=DriverVersion.parse(floors[1]),
        architectures=tuple(sorted(codes("75 90 100 120"))),
        provenance=NVIDIA_NOTES,
    )


def architecture(name: str, generation: str, cuda: str) -> ArchitectureRow:
    is_120 = name == "12.0"
    return ArchitectureRow(
        capability=capability(name),
        generation=generation,
        minimum_cuda=CudaVersion.parse(cuda),
        maximum_cuda=None,
        minimum_driver_branch=570 if is_120 else None,
        maximum_driver_branch=None,
        minimum_cudnn=Version("9.7.0") if is_120 else None,
        maximum_cudnn=None,
        open_kernel_module_only=is_120,
        provenance=NVIDIA,
    )


def test_a_folder_becomes_one_whole_value() -> None:
    assert load_matrix(str(SMALL), cwd=Path("/")) == CompatibilityMatrix(
        version="2026.12",
        released=DATE,
        architectures=(
            architecture("7.5", "Turing", "10.0"),
            architecture("9.0", "Hopper", "11.8"),
            architecture("10.0", "Blackwell", "12.8"),
            architecture("12.0", "Blackwell", "12.8"),
        ),
        cuda=(
            toolkit("12.8", linux="570.26", windows="570.65", floors=("525.60.13", "527.41")),
            toolkit("12.9", linux="575.51.03", windows="576.02", floors=("525.60.13", "527.41")),
            toolkit("13.5", linux=None, windows=None, floors=("580.65.06", "580")),
        ),
        torch=(
            TorchBuild(
                version=Version("2.9.1"),
                tag="cpu",
                platform="linux-aarch64",
                sass=frozenset(),
                ptx=frozenset(),
                ptx_is_known=True,
                python_min=PythonVersion(major=3, minor=10),
                python_max=PythonVersion(major=3, minor=14),
                free_threaded=pythons(["3.13t", "3.14t"]),
                local=None,
                on_pytorch_index=True,
                on_pypi=False,
                is_official=True,
                cudnn=None,
                provenance=known_by(Evidence.REPORT, "a listing"),
                cxx_standard=17,
                glibc=(2, 28),
            ),
            TorchBuild(
                version=Version("2.9.1"),
                tag="cu128",
                platform="linux-x86_64",
                sass=codes("75 90a 120"),
                ptx=codes("120"),
                ptx_is_known=True,
                python_min=PythonVersion(major=3, minor=10),
                python_max=PythonVersion(major=3, minor=14),
                free_threaded=pythons(["3.13t", "3.14t"]),
                local="cu128",
                on_pytorch_index=True,
                on_pypi=True,
                is_official=True,
                cudnn=Version("9.10.2.21"),
                provenance=known_by(Evidence.BINARY, "torch-2.9.1-cp311; a listing"),
                nccl=Version("2.27.5"),
                triton=SpecifierSet("==3.5.1"),
                cxx_standard=17,
                glibc=(2, 28),
            ),
            TorchBuild(
                version=Version("2.9.1"),
                tag="cu129",
                platform="linux-x86_64",
                sass=codes("75 120"),
                ptx=frozenset(),
                ptx_is_known=False,
                python_min=PythonVersion(major=3, minor=11),
                python_max=PythonVersion(major=3, minor=12),
                free_threaded=(),
                local="cu129",
                on_pytorch_index=True,
                on_pypi=False,
                is_official=False,
                cudnn=None,
                provenance=known_by(Evidence.BUILD_SCRIPT, "a listing", "2026-12-02"),
                triton=SpecifierSet("==3.5.1"),
                cxx_standard=17,
                disputed="sass 75, ptx none",
                glibc=(2, 34),
            ),
        ),
        companions=(
            CompanionRelease(
                project="torchvision",
                version=Version("0.24.1"),
                torch=SpecifierSet("==2.9.1"),
                tags=frozenset({"cpu", "cu128"}),
                on_pypi=True,
                provenance=known_by(Evidence.RELEASE_NOTES, "RELEASE.md 2.9"),
            ),
        ),
        onnxruntime=(
            OnnxRuntimeBuild(
                version=Version("1.22.0"),
                platform="linux-x86_64",
                cuda=CudaVersion(major=12, minor=8),
                cudnn_major=9,
                python_min=PythonVersion(major=3, minor=10),
                python_max=PythonVersion(major=3, minor=13),
                sass=codes("75 90"),
                ptx=codes("90"),
                extras=("cuda", "cudnn"),
                provenance=known_by(Evidence.BINARY_PARTIAL, "onnxruntime_gpu-1.22.0"),
                glibc=(2, 27),
            ),
        ),
        cudnn=(
            CudnnRelease(
                version=Version("9.11.0"),
                cuda_majors=(12, 13),
                capability_min=capability("7.5"),
                capability_max=capability("12.0"),
                provenance=known_by(Evidence.BINARY_PARTIAL, "fatbin headers"),
            ),
        ),
        nightly=(
            NightlyChannel(
                tag="nightly/cu132",
                is_live=True,
                sass=codes("75 120"),
                provenance=known_by(Evidence.RELEASE_NOTES, "RELEASE.md 2.9"),
                keeps=60,
            ),
        ),
        gpus=(
            GpuModel(
                name="NVIDIA GeForce RTX 5070 Ti",
                capability=capability("12.0"),
                pci_device_ids=("2C05",),
                provenance=IDS,
            ),
            GpuModel(
                name="NVIDIA GeForce RTX 5050 Laptop GPU",
                capability=capability("12.0"),
                pci_device_ids=("2D98", "2DD8"),
                provenance=IDS,
            ),
        ),
        triton=(
            TritonRelease(
                version=Version("3.5.1"),
                ptxas=CudaVersion(major=12, minor=8),
                ptxas_blackwell=CudaVersion(major=12, minor=9),
                provenance=known_by(Evidence.BINARY, "torch-2.9.1-cp311"),
            ),
        ),
        extensions=(
            Extension(
                package="xformers",
                wheels=("pypi",),
                binds_to_torch=True,
                pairs=((Version("0.0.34"), SpecifierSet("==2.10.0")), (Version("0.0.35"), SpecifierSet(">=2.10"))),
                sass=codes("75 90a"),
                ptx=codes("75"),
                first_with_sm_120=Version("0.0.36"),
                source_build=SourceBuild.WITHOUT_WHEEL,
                architecture_variable="TORCH_CUDA_ARCH_LIST",
                import_check="-m xformers.info",
                note="a note",
                provenance=known_by(Evidence.BINARY_PARTIAL, "its wheels"),
            ),
            Extension(
                package="torch-geometric",
                wheels=(),
                binds_to_torch=False,
                pairs=(),
                sass=frozenset(),
                ptx=frozenset(),
                first_with_sm_120=None,
                source_build=SourceBuild.NEVER,
                architecture_variable=None,
                import_check="import torch_geometric",
                note="",
                provenance=known_by(Evidence.BINARY_PARTIAL, "its wheels"),
            ),
        ),
        first_seen=(
            FirstSeen(driver=DriverVersion.parse("570.86.16"), gpus=("NVIDIA GeForce RTX 5090",), provenance=NVIDIA),
        ),
    )


def test_a_matrix_from_before_extensions_were_known_has_none(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "old")
    (tmp_path / "old" / "extensions.toml").unlink()
    assert load_matrix("old", cwd=tmp_path).extensions == ()


def test_triton_calls_its_second_assembler_from_blackwell_on() -> None:
    matrix = load_matrix(str(SMALL), cwd=Path("/"))
    release = matrix.triton_of(matrix.torch[1])
    assert release is not None
    assert [str(release.ptxas_for(capability(name))) for name in ("9.0", "10.0", "12.0")] == ["12.8", "12.9", "12.9"]
    assert matrix.triton_of(matrix.torch[0]) is None


def test_without_a_choice_the_newest_matrix_is_loaded(tmp_path: Path) -> None:
    newest = available_matrices()[0]
    assert load_matrix(None, cwd=tmp_path).version == newest.version
    assert find_matrix(newest.version, cwd=tmp_path) == newest.folder


def test_the_packaged_matrices_are_listed_newest_first() -> None:
    listed = [(matrix.version, matrix.released) for matrix in available_matrices()]
    assert ("2026.11", "2026-11-21") in listed
    assert listed == sorted(listed, reverse=True)


def test_the_newest_is_the_newest_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("2026.9", "2026.11", "2026.11.2", "2026.11.10", "2025.12"):
        folder = tmp_path / f"matrix-{version}"
        shutil.copytree(SMALL, folder)
        manifest = (folder / "manifest.toml").read_text(encoding="utf-8")
        (folder / "manifest.toml").write_text(manifest.replace('"2026.12"', f'"{version}"'), encoding="utf-8")
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(shelf, "_shelf", lambda: tmp_path)
    assert [matrix.version for matrix in available_matrices()] == [
        "2026.11.10",
        "2026.11.2",
        "2026.11",
        "2026.9",
        "2025.12",
    ]
    assert find_matrix(None, cwd=tmp_path) == tmp_path / "matrix-2026.11.10"


def test_a_folder_is_found_relative_to_where_the_user_is(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "ours" / "gpu")
    assert find_matrix("ours/gpu", cwd=tmp_path) == tmp_path / "ours" / "gpu"


def test_the_names_of_gpus_can_be_loaded_alone(tmp_path: Path) -> None:
    assert load_gpu_models(str(SMALL), cwd=tmp_path) == load_matrix(str(SMALL), cwd=tmp_path).gpus


@pytest.mark.parametrize("choice", ["2026.10", "2026.99.1", "no-such-folder", ""])
def test_an_unknown_matrix_is_a_usage_error_that_names_those_there_are(choice: str, tmp_path: Path) -> None:
    if choice == "":
        (tmp_path / "file").write_text("", encoding="utf-8")
        choice = "file"
    with pytest.raises(UsageError) as caught:
        load_matrix(choice, cwd=tmp_path)
    assert caught.value.code == "unknown-matrix"
    assert caught.value.context["matrix"] == choice
    assert "2026.11" in (caught.value.context["near"] or ())  # type: ignore[operator]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    shutil.copytree(SMALL, folder)
    (folder / "cuda.toml").unlink()
    with pytest.raises(GpuenvError) as caught:
        load_matrix(str(folder), cwd=tmp_path)
    assert (caught.value.code, caught.value.context) == (
        "matrix-file-missing",
        {"file": str(folder / "cuda.toml")},
    )


def test_a_folder_in_the_place_of_a_file_is_a_coded_error(tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    shutil.copytree(SMALL, folder)
    (folder / "cuda.toml").unlink()
    (folder / "cuda.toml").mkdir()
    with pytest.raises(GpuenvError) as caught:
        load_matrix(str(folder), cwd=tmp_path)
    assert caught.value.code == "matrix-file-unreadable"


def test_a_matrix_of_another_schema_is_refused_by_its_number(tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    shutil.copytree(SMALL, folder)
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("schema = 1", "schema = 2"), encoding="utf-8")
    with pytest.raises(GpuenvError) as caught:
        load_matrix(str(folder), cwd=tmp_path)
    assert (caught.value.code, caught.value.context) == (
        "matrix-schema-unsupported",
        {"file": str(manifest), "schema": 2, "supported": 1},
    )
