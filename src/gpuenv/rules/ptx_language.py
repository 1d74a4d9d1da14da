"""Which CUDA version a driver must speak to compile PTX, by the version of the language that the PTX is written in."""

from __future__ import annotations

from typing import Final

from gpuenv.models.cuda import CudaVersion

_CUDA_13: Final = (9, 0)
_EXCEPTIONS: Final = {(8, 5): (12, 5), (8, 6): (12, 7)}
"""CUDA 12.6 brought no new version of the language."""
_FIRST: Final = (7, 0)


def cuda_of_ptx(language: tuple[int, int]) -> CudaVersion | None:
    """Name the first CUDA version whose driver knows a version of PTX; None for what every driver in use knows.

    PTX 7.n came with CUDA 11.n, 8.0 to 8.5 with 12.0 to 12.5, 8.6 to 8.8 with 12.7 to 12.9, 9.n with 13.n
    (PTX ISA documentation, release history).
    """
    major, minor = language
    if language < _FIRST:
        return None
    if language >= _CUDA_13 or major == _FIRST[0]:
        return CudaVersion(major=major + 4, minor=minor)
    found = _EXCEPTIONS.get(language, (12, minor + 1 if language > (8, 6) else minor))
    return CudaVersion(major=found[0], minor=found[1])
