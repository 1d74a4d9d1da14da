from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest

from gpuenv.binaries.fatbin import FormatError
from gpuenv.binaries.image import count_image
from gpuenv.binaries.stream import Window, read_stream
from support.fatbin import code, container, containers, dll, elf

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"\x50\xed\x55\xba"


def piecewise(data: bytes, seed: int) -> Callable[[int], bytes]:
    """Read in pieces of any size, as a decompressor gives them."""
    file, chance = io.BytesIO(data), random.Random(seed)  # noqa: S311 - sizes of pieces
    return lambda count: file.read(min(count, chance.choice((1, 3, 15, 16, 79, 80, 1000, 4096))))


LIBRARIES = {
    "elf": elf(
        (".rodata", MAGIC + b"text" * 100 + containers("sm_90")),
        ("__nv_relfatbin", containers("sm_75 compute_120", times=5, padding=8)),
        (".nv_fatbin", containers("sm_75 sm_80 compute_80", times=40, padding=8) + containers("sm_75 sm_80 sm_90a+")),
        (".lrodata", containers("sm_100", times=3)),
    ),
    "dll": dll(
        (".rdata", b"text" * 50), (".nv_fatb", containers("sm_61 sm_120", times=30)), ("__nv_rel", containers("sm_80"))
    ),
    "no code": elf((".rodata", b"text" * 5000)),
}


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("seed", range(4))
def test_a_stream_tells_what_the_file_tells(name: str, seed: int) -> None:
    library = LIBRARIES[name]
    found = read_stream(piecewise(library, seed), size=len(library), is_thorough=True)
    assert found == count_image(library).summary()


def test_reading_stops_when_nothing_new_comes() -> None:
    library = elf((".nv_fatbin", containers("sm_75 sm_120", times=3000)))
    file = io.BytesIO(library)
    found = read_stream(file.read, size=len(library), is_thorough=False)
    assert found.is_partial
    assert [str(architecture) for architecture, _ in found.sass] == ["75", "120"]
    assert 20 < found.containers < 50


def test_an_architecture_that_comes_late_delays_the_end() -> None:
    late = containers("sm_75", times=20) + containers("sm_75 sm_90", times=60)
    library = elf((".nv_fatbin", late))
    found = read_stream(io.BytesIO(library).read, size=len(library), is_thorough=False)
    assert [(str(architecture), number > 20) for architecture, number in found.sass] == [("75", True), ("90", True)]


def test_embedded_containers_of_one_image_do_not_end_the_reading() -> None:
    # torch 2.15.0 on aarch64: 29 containers of sm_100 alone come before the others.
    library = elf((".lrodata", containers("sm_100", times=60)), (".nv_fatbin", containers("sm_75 sm_120", times=90)))
    found = read_stream(io.BytesIO(library).read, size=len(library), is_thorough=False)
    assert found.is_partial
    assert [str(architecture) for architecture, _ in found.sass] == ["75", "100", "120"]


def test_a_library_for_one_gpu_ends_the_reading_as_well() -> None:
    library = elf((".nv_fatbin", containers("sm_89", times=3000)))
    found = read_stream(io.BytesIO(library).read, size=len(library), is_thorough=False)
    assert (found.is_partial, found.containers < 300) == (True, True)


def test_a_library_that_ends_before_is_not_partial() -> None:
    library = elf((".nv_fatbin", containers("sm_75", times=3)))
    assert not read_stream(io.BytesIO(library).read, size=len(library), is_thorough=False).is_partial


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_stream_that_ends_too_early_is_damaged(kept: float) -> None:
    library = LIBRARIES["elf"]
    with pytest.raises(FormatError):
        read_stream(io.BytesIO(library[: int(len(library) * kept)]).read, size=len(library), is_thorough=True)


def test_a_container_larger_than_the_rest_of_the_file_is_none() -> None:
    library = elf((".rodata", container(code("sm_75"), payload=10**6)), (".nv_fatbin", containers("sm_80")))
    found = read_stream(io.BytesIO(library).read, size=len(library), is_thorough=True)
    assert [str(architecture) for architecture, _ in found.sass] == ["80"]


def test_the_window_keeps_what_it_was_told_to_keep() -> None:
    data = bytes(range(256)) * 40
    window = Window(piecewise(data, 7))
    window.keep(1000, 3000)
    assert window.skip(5000)
    assert bytes(window.kept) == data[1000:3000]
    assert window.peek(5) == data[5000:5005]
    assert not window.skip(len(data))
