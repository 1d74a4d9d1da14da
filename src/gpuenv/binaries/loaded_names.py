"""Finds which major versions of CUDA's libraries a library loads, in a stream of its bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.binaries.elf import ELF_MAGIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAMED: Final = re.compile(
    rb"\x00(?:"
    rb"lib(?P<so>cublas|cudnn|cudart)\.so\.(?P<so_major>\d{1,2})"
    rb"|(?P<dll>cublas|cudnn|cudart)64_(?P<dll_major>\d{1,3})\.dll"
    rb")(?=\x00)"
)
"""`libcublas.so.12` in the string table of an ELF library, `cublas64_12.dll` in the import table of a DLL."""
_DLL_MINOR_DIGITS: Final = 3
"""`cudart64_110.dll` was of CUDA 11: with three digits the last one is the minor version."""
_CHUNK: Final = 1 << 20
_LONGEST: Final = 32
"""Bytes kept of the chunk before, in case a name lies across both."""
_ELF_BYTES: Final = 4 << 20
"""Linkers write the string table of an ELF library into its first pages; later mentions are of what is tried at run
time (ONNX Runtime 1.31.1, of CUDA 13, names `libcudart.so.12` at 60 MB)."""
_DLL_BYTES: Final = 96 << 20
"""The import table of a DLL lies behind its code: at 51 MB in ONNX Runtime 1.31.1."""


def loaded_majors(read: Callable[[int], bytes]) -> Mapping[str, int]:
    """Give the majors of `cublas`, `cudnn` and `cudart`, as far as the library names them among what it loads.

    `read` gives the next bytes, none at the end. Nothing is read beyond the place where linkers write such names.
    """
    found: dict[str, int] = {}
    begin, window, position = b"", b"", 0
    while more := read(_CHUNK):
        begin = (begin + more)[: len(ELF_MAGIC)]
        window = window[-_LONGEST:] + more
        position += len(more)
        for name in _NAMED.finditer(window):
            library = (name["so"] or name["dll"]).decode()
            found.setdefault(library, _major(name["so_major"] or name["dll_major"]))
        if position >= (_ELF_BYTES if begin == ELF_MAGIC else _DLL_BYTES) or {"cublas", "cudnn"} <= set(found):
            break
    return found


def _major(digits: bytes) -> int:
    return int(digits[:-1] if len(digits) == _DLL_MINOR_DIGITS else digits)
