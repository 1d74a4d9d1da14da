from __future__ import annotations

import io
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.loaded_names import loaded_majors
from support.fatbin import dll, elf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = b"\0libm.so.6\0libcublasLt.so.12\0libcublas.so.12\0libcudart.so.12\0libcudnn.so.9\0"
IMPORTS = b"\0cublasLt64_13.dll\0cublas64_13.dll\0cudnn64_9.dll\0"


def piecewise(data: bytes) -> Callable[[int], bytes]:
    """Read in pieces of any size, as a decompressor gives them."""
    file, chance = io.BytesIO(data), random.Random(1)  # noqa: S311 - sizes of pieces
    return lambda count: file.read(min(count, chance.choice((1, 5, 17, 4096))))


@pytest.mark.parametrize(
    ("library", "majors"),
    [
        (elf((".dynstr", NAMES), (".text", b"\x90" * 9000)), {"cublas": 12, "cudart": 12, "cudnn": 9}),
        (dll((".text", b"\x90" * 9000), (".rdata", IMPORTS)), {"cublas": 13, "cudnn": 9}),
        (dll((".rdata", b"\0cudart64_110.dll\0cublas64_11.dll\0")), {"cudart": 11, "cublas": 11}),
        (elf((".dynstr", b"\0libm.so.6\0")), {}),
        (b"", {}),
    ],
)
def test_majors_are_those_of_the_names_that_a_library_loads(library: bytes, majors: dict[str, int]) -> None:
    assert loaded_majors(io.BytesIO(library).read) == majors
    assert loaded_majors(piecewise(library)) == majors


def test_names_far_behind_the_string_table_of_an_elf_library_do_not_count() -> None:
    """They are of what is tried at run time; nothing is read for them either."""
    file = io.BytesIO(elf((".dynstr", b"\0libcublas.so.13\0"), (".rodata", b"\0" * (8 << 20) + b"\0libcudnn.so.8\0")))
    assert loaded_majors(file.read) == {"cublas": 13}
    assert file.tell() < 6 << 20


def test_the_import_table_of_a_dll_is_looked_for_behind_its_code() -> None:
    assert loaded_majors(io.BytesIO(dll((".text", b"\x90" * (8 << 20)), (".rdata", IMPORTS))).read) == {
        "cublas": 13,
        "cudnn": 9,
    }


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_linked_library_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text("int one(void) { return 1; }\n")
    for name in ("libcublas.so.12", "libcudnn.so.9"):
        subprocess.run(["cc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "one.c", "-o", name], cwd=tmp_path, check=True)
    link = ["-Wl,--no-as-needed", "./libcublas.so.12", "./libcudnn.so.9"]
    subprocess.run(["cc", "-shared", "-fPIC", "one.c", *link, "-o", "linked.so"], cwd=tmp_path, check=True)
    with (tmp_path / "linked.so").open("rb") as file:
        assert loaded_majors(file.read) == {"cublas": 12, "cudnn": 9}
