"""Files made to break their reader: a coded error or an answer, in bounded time and memory, and nothing else."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.image import count_image
from gpuenv.binaries.library import library_needs, read_code_objects
from gpuenv.binaries.stream import read_stream
from gpuenv.binaries.wheel import read_wheel
from gpuenv.errors import GpuenvError
from support.dll import dll_with_imports
from support.fatbin import archive, code, coff, container, containers, dll, elf
from support.hostile import damaged, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

REGRESSIONS: Final = Path(__file__).parents[1] / "data" / "binaries" / "hostile"
"""What fuzzing found (`scripts/fuzz_binaries.py`), and what is like it."""

CODE = containers("sm_75 sm_80+ compute_80", "sm_90a lto_75", times=2, padding=8)
WHOLE = (
    elf((".rodata", b"text" + CODE), ("__nv_relfatbin", CODE), (".nv_fatbin", CODE)),
    dll((".rdata", b"text" + CODE), (".nv_fatb", CODE)),
    coff((".nv_fatb", CODE)),
    archive([elf((".nv_fatbin", CODE)), coff((".nv_fatb", CODE))]),
    dll_with_imports(["cublas64_12.dll", "KERNEL32.dll"], ["cudnn64_9.dll"]),
    CODE,
)
BEGINNINGS = (b"", b"\x7fELF\x02\x01", b"MZ", b"!<arch>\n", b"\x50\xed\x55\xba\x01\x00\x10\x00", b"\x64\x86")


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
    library_needs(data)  # damage is told by the others


def survive_zip(data: bytes) -> None:
    fault = fault_of(lambda: read_wheel(io.BytesIO(data), "kit.whl"))
    assert fault in {None, "wheel-damaged", "binary-damaged", "wheel-too-large"}


def slowest_of(count: int, *, seed: int) -> float:
    """Read so many random, damaged and truncated files in every way; the seconds that the slowest took."""
    chance = random.Random(seed)  # noqa: S311 - a fixed seed: the same files each time
    slowest = 0.0
    for number in range(count):
        whole = chance.choice(WHOLE)
        match number % 5:
            case 0:
                data = chance.choice(BEGINNINGS) + chance.randbytes(chance.randrange(600))
            case 1:
                data = whole[: chance.randrange(len(whole))]
            case 2 | 3:
                data = damaged(whole, chance)
            case _:
                data = damaged(zipped(whole), chance)
        begun = time.process_time()  # of this process: what others do is no delay of ours
        survive(data)
        survive_zip(data)
        slowest = max(slowest, time.process_time() - begun)
    return slowest


def test_ten_thousand_random_and_damaged_files_give_no_traceback_and_no_delay() -> None:
    assert slowest_of(10_000, seed=20261121) < 1.0


@pytest.mark.slow
def test_a_hundred_thousand_more_give_no_traceback_no_delay_and_take_no_memory() -> None:
    # In a process of its own, whose highest memory is that of the reading and nothing else.
    script = (
        "import resource, sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}\n"
        "from test_hostile_input import slowest_of\n"
        "print(slowest_of(100_000, seed=7), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    slowest, kilobytes = ran.stdout.split()
    assert float(slowest) < 1.0
    assert int(kilobytes) < 200_000


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*")), ids=lambda path: path.name)
def test_what_fuzzing_found_stays_harmless(path: Path) -> None:
    data = path.read_bytes()
    begun = time.process_time()
    survive(data)
    survive_zip(data)
    assert time.process_time() - begun < 1.0


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
