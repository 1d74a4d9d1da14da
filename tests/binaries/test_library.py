from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.library import read_code_objects
from gpuenv.errors import GpuenvError
from gpuenv.models.binaries import CodeKind, CodeSummary
from gpuenv.models.cuda import Architecture
from support.fatbin import ALLOC, EXECUTABLE, archive, coff, containers, dll, elf

if TYPE_CHECKING:
    from pathlib import Path


def read(tmp_path: Path, data: bytes) -> CodeSummary:
    path = tmp_path / "library"
    path.write_bytes(data)
    return read_code_objects(path)


def counts(summary: CodeSummary) -> dict[str, int]:
    return {
        **{architecture.sm: number for architecture, number in summary.sass},
        **{architecture.compute: number for architecture, number in summary.ptx},
        **{f"lto_{architecture}": number for architecture, number in summary.lto_ir},
    }


def test_an_elf_library_is_read_by_container(tmp_path: Path) -> None:
    code = containers("sm_75 sm_80+ compute_80@8.7", times=4) + containers("sm_75 sm_80 compute_80@8.5 sm_90a")
    found = read(tmp_path, elf((".text", b"\x90" * 64, ALLOC | EXECUTABLE), (".nv_fatbin", code)))
    plain = frozenset(
        {
            (CodeKind.SASS, Architecture.parse("75")),
            (CodeKind.SASS, Architecture.parse("80")),
            (CodeKind.PTX, Architecture.parse("80")),
        }
    )
    assert found == CodeSummary(
        containers=5,
        objects=16,
        compressed=4,
        sass=((Architecture.parse("75"), 5), (Architecture.parse("80"), 5), (Architecture.parse("90a"), 1)),
        ptx=((Architecture.parse("80"), 5),),
        combinations=((plain, 4), (plain | {(CodeKind.SASS, Architecture.parse("90a"))}, 1)),
        ptx_versions=((Architecture.parse("80"), (8, 7)),),
    )


def test_relocatable_images_are_kept_apart(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        elf(("__nv_relfatbin", containers("sm_75 compute_120 lto_90", times=2)), (".nv_fatbin", containers("sm_75"))),
    )
    assert counts(found) == {"sm_75": 1}
    assert found.objects == 1
    assert found.relocatable == (
        (CodeKind.PTX, Architecture.parse("120"), 2),
        (CodeKind.SASS, Architecture.parse("75"), 2),
        (CodeKind.LTO_IR, Architecture.parse("90"), 2),
    )


def test_containers_in_other_allocated_sections_are_found_by_their_magic(tmp_path: Path) -> None:
    data = b"any text" * 11 + containers("sm_90", "lto_75", times=3, padding=4) + b"more"
    found = read(
        tmp_path, elf((".nv_fatbin", containers("sm_75")), (".ldata", data), (".comment", containers("sm_50"), 0))
    )
    assert (found.containers, found.objects) == (1, 7)
    assert counts(found) == {"sm_75": 1, "sm_90": 3, "lto_75": 3}
    assert sum(number for _, number in found.embedded) == 6


def test_code_and_the_tables_of_compilers_are_not_searched(tmp_path: Path) -> None:
    data = containers("sm_75")
    found = read(tmp_path, elf((".text", data, ALLOC | EXECUTABLE), (".eh_frame", data), (".gcc_except_table", data)))
    assert found == CodeSummary(containers=0, objects=0, sass=(), ptx=())


def test_a_windows_dll_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        dll(
            (".text", containers("sm_37")),
            (".nv_fatb", containers("sm_61 sm_120", times=7)),
            ("__nv_rel", containers("sm_80")),
            (".rdata", containers("sm_86")),
        ),
    )
    assert counts(found) == {"sm_61": 7, "sm_120": 7, "sm_86": 1}
    assert found.containers == 7
    assert found.relocatable == ((CodeKind.SASS, Architecture.parse("80"), 1),)


def test_a_static_library_is_read_member_by_member(tmp_path: Path) -> None:
    members = [
        b"symbols",
        elf((".nv_fatbin", containers("sm_75"))),
        coff((".nv_fatb", containers("sm_90"))),
        elf(("__nv_relfatbin", containers("sm_80"))),
    ]
    found = read(tmp_path, archive(members))
    assert counts(found) == {"sm_75": 1, "sm_90": 1}
    assert found.relocatable == ((CodeKind.SASS, Architecture.parse("80"), 1),)


def test_a_bare_fatbin_and_object_files_are_read(tmp_path: Path) -> None:
    assert counts(read(tmp_path, containers("sm_90 compute_90"))) == {"sm_90": 1, "compute_90": 1}
    assert counts(read(tmp_path, coff((".nv_fatb", containers("sm_89"))))) == {"sm_89": 1}


def test_a_library_without_a_section_table_is_searched_as_a_whole(tmp_path: Path) -> None:
    library = bytearray(elf((".nv_fatbin", containers("sm_75"))))
    library[40:48] = bytes(8)
    assert counts(read(tmp_path, bytes(library))) == {"sm_75": 1}


def test_a_library_with_more_than_65279_sections_is_read(tmp_path: Path) -> None:
    library = bytearray(elf((".nv_fatbin", containers("sm_75"))))
    table, count = int.from_bytes(library[40:48], "little"), int.from_bytes(library[60:62], "little")
    library[60:62], library[62:64] = bytes(2), b"\xff\xff"
    library[table + 32 : table + 40] = count.to_bytes(8, "little")
    library[table + 40 : table + 44] = (count - 1).to_bytes(4, "little")
    assert counts(read(tmp_path, bytes(library))) == {"sm_75": 1}


def test_32_bit_and_big_endian_libraries_hold_nothing(tmp_path: Path) -> None:
    for place, value in ((4, 1), (5, 2)):
        library = bytearray(elf((".nv_fatbin", containers("sm_75"))))
        library[place] = value
        assert read(tmp_path, bytes(library)).objects == 0


@pytest.mark.parametrize("text", [b"", b"#!/bin/sh", b"INPUT ( libx.so )", b"PK\x03\x04", b"\x50\xed"])
def test_other_files_are_refused_by_name(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(GpuenvError) as caught:
        read(tmp_path, text)
    assert (caught.value.code, caught.value.context) == ("binary-format-unknown", {"path": str(tmp_path / "library")})


def test_a_missing_file_and_a_folder_are_coded_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.so", tmp_path):
        with pytest.raises(GpuenvError) as caught:
            read_code_objects(path)
        assert (caught.value.code, caught.value.context["path"]) == ("file-unreadable", str(path))


@pytest.mark.parametrize(
    "whole",
    [
        elf((".rodata", b"x" * 99), (".nv_fatbin", containers("sm_75 sm_80", times=3))),
        dll((".rdata", b"x" * 99), (".nv_fatb", containers("sm_75 sm_80", times=3))),
        archive([elf((".nv_fatbin", containers("sm_75")))]),
        containers("sm_75 compute_75"),
        coff((".nv_fatb", containers("sm_75"))),
    ],
    ids=["elf", "dll", "archive", "fatbin", "object"],
)
def test_a_truncated_file_is_damaged_or_tells_less_but_never_more(tmp_path: Path, whole: bytes) -> None:
    full = read(tmp_path, whole)
    for length in range(len(whole)):
        found = read_or_fault(tmp_path, whole[:length])
        if isinstance(found, CodeSummary):
            assert found.objects <= full.objects
        else:
            assert found in {"binary-damaged", "binary-format-unknown"}


def read_or_fault(tmp_path: Path, data: bytes) -> CodeSummary | str:
    try:
        return read(tmp_path, data)
    except GpuenvError as error:
        return error.code


def test_a_section_beyond_the_end_is_damage_told_with_its_place(tmp_path: Path) -> None:
    library = bytearray(elf((".nv_fatbin", containers("sm_75"))))
    table = int.from_bytes(library[40:48], "little")
    library[table + 64 + 32 : table + 64 + 40] = (2**60).to_bytes(8, "little")
    with pytest.raises(GpuenvError) as caught:
        read(tmp_path, bytes(library))
    assert caught.value.code == "binary-damaged"
    assert caught.value.context == {"path": str(tmp_path / "library"), "fault": "section-truncated", "offset": 64}
