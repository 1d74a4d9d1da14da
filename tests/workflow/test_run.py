from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.hardware import Gpu, Probe
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.workflow.run import library_folders, run_variables, search_folders

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName


def environment(
    root: Path,
    python: str = "bin/python",
    *,
    kind: Literal["venv", "conda", "portable", "system"] = "venv",
    platform: PlatformName = "linux-x86_64",
) -> Environment:
    return Environment(
        root=root,
        kind=kind,
        python=root / python,
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name=platform),
        site_packages=root / "lib",
        distributions=(),
    )


def gpu(capability: tuple[int, int], *, index: int = 0, uuid: str | None = None) -> Gpu:
    major, minor = capability
    found = ComputeCapability(major=major, minor=minor)
    return Gpu(name="a GPU", capabilities=(found,), probe=Probe.NVML, index=index, uuid=uuid)


def variables(
    root: Path,
    *,
    gpus: tuple[Gpu, ...] = (),
    is_selected: bool = False,
    constraints: Path | None = None,
    libraries: tuple[Path, ...] = (),
    platform: PlatformName = "linux-x86_64",
    **environ: str,
) -> dict[str, str]:
    return run_variables(
        environment(root, platform=platform),
        gpus=gpus,
        is_selected=is_selected,
        constraints=constraints,
        libraries=libraries,
        environ=environ,
    )


def test_without_a_gpu_only_the_environment_is_made_active() -> None:
    root = Path("/env")
    assert variables(root, PATH="/usr/bin", HOME="/home/me") == {
        "PATH": f"{root / 'bin'}{os.pathsep}/usr/bin",
        "VIRTUAL_ENV": str(root),
    }
    assert variables(root) == {"PATH": str(root / "bin"), "VIRTUAL_ENV": str(root)}


def test_builds_are_aimed_at_each_capability_once_and_visibility_is_left_alone() -> None:
    gpus = (gpu((12, 0), index=0), gpu((8, 6), index=1), gpu((8, 6), index=2))
    assert variables(Path("/env"), gpus=gpus, PATH="/bin", CUDA_VISIBLE_DEVICES="1") == {
        "PATH": f"{Path('/env/bin')}{os.pathsep}/bin",
        "VIRTUAL_ENV": str(Path("/env")),
        "TORCH_CUDA_ARCH_LIST": "8.6;12.0",
        "CMAKE_CUDA_ARCHITECTURES": "86;120",
    }


def test_selected_gpus_are_visible_by_uuid() -> None:
    made = variables(Path("/env"), gpus=(gpu((9, 0), uuid="GPU-1"), gpu((9, 0), uuid="GPU-2")), is_selected=True)
    assert made["CUDA_VISIBLE_DEVICES"] == "GPU-1,GPU-2"
    assert "CUDA_DEVICE_ORDER" not in made


def test_an_index_comes_with_the_order_that_it_counts_in() -> None:
    made = variables(Path("/env"), gpus=(gpu((9, 0), index=3),), is_selected=True)
    assert (made["CUDA_VISIBLE_DEVICES"], made["CUDA_DEVICE_ORDER"]) == ("3", "PCI_BUS_ID")


def holding(root: Path, *names: str, platform: PlatformName = "linux-x86_64") -> Environment:
    """An environment with these distributions, and the folders of NVIDIA's as their wheels lay them out."""
    found = tuple(
        InstalledDistribution(name=canonicalize_name(name), version=Version("1"), location=root) for name in names
    )
    for file in (
        *("cudnn/lib/libcudnn.so.9", "cu13/lib/libcublas.so.13", "cu13/include/cublas.h", "cudnn/bin/cudnn64_9.dll"),
        *("cu13/bin/x86_64/cublas64_13.dll", "nccl/lib/README"),
    ):
        path = root / "lib" / "nvidia" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return replace(environment(root, platform=platform), distributions=found)


def test_libraries_of_onnxruntime_are_named_only_where_torch_does_not_load_them(tmp_path: Path) -> None:
    nvidia = tmp_path / "lib" / "nvidia"
    assert library_folders(holding(tmp_path, "onnxruntime-gpu")) == (nvidia / "cu13" / "lib", nvidia / "cudnn" / "lib")
    assert library_folders(holding(tmp_path, "onnxruntime-gpu", platform="windows-x86_64")) == (
        nvidia / "cu13" / "bin" / "x86_64",
        nvidia / "cudnn" / "bin",
    )
    assert library_folders(holding(tmp_path, "onnxruntime-gpu", "torch")) == ()
    assert library_folders(holding(tmp_path, "onnxruntime")) == ()


def test_the_loader_looks_in_the_environment_before_the_users_own_folders() -> None:
    libraries = (Path("/env/lib/nvidia/cudnn/lib"), Path("/env/lib/nvidia/cu13/lib"))
    joined = os.pathsep.join(map(str, libraries))
    assert variables(Path("/env"), libraries=libraries)["LD_LIBRARY_PATH"] == joined
    made = variables(Path("/env"), libraries=libraries, LD_LIBRARY_PATH="/usr/local/cuda/lib64")
    assert made["LD_LIBRARY_PATH"] == f"{joined}{os.pathsep}/usr/local/cuda/lib64"
    on_windows = variables(Path("/env"), libraries=libraries, platform="windows-x86_64", PATH="C:")
    assert on_windows["PATH"] == os.pathsep.join([str(Path("/env/bin")), joined, "C:"])
    assert "LD_LIBRARY_PATH" not in on_windows


def test_constraints_join_those_that_are_set_already() -> None:
    made = variables(Path("/env"), constraints=Path("/env/.gpuenv/constraints.txt"), PIP_CONSTRAINT="mine.txt")
    assert made["PIP_CONSTRAINT"] == f"mine.txt {Path('/env/.gpuenv/constraints.txt')}"
    assert made["UV_CONSTRAINT"] == str(Path("/env/.gpuenv/constraints.txt"))


def test_constraints_below_a_folder_with_a_space_are_a_url() -> None:
    """pip and uv split the variable at white space; both read file URLs."""
    path = Path("/my env/.gpuenv/constraints.txt").absolute()
    made = variables(Path("/my env"), constraints=path)
    assert made["UV_CONSTRAINT"] == made["PIP_CONSTRAINT"] == path.as_uri()


@pytest.mark.parametrize(
    ("made", "folders"),
    [
        (environment(Path("/e")), ("bin",)),
        (environment(Path("/e"), "Scripts/python.exe", platform="windows-x86_64"), ("Scripts",)),
        (environment(Path("/e"), kind="conda"), ("bin",)),
        (
            environment(Path("/e"), "python.exe", kind="conda", platform="windows-x86_64"),
            (".", "Library/bin", "Scripts"),
        ),
        (environment(Path("/e"), "python.exe", kind="portable", platform="windows-x86_64"), (".", "Scripts")),
    ],
)
def test_programs_are_found_where_each_kind_of_environment_keeps_them(
    made: Environment, folders: tuple[str, ...]
) -> None:
    assert search_folders(made) == tuple(Path("/e") / folder for folder in folders)


def test_a_conda_prefix_is_named_as_such_and_a_portable_python_not_at_all() -> None:
    named = {
        kind: set(
            run_variables(environment(Path("/e"), kind=kind), gpus=(), is_selected=False, constraints=None, environ={})
        )
        for kind in ("conda", "portable", "system")
    }
    assert named == {"conda": {"PATH", "CONDA_PREFIX"}, "portable": {"PATH"}, "system": {"PATH"}}
