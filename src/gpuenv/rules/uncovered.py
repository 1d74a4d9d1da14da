"""What a GPU needs of the native libraries of an environment and does not get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.notice import Notice
from gpuenv.rules.library_names import variant_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.binaries import JudgedFile
    from gpuenv.models.cuda import CudaVersion
    from gpuenv.models.hardware import Gpu


def uncovered(
    judged: Sequence[JudgedFile], gpus: Sequence[Gpu], *, driver_cuda: CudaVersion | None = None
) -> tuple[Notice, ...]:
    """Tell per GPU which needed libraries have nothing for it; the verdicts are in the order of `gpus`.

    Of libraries that come once per CUDA version (`libbitsandbytes_cuda128.so`) only one is loaded: one is enough.
    """
    if gpus and judged and not any(file.verdicts for file in judged):
        return (Notice.of("no-gpu-code", files=_packages(judged)),)
    return tuple(notice for number, gpu in enumerate(gpus) for notice in _of_gpu(judged, gpu, number, driver_cuda))


def _of_gpu(judged: Sequence[JudgedFile], gpu: Gpu, number: int, driver_cuda: CudaVersion | None) -> Iterator[Notice]:
    lacking = _lacking(judged, number)
    waiting = [file for file in lacking if file.verdicts[number][1].reason == "ptx-needs-newer-driver"]
    others = [file for file in lacking if file not in waiting]
    if others:
        yield Notice.of(
            "libraries-lack-gpu",
            gpu=gpu.label,
            files=tuple(file.filename for file in others),
            packages=_packages(others),
        )
    if waiting:
        needed = [cuda for file in waiting if (cuda := file.verdicts[number][1].needs_cuda) is not None]
        yield Notice.of(
            "library-ptx-needs-newer-driver",
            gpu=gpu.label,
            files=tuple(file.filename for file in waiting),
            packages=_packages(waiting),
            cuda=str(max(needed)) if needed else None,
            driver_cuda=str(driver_cuda) if driver_cuda else None,
        )


def _packages(files: Sequence[JudgedFile]) -> tuple[str, ...]:
    """Name the distributions that files are of; a file that none owns is named by itself."""
    return tuple(dict.fromkeys(file.file.distribution or file.filename for file in files))


def _lacking(judged: Sequence[JudgedFile], number: int) -> list[JudgedFile]:
    variants: dict[tuple[str | None, str], list[JudgedFile]] = {}
    for file in judged:
        if file.verdicts and file.is_required:
            variants.setdefault((file.file.distribution, variant_of(file.file.path)), []).append(file)
    return [
        file
        for files in variants.values()
        if all(file.verdicts[number][1].kind == "none" for file in files)
        for file in files
    ]


def uncovered_beside(judged: Sequence[JudgedFile], gpus: Sequence[Gpu]) -> tuple[Notice, ...]:
    """Tell which packages that nothing asked for have libraries without code for some of the GPUs: no fault of a plan.

    One notice for each distribution, and for each library that none owns.
    """
    lacking: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for number, gpu in enumerate(gpus):
        for file in _lacking(judged, number):
            files, cards = lacking.setdefault(file.file.distribution or file.filename, ({}, {}))
            files[file.filename] = None
            cards[gpu.label] = None
    return tuple(
        Notice.of("unasked-libraries-lack-gpu", packages=(package,), files=tuple(files), gpus=tuple(cards))
        for package, (files, cards) in lacking.items()
    )
