"""Makes a build of an installed torch that the matrix does not know, from its own files, so that it can be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.errors import GpuenvError
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import Evidence, Provenance, TorchBuild
from gpuenv.models.notice import Notice
from gpuenv.resolve.installed import installed_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary
    from gpuenv.models.environment import Environment, InstalledDistribution
    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.models.target import Target
    from gpuenv.resolve.tables import Tables

_LIBRARIES: Final = (
    *("libtorch_cuda.so", "libtorch_cuda_cu.so", "libtorch_cuda_cpp.so"),
    *("torch_cuda.dll", "torch_cuda_cu.dll", "torch_cuda_cpp.dll"),
)
"""The libraries whose code is that of a build: nightly builds, a company's own, and those of conda have them too."""


def with_unknown_torch(
    tables: Tables,
    environment: Environment | None,
    target: Target,
    surroundings: Surroundings,
    notes: list[Notice],
) -> Tables:
    """Let an installed torch that the matrix does not know join the tables; why it cannot is added to `notes`."""
    own = unknown_torch(environment, target, tables.matrix, surroundings)
    if own is None:
        return tables
    if isinstance(own, Notice):
        notes.append(own)
        return tables
    from gpuenv.workflow.measuring.joined_matrix import joined  # noqa: PLC0415 - only for a build that nobody knows

    return joined(tables, (own,))


def unknown_torch(
    environment: Environment | None, target: Target, matrix: CompatibilityMatrix, surroundings: Surroundings
) -> TorchBuild | Notice | None:
    """Read the installed torch if the matrix does not know it and the target is a GPU.

    A `Notice` where it cannot be judged; None where there is none of that kind: known, without CUDA, or broken.
    """
    found = environment.installed("torch") if environment is not None else None
    if environment is None or found is None or found.problems or target.is_cpu:
        return None
    tag = _tag_of(found)
    if installed_candidate(environment, target, matrix) is not None or (found.build_tag or tag) == "cpu":
        return None
    libraries = tuple(_libraries(environment, found))
    if tag is None or not libraries:
        return _not_judged(found, matrix, "no-cuda-library" if not libraries else "cuda-version-unknown")
    try:
        summaries = _read(libraries, environment, surroundings)
    except (GpuenvError, OSError) as error:
        return _not_judged(found, matrix, error.code if isinstance(error, GpuenvError) else type(error).__name__)
    if not any(summary.objects for summary in summaries):
        return _not_judged(found, matrix, "no-gpu-code")
    return _build(found, tag, summaries, environment, target, surroundings)


def _tag_of(found: InstalledDistribution) -> str | None:
    """Tell the CUDA tag by the package's own files, else by its local label."""
    for text in (found.build_tag, found.version.local):
        if text is not None and (text == "cpu" or CudaVersion.from_tag(text) is not None):
            return text
    return None


def _libraries(environment: Environment, found: InstalledDistribution) -> Iterator[Path]:
    """Find the libraries in the package, or in the library folder of a conda prefix."""
    for folder in (found.location.parent / "torch" / "lib", environment.root / "lib"):
        there = [folder / name for name in _LIBRARIES if (folder / name).is_file()]
        if there:
            yield from there
            return


def _read(libraries: tuple[Path, ...], environment: Environment, surroundings: Surroundings) -> list[CodeSummary]:
    """Read each library, or take what was read of the same file before."""
    from gpuenv.binaries.library import read_library  # noqa: PLC0415 - only for a build that nobody knows
    from gpuenv.project.folders import cache_folder  # noqa: PLC0415
    from gpuenv.workflow.libraries.cache import LibraryCache, stamp_of  # noqa: PLC0415
    from gpuenv.workflow.libraries.kept import library_as_json  # noqa: PLC0415

    now = surroundings.now.timestamp()
    cache = LibraryCache(cache_folder(surroundings) / "torch", environment=environment.site_packages, now=now)
    cache.load()
    summaries = []
    for path in libraries:
        stamp = stamp_of(str(path))
        facts = cache.library(str(path), stamp)
        if facts is None:
            facts = read_library(path)
            cache.keep_library(str(path), stamp, library_as_json(facts))
        summaries.append(facts.code)
    cache.save()
    return summaries


def _build(
    found: InstalledDistribution,
    tag: str,
    summaries: list[CodeSummary],
    environment: Environment,
    target: Target,
    surroundings: Surroundings,
) -> TorchBuild:
    """Make the build; no index has it, so that it is kept or replaced and never chosen for another environment."""
    from gpuenv.binaries.main_set import main_set  # noqa: PLC0415 - as above

    sets = [main_set(summary) for summary in summaries]
    triton = environment.installed("triton") or environment.installed("pytorch-triton")
    return TorchBuild(
        version=Version(found.version.public),
        tag=tag,
        platform=target.platform.name,
        sass=frozenset(code for one in sets for code in one.sass),
        ptx=frozenset(code for one in sets for code in one.ptx),
        ptx_is_known=True,
        python_min=target.python,
        python_max=target.python,
        local=found.version.local,
        on_pytorch_index=False,
        on_pypi=False,
        is_official=True,
        cudnn=_cudnn(environment),
        triton=SpecifierSet(f"=={triton.version.public}") if triton is not None else None,
        provenance=Provenance(
            evidence=Evidence.BINARY,
            source=f"the installed torch {found.version}: its libraries, read by gpuenv",
            verified=surroundings.now.date().isoformat(),
        ),
    )


def _cudnn(environment: Environment) -> Version | None:
    """Tell the cuDNN wheel that lies beside it."""
    return next(
        (Version(one.version.public) for one in environment.distributions if one.name.startswith("nvidia-cudnn-cu")),
        None,
    )


def _not_judged(found: InstalledDistribution, matrix: CompatibilityMatrix, reason: str) -> Notice:
    return Notice.of("installed-build-not-judged", build=str(found.version), reason=reason, matrix=matrix.version)
