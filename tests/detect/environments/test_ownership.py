from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.detect.environments.distributions import read_installed
from gpuenv.detect.environments.ownership import find_shared_folders, parse_record
from gpuenv.models.environment import SharedFolder
from support.machine_roots import write

if TYPE_CHECKING:
    from pathlib import Path


def install(site: Path, name: str, files: dict[str, str]) -> None:
    info = site / f"{name}-1.0.dist-info"
    write(info / "METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
    lines = [f"{path},sha256={digest},10" for path, digest in files.items()]
    write(info / "RECORD", "\n".join([*lines, f"{info.name}/RECORD,,"]) + "\n")


def shared(site: Path) -> tuple[SharedFolder, ...]:
    return find_shared_folders(read_installed((site,)).distributions)


def test_packages_that_wrote_different_files_into_one_folder_are_named(tmp_path: Path) -> None:
    install(tmp_path, "onnxruntime", {"onnxruntime/__init__.py": "a", "onnxruntime/capi/x.so": "cpu"})
    install(tmp_path, "onnxruntime_gpu", {"onnxruntime/__init__.py": "a", "onnxruntime/capi/x.so": "gpu"})
    assert shared(tmp_path) == (SharedFolder(name="onnxruntime", owners=("onnxruntime", "onnxruntime-gpu")),)


def test_a_namespace_that_many_packages_fill_is_no_fault(tmp_path: Path) -> None:
    install(tmp_path, "nvidia_cudnn_cu12", {"nvidia/__init__.py": "", "nvidia/cudnn/lib/libcudnn.so.9": "a"})
    install(tmp_path, "nvidia_cublas_cu12", {"nvidia/__init__.py": "", "nvidia/cublas/lib/libcublas.so.12": "b"})
    install(tmp_path, "six", {"six.py": "c", "../../../bin/tool": "d"})
    install(tmp_path, "sixer", {"six.py": "e", "../../../bin/tool": "f"})
    assert shared(tmp_path) == ()


def test_compiled_files_and_the_distributions_own_are_not_compared() -> None:
    record = 'a/__pycache__/x.pyc,,\na-1.0.dist-info/METADATA,sha256=x,1\n"a/with, comma.py",sha256=y,2\n'
    assert parse_record(record) == {"a/with, comma.py": "sha256=y"}
