from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.library import library_needs, read_library
from gpuenv.models.loading import LibraryNeeds
from support.dll import dll_with_imports
from support.fatbin import archive, containers, dll, elf

if TYPE_CHECKING:
    from pathlib import Path

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def compiled(path: Path, *arguments: str) -> Path:
    """Compile a library with further arguments for the linker."""
    source = path.with_suffix(".c")
    source.write_text(f"int {path.stem.partition('.')[0]}(void) {{ return 0; }}\n", encoding="utf-8")
    argv = ["cc", "-shared", "-fPIC", "-nostdlib", "-Wl,--no-as-needed", "-o", str(path), str(source), *arguments]
    subprocess.run(argv, check=True)
    return path


@needs_compiler
def test_an_elf_library_tells_what_it_needs_and_where_it_has_it_looked_for(tmp_path: Path) -> None:
    kit = compiled(tmp_path / "libkit.so.3", "-Wl,-soname,libkit.so.3")
    cuda = compiled(tmp_path / "libcuda.so.1", "-Wl,-soname,libcuda.so.1")
    path = "-Wl,-rpath,$ORIGIN/../lib:/opt/kit"
    late = compiled(tmp_path / "liblate.so", str(kit), str(cuda), path, "-Wl,--enable-new-dtags")
    first = compiled(tmp_path / "libfirst.so", "-Wl,-soname,libfirst.so.1", path, "-Wl,--disable-new-dtags")
    assert read_library(late).needs == LibraryNeeds(
        libraries=("libkit.so.3", "libcuda.so.1"), search_path=("$ORIGIN/../lib", "/opt/kit")
    )
    assert read_library(first).needs == LibraryNeeds(
        name="libfirst.so.1", search_path=("$ORIGIN/../lib", "/opt/kit"), searches_itself_first=True
    )


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="reads the interpreter's own libraries")
def test_pyelftools_reads_the_same() -> None:
    elffile = pytest.importorskip("elftools.elf.elffile")
    dynamic = pytest.importorskip("elftools.elf.dynamic")
    for name in ("_ssl", "_ctypes"):
        module = importlib.import_module(name)
        with open(str(module.__file__), "rb") as file:  # noqa: PTH123 - the name that the module tells
            ours = library_needs(file.read()).libraries
            theirs = [
                entry.needed
                for segment in elffile.ELFFile(file).iter_segments("PT_DYNAMIC")
                if isinstance(segment, dynamic.DynamicSegment)
                for entry in segment.iter_tags("DT_NEEDED")
            ]
        assert list(ours) == theirs
        assert theirs


def test_a_dll_tells_what_it_imports_now_and_later() -> None:
    data = dll_with_imports(["KERNEL32.dll", "cublas64_12.dll", "KERNEL32.dll"], ["cudnn64_9.dll"])
    assert library_needs(data) == LibraryNeeds(
        libraries=("KERNEL32.dll", "cublas64_12.dll"), delayed=("cudnn64_9.dll",)
    )


def test_a_dll_without_imports_needs_nothing() -> None:
    assert library_needs(dll_with_imports([])) == LibraryNeeds()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"MZ",
        b"MZ" + b"\xff" * 100,
        dll((".rdata", b"x")),
        elf((".nv_fatbin", containers("sm_75")))[:90],
        elf((".nv_fatbin", containers("sm_75"))),
        archive([b"x"]),
    ],
)
def test_files_that_load_nothing_need_nothing(data: bytes) -> None:
    assert library_needs(data) == LibraryNeeds()


def test_a_dll_cut_short_anywhere_needs_a_part_or_nothing() -> None:
    whole = dll_with_imports(["a.dll", "b.dll"], ["c.dll"])
    for length in range(len(whole)):
        found = library_needs(whole[:length])
        assert {"a.dll", "b.dll"} >= set(found.libraries)
        assert {"c.dll"} >= set(found.delayed)


@needs_compiler
def test_an_elf_library_cut_short_anywhere_needs_a_part_or_nothing(tmp_path: Path) -> None:
    kit = compiled(tmp_path / "libkit.so", "-Wl,-soname,libkit.so")
    whole = compiled(tmp_path / "libuser.so", str(kit)).read_bytes()
    for length in range(0, len(whole), 7):
        assert set(library_needs(whole[:length]).libraries) <= {"libkit.so"}
