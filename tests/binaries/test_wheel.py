from __future__ import annotations

import io
import random
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries import wheel
from gpuenv.binaries.image import count_image
from gpuenv.binaries.wheel import read_wheel
from gpuenv.errors import GpuenvError
from support.fatbin import containers, elf

if TYPE_CHECKING:
    from gpuenv.models.binaries import InspectedFile

SMALL = elf((".nv_fatbin", containers("sm_75", times=2)))
LARGE = elf(
    (".nv_fatbin", containers("sm_75 sm_120", times=200)),
    (".rodata", random.Random(1).randbytes(1 << 16) + b"\0" * wheel._IN_MEMORY),  # noqa: S311 - the same each time
)


def make(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file


def names(found: tuple[InspectedFile, ...]) -> dict[str, int]:
    return {file.path: file.summary.objects for file in found}


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_every_native_library_of_a_wheel_is_read(compression: int) -> None:
    file = make(
        {"kit/__init__.py": b"", "kit/_C.so": SMALL, "kit/lib/libkit_cuda.so.2": LARGE, "kit/notes.so.txt": b"x"},
        compression=compression,
    )
    found = read_wheel(file, "wheels/kit_gpu-1.0-cp312-cp312-linux_x86_64.whl")
    assert names(found) == {
        "wheels/kit_gpu-1.0-cp312-cp312-linux_x86_64.whl!kit/_C.so": 2,
        "wheels/kit_gpu-1.0-cp312-cp312-linux_x86_64.whl!kit/lib/libkit_cuda.so.2": 400,
    }
    assert {part.distribution for part in found} == {"kit-gpu"}
    assert found[1].summary == count_image(LARGE).summary()
    assert found[1].bytes_read is None


def test_a_partial_reading_takes_the_libraries_named_cuda_and_stops_early() -> None:
    file = make({"kit/_C.so": SMALL, "kit/lib/libkit_cuda.so": LARGE})
    (found,) = read_wheel(file, "kit-1.0-py3-none-any.whl", is_thorough=False)
    assert found.summary.is_partial
    assert 0 < found.summary.objects < 400


def test_a_partial_reading_takes_all_libraries_where_none_is_named_cuda() -> None:
    found = read_wheel(make({"kit/_C.so": SMALL, "kit/_D.so": SMALL}), "kit.zip", is_thorough=False)
    assert names(found) == {"kit.zip!kit/_C.so": 2, "kit.zip!kit/_D.so": 2}


def test_each_file_tells_what_it_cost() -> None:
    costs = iter((100, 130, 130, 190))
    found = read_wheel(make({"a.so": SMALL, "b.so": SMALL}), "kit.zip", fetched=lambda: next(costs))
    assert [part.bytes_read for part in found] == [30, 60]


def test_members_that_only_look_native_hold_nothing() -> None:
    found = read_wheel(make({"a.so": b"INPUT(b.so)", "b.dll": b"x" * (wheel._IN_MEMORY + 1)}), "kit.zip")
    assert names(found) == {"kit.zip!a.so": 0, "kit.zip!b.dll": 0}


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda data: data[: len(data) // 2], "wheel-damaged"),
        (lambda data: data[:40] + b"\xff" * 64 + data[104:], "wheel-damaged"),
        (lambda _: b"", "wheel-damaged"),
        (lambda _: b"PK\x03\x04 and nothing more", "wheel-damaged"),
        (lambda data: data.replace(b"\x08\x00", b"\x63\x00"), "wheel-damaged"),
    ],
    ids=["cut", "garbage inside", "empty", "only a beginning", "unknown compression"],
)
def test_a_damaged_wheel_is_a_coded_error(damage: object, code: str) -> None:
    assert callable(damage)
    data = make({"a_cuda.so": LARGE}).getvalue()
    with pytest.raises(GpuenvError) as caught:
        read_wheel(io.BytesIO(damage(data)), "kit.whl")
    assert (caught.value.code, caught.value.context["path"]) == (code, "kit.whl")


def test_a_damaged_library_in_a_wheel_is_named() -> None:
    with pytest.raises(GpuenvError) as caught:
        read_wheel(make({"kit/a.so": SMALL[:-70]}), "kit.whl")
    assert (caught.value.code, caught.value.context["path"]) == ("binary-damaged", "kit.whl!kit/a.so")


def test_a_wheel_that_claims_too_much_is_refused_before_anything_is_unpacked() -> None:
    file = make({"a.so": SMALL})
    data = bytearray(file.getvalue())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    several = data[entry : data.index(b"PK\x05\x06")] * 5
    end = bytearray(data[data.index(b"PK\x05\x06") :])
    end[8:10] = end[10:12] = (5).to_bytes(2, "little")
    end[12:16] = len(several).to_bytes(4, "little")
    with pytest.raises(GpuenvError) as caught:
        read_wheel(io.BytesIO(bytes(data[:entry] + several + end)), "bomb.whl")
    assert caught.value.code == "wheel-too-large"


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_compressions_that_no_wheel_has_are_refused(compression: int) -> None:
    with pytest.raises(GpuenvError) as caught:
        read_wheel(make({"a.so": SMALL}, compression=compression), "kit.whl")
    assert caught.value.code == "wheel-damaged"


def test_a_member_that_unpacks_to_a_thousand_times_its_size_is_refused_at_once() -> None:
    bomb = make({"a.so": elf((".rodata", bytes(80_000_000)))})
    begun = time.perf_counter()
    with pytest.raises(GpuenvError) as caught:
        read_wheel(bomb, "bomb.whl")
    assert (caught.value.code, time.perf_counter() - begun < 1) == ("wheel-too-large", True)
