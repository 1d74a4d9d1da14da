"""Builds Windows DLLs whose import tables name others, for tests that need no Windows compiler."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER: Final = 0x80
_OPTIONAL: Final = _HEADER + 4 + 20
_OPTIONAL_BYTES: Final = 112 + 16 * 8
_STORED: Final = 0x400
_LOADED: Final = 0x1000
"""Where the one section with the import tables lies in the file, and at which address it is loaded."""
_IMPORTS, _DELAYED = 1, 13


def dll_with_imports(names: Sequence[str], delayed: Sequence[str] = ()) -> bytes:
    """Build a PE32+ DLL that imports from others; the layout is that of Microsoft's PE format, chapter 6.4."""
    texts = b""
    places: dict[str, int] = {}
    begin = 20 * (len(names) + 1) + 32 * (len(delayed) + 1)
    for name in (*names, *delayed):
        places[name] = _LOADED + begin + len(texts)
        texts += name.encode() + b"\0"
    imports = b"".join(struct.pack("<IIIII", 0, 0, 0, places[name], 0) for name in names) + bytes(20)
    delayed_imports = b"".join(struct.pack("<IIIIIIII", 1, places[name], 0, 0, 0, 0, 0, 0) for name in delayed)
    section = imports + delayed_imports + bytes(32) + texts
    tables = [(0, 0)] * 16
    tables[_IMPORTS] = (_LOADED, len(imports)) if names else (0, 0)
    tables[_DELAYED] = (_LOADED + len(imports), len(delayed_imports) + 32) if delayed else (0, 0)
    optional = struct.pack("<H", 0x20B).ljust(108, b"\0") + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<II", *table) for table in tables)
    assert len(optional) == _OPTIONAL_BYTES
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, _OPTIONAL_BYTES, 0x2022)
    row = struct.pack("<8sIIIIIIHHI", b".rdata", len(section), _LOADED, len(section), _STORED, 0, 0, 0, 0, 0x40000040)
    start = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _HEADER)
    return (start.ljust(_HEADER, b"\0") + b"PE\0\0" + coff + optional + row).ljust(_STORED, b"\0") + section
