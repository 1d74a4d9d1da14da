from __future__ import annotations

import pytest

from gpuenv.binaries.fatbin import FormatError, count_containers, read_container
from gpuenv.binaries.tally import code_object
from gpuenv.models.binaries import CodeKind, CodeObject
from gpuenv.models.cuda import Architecture
from support.fatbin import SASS, code, container, containers, image


def objects(data: bytes) -> list[CodeObject]:
    images, end = read_container(data, 0, len(data))
    assert end == len(data)
    return [code_object(packed) for packed in images]


def test_a_container_tells_kind_architecture_suffix_and_compression_of_each_image() -> None:
    data = container(code("sm_75"), code("sm_90a+"), code("sm_100f"), code("compute_120+"), code("lto_80"))
    assert objects(data) == [
        CodeObject(kind=CodeKind.SASS, architecture=Architecture.parse("75")),
        CodeObject(kind=CodeKind.SASS, architecture=Architecture.parse("90a"), is_compressed=True),
        CodeObject(kind=CodeKind.SASS, architecture=Architecture.parse("100f")),
        CodeObject(kind=CodeKind.PTX, architecture=Architecture.parse("120"), is_compressed=True),
        CodeObject(kind=CodeKind.LTO_IR, architecture=Architecture.parse("80")),
    ]


@pytest.mark.parametrize("header", [64, 72, 80, 96, 112, 120])
def test_the_entry_says_how_long_its_header_is(header: int) -> None:
    data = container(image(SASS, 75, header=header), image(SASS, 120, header=64))
    assert [str(found.architecture) for found in objects(data)] == ["75", "120"]


def test_flags_of_unknown_meaning_are_ignored() -> None:
    data = container(image(SASS, 100, flags=0x1000000 | 0x10 | 0x2 | 0x8000))
    assert objects(data) == [CodeObject(kind=CodeKind.SASS, architecture=Architecture.parse("100"))]


def test_entries_of_an_unknown_kind_are_passed_over() -> None:
    data = container(image(64, 120), code("sm_120"))
    assert [found.kind for found in objects(data)] == [CodeKind.SASS]


def test_containers_are_counted_by_what_they_hold_over_any_padding() -> None:
    data = b"\0" * 8 + containers("sm_75 sm_80", times=3, padding=24) + containers("sm_80", times=2) + b"\0" * 40
    counted = count_containers(data, 0, len(data), strict=True)
    assert sorted(counted.values()) == [2, 3]
    assert {len(images) for images in counted} == {1, 2}


def test_counting_stays_between_its_two_offsets() -> None:
    one = containers("sm_75")
    data = one * 3
    assert sum(count_containers(data, len(one), 2 * len(one), strict=True).values()) == 1


def test_in_other_data_the_magic_alone_is_no_container() -> None:
    magic = b"\x50\xed\x55\xba"
    data = magic * 5 + b"text" + containers("sm_90") + magic + b"\1\0\x10\0" + b"\xff" * 8
    assert list(count_containers(data, 0, len(data), strict=False).values()) == [1]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (container(code("sm_75"))[:-1], "container-truncated"),
        (container(code("sm_75"))[:12], "container-truncated"),
        (container(code("sm_75"), payload=2**63), "container-truncated"),
        (container(code("sm_75"), version=2), "container-unknown"),
        (container(code("sm_75"), header=32), "container-unknown"),
        (container(image(SASS, 75)[:4] + bytes(4) + image(SASS, 75)[8:]), "entry-unknown"),
        (container(image(SASS, 75)[:4] + b"\0" * 124), "entry-unknown"),
        (container(image(SASS, 75, tag=0x0202)), "entry-unknown"),
        (container(image(SASS, 0)), "entry-unknown"),
        (container(image(SASS, 2**31)), "entry-unknown"),
        (container(image(SASS, 75), b"\0" * 8), "entry-truncated"),
        (container(image(SASS, 75)[:-64]), "entry-truncated"),
        (container(image(SASS, 75)[:8] + b"\xff" * 120), "entry-unknown"),
    ],
)
def test_a_damaged_container_is_told_with_its_fault(data: bytes, fault: str) -> None:
    with pytest.raises(FormatError) as caught:
        count_containers(data, 0, len(data), strict=True)
    assert caught.value.what == fault


def test_an_entry_that_leads_back_to_itself_ends_the_reading() -> None:
    # Header 64 and a payload of 2**64 - 64 bytes: in 64-bit arithmetic the next entry would be this one.
    entry = bytearray(image(SASS, 75))
    entry[8:16] = (2**64 - 64).to_bytes(8, "little")
    data = container(bytes(entry))
    with pytest.raises(FormatError, match="entry-truncated"):
        count_containers(data, 0, len(data), strict=True)


def test_a_file_of_magics_alone_is_given_up_on() -> None:
    data = b"\x50\xed\x55\xba" * 200_000
    with pytest.raises(FormatError, match="container-unknown"):
        count_containers(data, 0, len(data), strict=False)
