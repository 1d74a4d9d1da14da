from __future__ import annotations

import pytest

from gpuenv.binaries.image import count_image
from gpuenv.binaries.main_set import main_set
from support.fatbin import containers, elf


def split(*parts: tuple[str, int], section: str = ".nv_fatbin") -> dict[str, str]:
    """Read a library with so many containers of each list, and show its sets in few words."""
    data = b"".join(containers(names, times=times) for names, times in parts)
    found = main_set(count_image(elf((section, data))).summary())
    return {
        name: " ".join(str(architecture) for architecture in getattr(found, name))
        for name in ("sass", "ptx", "extra_sass", "extra_ptx")
        if getattr(found, name)
    }


WIDE = "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"


def test_what_few_containers_add_is_extra() -> None:
    # torch 2.15.0: 476 containers, sm_100a and sm_103f in 59, sm_89 in one.
    found = split((WIDE, 415), (f"{WIDE} sm_100a sm_103f", 58), (f"{WIDE} sm_89 sm_121a compute_120", 1))
    assert found == {"sass": "75 80 86 90 100 120", "extra_sass": "89 100a 103f 121a", "extra_ptx": "120"}


def test_kernels_for_one_generation_do_not_outvote_the_rest() -> None:
    # onnxruntime-gpu 1.31.1: 301 of 609 containers are for sm_90a or sm_120a alone; 91 lack sm_75.
    full = "sm_80 sm_86 sm_89 sm_90a sm_120a"
    assert split(("sm_90a", 292), (f"sm_75 {full}", 217), (full, 91), ("sm_120a", 9)) == {
        "sass": "75 80 86 89 90a 120a"
    }


def test_an_architecture_in_one_of_two_files_is_extra() -> None:
    assert split(("sm_80 sm_120", 1), ("sm_80 sm_120 sm_90", 1)) == {"sass": "80 120", "extra_sass": "90"}


@pytest.mark.parametrize("names", ["sm_80", "sm_90a", "sm_86 compute_86", "compute_75"])
def test_a_library_for_one_generation_is_its_own_measure(names: str) -> None:
    found = split((names, 3))
    assert set(" ".join(found.values()).split()) == {name.partition("_")[2] for name in names.split()}
    assert not any(name.startswith("extra") for name in found)


def test_one_image_per_container_is_measured_by_the_most_frequent_of_its_kind() -> None:
    # cuFFT 12.2: one image in each container, all of them outside `.nv_fatbin`.
    parts = (("lto_75", 50), ("compute_75", 40), ("sm_75", 9), ("sm_90", 10), ("sm_87", 3))
    assert split(*parts, section=".ldata") == {"sass": "75 90", "ptx": "75", "extra_sass": "87"}


def test_a_library_without_gpu_code_has_empty_sets() -> None:
    assert split() == {}
