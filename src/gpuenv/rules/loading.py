"""What the needs of native libraries mean: which cannot be loaded, and which CUDA majors they bring together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gpuenv.models.notice import Notice
from gpuenv.rules.library_names import is_optional

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gpuenv.models.binaries import JudgedFile
    from gpuenv.models.loading import LibraryNeeds, SharedFile

_CUDA_SO: Final = re.compile(r"lib(?:cudart|cublas|cublasLt|nvrtc|nvJitLink)\.so\.(\d{2})(?:[.\d]*)")
_CUDA_DLL: Final = re.compile(
    r"(?:cudart64|cublas64|cublaslt64|nvrtc64|nvjitlink)_(\d{2,3})(?:_\d+)?\.dll", re.IGNORECASE
)
"""Libraries whose names carry the CUDA major: `libcublas.so.12`, `cudart64_12.dll`, `nvrtc64_120_0.dll`."""
_MAJOR_DIGITS: Final = 2
"""`cudart64_110.dll` and `nvrtc64_120_0.dll` carry the minor version as a third digit."""

_NVIDIA: Final = re.compile(r"nvidia-|cuda-(?:bindings|toolkit|pathfinder)$")
"""Distributions that bring CUDA itself: they are of the CUDA that they are, for whoever needs it."""

_BRINGS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"(?:lib)?cublas(?:Lt)?(?:64_|\.so)", re.IGNORECASE), "nvidia-cublas"),
    (re.compile(r"(?:lib)?cudart(?:64_|\.so)"), "nvidia-cuda-runtime"),
    (re.compile(r"(?:lib)?cudnn[a-z_]*(?:64_|\.so)"), "nvidia-cudnn"),
    (re.compile(r"(?:lib)?cufftw?(?:64_|\.so)"), "nvidia-cufft"),
    (re.compile(r"(?:lib)?curand(?:64_|\.so)"), "nvidia-curand"),
    (re.compile(r"(?:lib)?cusolver(?:Mg)?(?:64_|\.so)"), "nvidia-cusolver"),
    (re.compile(r"(?:lib)?cusparse(?:64_|\.so)"), "nvidia-cusparse"),
    (re.compile(r"(?:lib)?nvrtc(?:64_|\.so)"), "nvidia-cuda-nvrtc"),
    (re.compile(r"(?:lib)?nvJitLink(?:_|\.so)", re.IGNORECASE), "nvidia-nvjitlink"),
    (re.compile(r"libnccl\.so"), "nvidia-nccl"),
)
"""The distributions that bring NVIDIA's libraries; up to CUDA 12 their names end in the major."""
_ALWAYS_WITH_MAJOR: Final = frozenset({"nvidia-cudnn", "nvidia-nccl"})
_LAST_WITH_MAJOR: Final = 12

_MSVC: Final = re.compile(r"(?:vcruntime140(?:_1)?|msvcp140(?:_\w+)?|concrt140|vcomp140)\.dll", re.IGNORECASE)


def unloadable(
    judged: Iterable[JudgedFile],
    missing: Mapping[str, Sequence[str]],
    needs: Mapping[str, LibraryNeeds],
    *,
    environment: str,
) -> tuple[Notice, ...]:
    """Tell which libraries with GPU code cannot be loaded; `missing` are names with the paths that need them.

    A missing MSVC runtime is one fault of the machine, told once.
    """
    found = []
    for file in judged:
        gone = [name for name, paths in missing.items() if file.file.path in paths]
        others = tuple(name for name in gone if not _MSVC.fullmatch(name))
        if others and file.file.summary.objects and not is_optional(file.filename):
            major = cuda_major(needs[file.file.path])
            packages = dict.fromkeys(package for name in others if (package := brought_by(name, major)) is not None)
            found.append(
                Notice.of(
                    "gpu-library-cannot-load",
                    file=file.filename,
                    distribution=file.file.distribution,
                    libraries=others,
                    packages=" ".join(packages) or None,
                    environment=environment,
                )
            )
    of_msvc = [name for name in missing if _MSVC.fullmatch(name)]
    if of_msvc:
        found.append(Notice.of("msvc-runtime-not-found", libraries=tuple(sorted(of_msvc))))
    return tuple(found)


def brought_by(name: str, cuda: int | None) -> str | None:
    """Name the distribution that brings a library of NVIDIA's; None for others, and where the CUDA major decides."""
    distribution = next((found for pattern, found in _BRINGS if pattern.match(name)), None)
    if distribution is None or cuda is None:
        return None
    has_major = cuda <= _LAST_WITH_MAJOR or distribution in _ALWAYS_WITH_MAJOR
    return f"{distribution}-cu{cuda}" if has_major else distribution


def cuda_major(needs: LibraryNeeds) -> int | None:
    """Tell the CUDA major that a library is linked with; None for one that names no such library."""
    for name in (*needs.libraries, *needs.delayed):
        found = _CUDA_SO.fullmatch(name) or _CUDA_DLL.fullmatch(name)
        if found is not None:
            return int(found[1][:_MAJOR_DIGITS])
    return None


def cuda_majors(libraries: Iterable[tuple[str | None, LibraryNeeds]]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Tell the CUDA majors that the libraries of distributions are linked with, and which distributions those are."""
    users: dict[int, set[str]] = {}
    for distribution, needs in libraries:
        major = cuda_major(needs)
        if major is not None and distribution is not None and not _NVIDIA.match(distribution):
            users.setdefault(major, set()).add(distribution)
    return tuple((major, tuple(sorted(users[major]))) for major in sorted(users))


def mixed_majors(majors: Sequence[tuple[int, Sequence[str]]]) -> tuple[Notice, ...]:
    """Warn where distributions have no CUDA major in common (rule 6); one that brings several fits each of them."""
    everyone = {name for _, names in majors for name in names}
    if len(majors) < 2 or any(everyone == set(names) for _, names in majors):  # noqa: PLR2004 - two make a mixture
        return ()
    told = tuple(f"CUDA {major}: {' '.join(names)}" for major, names in majors)
    return (Notice.of("cuda-majors-mixed", majors=told),)


def shared_files(files: Iterable[SharedFile]) -> Iterator[Notice]:
    """Warn of distributions that overwrite each other's files (rule 7), once for each set of them."""
    folders: dict[tuple[str, ...], str] = {}
    for file in files:
        folders.setdefault(file.distributions, file.path)
    for distributions, path in folders.items():
        yield Notice.of("packages-share-files", packages=distributions, path=path)
