from __future__ import annotations

import pytest

from gpuenv.rules.ptx_language import cuda_of_ptx


@pytest.mark.parametrize(
    ("language", "cuda"),
    [
        ((1, 8), None),
        ((6, 5), None),
        ((7, 0), "11.0"),
        ((7, 8), "11.8"),
        ((8, 0), "12.0"),
        ((8, 4), "12.4"),
        ((8, 5), "12.5"),
        ((8, 6), "12.7"),
        ((8, 7), "12.8"),
        ((8, 8), "12.9"),
        ((9, 0), "13.0"),
        ((9, 4), "13.4"),
    ],
)
def test_a_version_of_ptx_came_with_a_version_of_cuda(language: tuple[int, int], cuda: str | None) -> None:
    found = cuda_of_ptx(language)
    assert (str(found) if found else None) == cuda
