"""Builds the bytes of fatbin containers and of the files that hold them, for tests that need no compiler."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PTX, SASS, LTO_IR = 1, 2, 8
SPECIFIC, FAMILY = 0x100000, 0x200000
ALLOC, EXECUTABLE = 0x2, 0x4


def image(
    kind: int,
    architecture: int,
    *,
    flags: int = 0,
    compressed: int = 0,
    payload: int = 64,
    header: int = 64,
    tag: int = 0x0101,
    version: tuple[int, int] = (1, 8),
) -> bytes:
    """Build one entry: a header of `header` bytes and `payload` bytes that look like nothing.

    `version` is of PTX that of its language.
    """
    start = struct.pack(
        "<HHIQIIHHIIIQQQ",
        kind,
        tag,
        header,
        payload,
        compressed,
        64,
        version[1],
        version[0],
        architecture,
        0,
        0,
        0x11 | flags,
        0,
        payload,
    )
    return start.ljust(header, b"\0")[:header] + b"\xee" * payload


def code(text: str) -> bytes:
    """Build an entry by its usual name: `sm_90a`, `compute_120`, `lto_75`; a `+` at the end: compressed.

    `compute_120@9.2` is PTX in version 9.2 of the language.
    """
    text, _, language = text.partition("@")
    major, _, minor = (language or "1.8").partition(".")
    compressed = 40 if text.endswith("+") else 0
    prefix, _, number = text.rstrip("+").partition("_")
    kind = {"sm": SASS, "compute": PTX, "lto": LTO_IR}[prefix]
    flags = {"a": SPECIFIC, "f": FAMILY}.get(number[-1], 0)
    return image(kind, int(number.rstrip("af")), flags=flags, compressed=compressed, version=(int(major), int(minor)))


def container(*entries: bytes, version: int = 1, header: int = 16, payload: int | None = None) -> bytes:
    """Build a container; `payload` is the size it claims, which by default is the true one."""
    body = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, version, header, len(body) if payload is None else payload) + body


def containers(*lists: str, times: int = 1, padding: int = 0) -> bytes:
    """Build containers from lists such as `"sm_75 sm_80 compute_80"`, each `times` times, padded as linkers do."""
    built = [container(*(code(name) for name in names.split())) for names in lists for _ in range(times)]
    return b"".join(one + b"\0" * padding for one in built)


def elf(*sections: tuple[str, bytes] | tuple[str, bytes, int], before: int = 0) -> bytes:
    """Build a 64-bit little-endian ELF file of sections given as name, data and flags (default: allocated).

    The section table is at the end, with its names before it, as linkers write it.
    """
    names = b"\0"
    rows = [struct.pack("<IIQQQQIIQQ", *[0] * 10)]
    body = b"\x11" * before
    for name, data, *flags in (*sections, (".shstrtab", b"", 0)):
        offset = 64 + len(body)
        text = data
        kind = 1
        if name == ".shstrtab":
            names += b".shstrtab\0"
            text, kind = names, 3
        rows.append(
            struct.pack(
                "<IIQQQQIIQQ",
                names.index(b".shstrtab\0") if name == ".shstrtab" else len(names),
                kind,
                flags[0] if flags else ALLOC,
                0,
                offset,
                len(text),
                0,
                0,
                8,
                0,
            )
        )
        if name != ".shstrtab":
            names += name.encode() + b"\0"
        body += text + b"\0" * (-len(text) % 8)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(rows), len(rows) - 1
    )
    return header + body + b"".join(rows)


def dll(*sections: tuple[str, bytes]) -> bytes:
    """Build a Windows DLL of sections given as name and data, each padded to 512 bytes with what must not be read."""
    start = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    return start.ljust(0x80, b"\0") + b"PE\0\0" + coff(*sections, at=0x84)


def coff(*sections: tuple[str, bytes], at: int = 0) -> bytes:
    """Build what follows the PE signature, or a whole object file; `at` is where it will lie."""
    header = struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 0, 0)
    offset = at + len(header) + 40 * len(sections)
    rows = body = b""
    for name, data in sections:
        stored = data + (b"\x50\xed\x55\xba" * 128)[: -len(data) % 512] if at else data
        flags = 0x60000020 if name == ".text" else 0x40000040
        rows += struct.pack(
            "<8sIIIIIIHHI", name.encode(), len(data) if at else 0, 0, len(stored), offset + len(body), 0, 0, 0, 0, flags
        )
        body += stored
    return header + rows + body


def archive(members: Sequence[bytes]) -> bytes:
    """Build a static library."""
    built = b"!<arch>\n"
    for number, member in enumerate(members):
        built += f"{f'member{number}.o/':<16}{0:<12}{0:<6}{0:<6}{'644':<8}{len(member):<10}`\n".encode()
        built += member + b"\n" * (len(member) % 2)
    return built
