"""Files made to break their reader: a coded error or an answer, in bounded time and memory, and nothing else."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.image import count_image
from gpuenv.binaries.library import read_code_objects
from gpuenv.binaries.stream import read_stream
from gpuenv.binaries.wheel import read_wheel
from gpuenv.errors import GpuenvError
from support.fatbin import archive, code, coff, container, containers, dll, elf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = containers("sm_75 sm_80+ compute_80", "sm_90a lto_75", times=2, padding=8)
WHOLE = (
    elf((".rodata", b"text" + CODE), ("__nv_relfatbin", CODE), (".nv_fatbin", CODE)),
    dll((".rdata", b"text" + CODE), (".nv_fatb", CODE)),
    coff((".nv_fatb", CODE)),
    archive([elf((".nv_fatbin", CODE)), coff((".nv_fatb", CODE))]),
    CODE,
)
BEGINNINGS = (b"", b"\x7fELF\x02\x01", b"MZ", b"!<arch>\n", b"\x50\xed\x55\xba\x01\x00\x10\x00", b"\x64\x86")


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("kit/a_cuda.so", data)
    return file.getvalue()


def fault_of(read: Callable[[], object]) -> str | None:
    """Tell the fault that reading ends with; None where it gives an answer. Any other exception is a failure."""
    try:
        read()
    except FormatError as error:
        return error.what
    except GpuenvError as error:
        return error.code
    return None


def survive(data: bytes) -> None:
    """Read it in every way; what comes is an answer or a fault with a name."""
    fault_of(lambda: count_image(data).summary())
    fault_of(lambda: read_stream(io.BytesIO(data).read, size=len(data), is_thorough=True))


def survive_zip(data: bytes) -> None:
    fault = fault_of(lambda: read_wheel(io.BytesIO(data), "kit.whl"))
    assert fault in {None, "wheel-damaged", "binary-damaged", "wheel-too-large"}


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + 8] = chance.choice((b"\xff", b"\0", b"\x80")) * 8
            case 2:
                del data[at : at + chance.randrange(64)]
            case _:
                data[at:at] = data[chance.randrange(len(data)) :][: chance.randrange(64)]
    return bytes(data)


def test_ten_thousand_random_and_damaged_files_give_no_traceback_and_no_delay() -> None:
    chance = random.Random(20261121)  # noqa: S311 - a fixed seed: the same files each time
    slowest = 0.0
    for number in range(10_000):
        begun = time.perf_counter()
        match number % 4:
            case 0:
                survive(chance.choice(BEGINNINGS) + chance.randbytes(chance.randrange(600)))
            case 3:
                survive_zip(damaged(zipped(WHOLE[number % len(WHOLE)]), chance))
            case _:
                survive(damaged(chance.choice(WHOLE), chance))
        slowest = max(slowest, time.perf_counter() - begun)
    assert slowest < 1.0


@settings(max_examples=300, deadline=1000)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
def test_no_bytes_break_the_readers(begin: bytes, rest: bytes) -> None:
    survive(begin + rest)


@settings(max_examples=300, deadline=1000)
@given(st.sampled_from(WHOLE), st.integers(min_value=0), st.binary(min_size=1, max_size=16))
def test_no_damage_in_one_place_breaks_the_readers(whole: bytes, place: int, patch: bytes) -> None:
    at = place % len(whole)
    survive(whole[:at] + patch + whole[at + len(patch) :])


@settings(max_examples=200, deadline=1000)
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=16))
def test_no_damage_in_one_place_breaks_the_reader_of_wheels(place: int, patch: bytes) -> None:
    whole = zipped(WHOLE[0])
    at = place % len(whole)
    survive_zip(whole[:at] + patch + whole[at + len(patch) :])


@pytest.mark.parametrize(
    "data",
    [
        elf((".rodata", b"\x50\xed\x55\xba" * 500_000)),
        elf((".nv_fatbin", container() * 100_000)),
        elf((".rodata", b"\0" * 30_000_000)),
        elf((".nv_fatbin", containers("sm_75", times=40_000))),
        b"!<arch>\n" + b"x/".ljust(48) + b"0".ljust(10) + b"`\n" + (b"y/".ljust(48) + b"0".ljust(10) + b"`\n") * 30_000,
    ],
    ids=["only magics", "empty containers", "zeros", "very many containers", "empty members"],
)
def test_large_hostile_files_take_bounded_time_and_memory(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "hostile.so"
    path.write_bytes(data)
    del data
    tracemalloc.start()
    begun = time.perf_counter()
    assert fault_of(lambda: read_code_objects(path)) in {None, "binary-damaged"}
    seconds = time.perf_counter() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 10  # tracemalloc makes it several times slower
    assert peak < 50_000_000


def test_images_of_every_architecture_are_counted_without_growing(tmp_path: Path) -> None:
    path = tmp_path / "wide.so"
    path.write_bytes(elf((".nv_fatbin", b"".join(container(code(f"sm_{number}")) for number in range(10, 1000)))))
    assert len(read_code_objects(path).sass) == 990
