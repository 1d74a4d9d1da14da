from __future__ import annotations

import pytest

from gpuenv.binaries.filenames import distribution_of, is_loaded, is_native


@pytest.mark.parametrize(
    ("name", "native", "loaded"),
    [
        ("libc10.so", True, True),
        ("libcudart.so.13.0", True, True),
        ("_C.cpython-312-x86_64-linux-gnu.so", True, True),
        ("cudart64_12.DLL", True, True),
        ("_C.pyd", True, True),
        ("libx.a", True, False),
        ("sort_heap.so.h", False, False),
        ("notes.sorted", False, False),
        ("a.py", False, False),
    ],
)
def test_native_files_are_known_by_their_names(name: str, native: bool, loaded: bool) -> None:  # noqa: FBT001 - a table
    assert (is_native(name), is_loaded(name)) == (native, loaded)


def test_a_wheel_names_its_distribution() -> None:
    assert distribution_of("onnxruntime_gpu-1.31.1-cp312-cp312-win_amd64.whl") == "onnxruntime-gpu"
    assert distribution_of("libs.zip") is None
