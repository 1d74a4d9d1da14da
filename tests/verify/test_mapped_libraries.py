from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuenv.verify.session import PAYLOADS

DATA = Path(__file__).parent.parent / "data" / "verify"
NVIDIA = "/home/me/my venv/lib/python3.8/site-packages/nvidia"
WINDOWS = r"C:\env\Lib\site-packages"

KERNEL32 = """
#include <stdint.h>
#include <string.h>
#include <wchar.h>
static const wchar_t *modules[1500];
static int asked, loaded = 1025;  /* one more than there is room for at first */
void *GetCurrentProcess(void) { return (void *)-1; }
int K32EnumProcessModules(void *process, void **handles, uint32_t size, uint32_t *needed)
{
    if (process != (void *)-1) return 0;
    if (asked++) loaded = 1026;  /* loaded between two questions */
    for (int place = 0; place < loaded && (place + 1) * sizeof(void *) <= size; place++)
        handles[place] = (void *)(uintptr_t)(0x100000000 + place);  /* above 4 GiB, as on 64-bit Windows */
    *needed = loaded * sizeof(void *);
    return 1;
}
uint32_t K32GetModuleFileNameExW(void *process, void *module, wchar_t *path, uint32_t size)
{
    uintptr_t place = (uintptr_t)module - 0x100000000;
    if (process != (void *)-1 || place >= 1026) return 0;
    if (place == 3) return 0;  /* unloaded in the meantime */
    wcscpy(path, place == 1025 ? L"C:\\\\\\u5de5\\u5177\\\\cudnn64_9.dll" : L"C:\\\\Windows\\\\System32\\\\ntdll.dll");
    return wcslen(path);
}
"""


def load() -> Any:  # noqa: ANN401 - a module
    spec = importlib.util.spec_from_file_location("mapped_libraries", PAYLOADS / "mapped_libraries.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


payload = load()


def test_the_files_of_a_map_are_listed_once_also_below_a_folder_with_a_space() -> None:
    """Recorded from torch 2.4.1+cu121 with CUDA's libraries; the folder was renamed."""
    text = (DATA / "maps.txt").read_text(encoding="utf-8")
    assert payload.parse_maps(text) == [
        f"{NVIDIA}/cublas/lib/libcublas.so.12",
        f"{NVIDIA}/cublas/lib/libcublasLt.so.12",
        f"{NVIDIA}/cudnn/lib/libcudnn.so.9",
        "/home/me/my venv/lib/python3.8/site-packages/torch/lib/libtorch_python.so",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
    ]


def test_a_library_that_was_replaced_while_it_is_in_use_is_named_without_the_mark() -> None:
    line = "7fa348800000-7fa348818000 r-xp 00000000 fe:00 2754161    /venv/lib/libcudnn.so.9 (deleted)\n"
    assert payload.parse_maps(line) == ["/venv/lib/libcudnn.so.9"]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (
            [
                *("/usr/lib/libcuda.so.1", "/usr/lib/libcuda.so.580.95.05", "/venv/libcudnn_ops.so.9"),
                *("/venv/libnvrtc.so.13", "/venv/libnvrtc-builtins.so.13.0", "/venv/libnvrtc.alt.so.13"),
                *("/venv/libcublas.so.13", "/venv/libcublasLt.so.13", "/usr/lib/libcudnn.so.8", "/venv/libcudnn.so.9"),
            ],
            {
                "libcuda": os.pathsep.join(["/usr/lib/libcuda.so.1", "/usr/lib/libcuda.so.580.95.05"]),
                "libcudnn": os.pathsep.join(["/usr/lib/libcudnn.so.8", "/venv/libcudnn.so.9"]),
                "libnvrtc": "/venv/libnvrtc.so.13",
                "libcublas": "/venv/libcublas.so.13",
                "libcublasLt": "/venv/libcublasLt.so.13",
            },
        ),
        (
            [
                *(r"C:\Windows\System32\nvcuda.dll", rf"{WINDOWS}\torch\lib\cudnn64_9.dll"),
                *(rf"{WINDOWS}\torch\lib\cudnn_ops64_9.dll", rf"{WINDOWS}\torch\lib\nvrtc64_120_0.dll"),
                *(rf"{WINDOWS}\torch\lib\nvrtc-builtins64_129.dll", rf"{WINDOWS}\torch\lib\nvrtc64_120_0.alt.dll"),
                *(rf"{WINDOWS}\torch\lib\cublas64_12.dll", rf"{WINDOWS}\torch\lib\cublasLt64_12.dll"),
            ],
            {
                "libcuda": r"C:\Windows\System32\nvcuda.dll",
                "libcudnn": rf"{WINDOWS}\torch\lib\cudnn64_9.dll",
                "libnvrtc": rf"{WINDOWS}\torch\lib\nvrtc64_120_0.dll",
                "libcublas": rf"{WINDOWS}\torch\lib\cublas64_12.dll",
                "libcublasLt": rf"{WINDOWS}\torch\lib\cublasLt64_12.dll",
            },
        ),
        (["/usr/lib/libc.so.6", "/venv/libcudnn_frontend.so"], {}),
    ],
    ids=["Linux", "Windows", "none"],
)
def test_nvidias_libraries_are_picked_out_and_two_copies_are_both_named(
    paths: list[str], found: dict[str, str]
) -> None:
    assert payload.chosen(paths) == found


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_a_library_that_this_process_really_loads_is_named(tmp_path: Path) -> None:
    library = tmp_path / "libcudnn.so.9"
    (tmp_path / "cudnn.c").write_text("int cudnnGetVersion(void) { return 91900; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "cudnn.c"], check=True)
    assert str(library) not in payload.mapped_files()
    ctypes.CDLL(str(library))
    assert str(library) in payload.chosen(payload.mapped_files())["libcudnn"].split(os.pathsep)


@pytest.mark.skipif(
    os.name == "nt" or shutil.which("cc") is None, reason="needs a C compiler; Windows has the real one"
)
def test_windows_is_asked_again_when_there_was_not_room_for_all_modules(tmp_path: Path) -> None:
    """A library with the interface of kernel32: 1025 modules, then 1026, one of which is gone when it is named."""
    (tmp_path / "kernel32.c").write_text(KERNEL32)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "kernel32.so", tmp_path / "kernel32.c"], check=True)
    modules = payload._windows_modules(ctypes.CDLL(str(tmp_path / "kernel32.so")))
    assert modules == [*[r"C:\Windows\System32\ntdll.dll"] * 1024, "C:\\工具\\cudnn64_9.dll"]
    assert payload.chosen(modules) == {"libcudnn": "C:\\工具\\cudnn64_9.dll"}


@pytest.mark.skipif(os.name != "nt", reason="asks the real kernel32")
def test_windows_names_the_library_of_python_itself() -> None:
    assert any(path.lower().endswith("ntdll.dll") for path in payload.mapped_files())
