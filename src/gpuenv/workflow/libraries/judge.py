"""Gathers what a verdict on native libraries rests on, and judges them for the GPUs of a target."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from gpuenv.errors import UsageError
from gpuenv.matrix.architectures_file import parse_architectures
from gpuenv.matrix.catalog import load_gpu_models
from gpuenv.matrix.cuda_file import parse_cuda
from gpuenv.matrix.folder import read_table
from gpuenv.matrix.shelf import find_matrix
from gpuenv.models.cuda import CudaVersion
from gpuenv.models.platform import PythonVersion
from gpuenv.models.resolution import Conflict
from gpuenv.models.value import dataclass
from gpuenv.project.folders import matrix_cache
from gpuenv.rules.containers import joined
from gpuenv.rules.driver import driver_cuda
from gpuenv.rules.known_libraries import KnownLibraries
from gpuenv.rules.library_names import family_of, is_optional
from gpuenv.rules.library_verdict import Circumstances, rank, verdicts_for
from gpuenv.workflow.target import choose_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gpuenv.models.binaries import CodeSummary, JudgedFile
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.matrix import ArchitectureRow
    from gpuenv.models.platform import Platform
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.options import Options


_WITHOUT_VERDICT: Final = (3, 1.0)
"""The rank of a file without GPU code: behind the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryJudge:
    """The GPUs that libraries are judged for, and what is known beside the code."""

    gpus: tuple[Gpu, ...]
    driver_cuda: CudaVersion | None
    architectures: tuple[ArchitectureRow, ...]
    environment: Environment | None
    """None where single files or wheels are judged: then nothing is known of what stands beside them."""


def choose_judge(
    options: Options, environment: Environment | None, surroundings: Surroundings
) -> LibraryJudge | Conflict:
    """Find the target; `inspect-needs-gpu` for one without GPUs."""
    here = PythonVersion(major=sys.version_info.major, minor=sys.version_info.minor)
    cache = matrix_cache(surroundings)
    chosen = choose_target(
        options,
        surroundings,
        python=environment.python_version if environment is not None else here,
        gpu_models=lambda: load_gpu_models(options.matrix, cwd=surroundings.cwd, cache=cache),
    )
    if isinstance(chosen, Conflict):
        return chosen
    if not chosen.target.gpus:
        raise UsageError("inspect-needs-gpu", target=options.target)
    return make_judge(
        chosen.target.gpus,
        chosen.target.driver,
        chosen.target.platform,
        environment,
        surroundings,
        matrix=options.matrix,
    )


def make_judge(
    gpus: tuple[Gpu, ...],
    driver: Driver | None,
    platform: Platform | None,
    environment: Environment | None,
    surroundings: Surroundings,
    *,
    matrix: str | None,
) -> LibraryJudge:
    """Read of the matrix what verdicts rest on."""
    folder = find_matrix(matrix, cwd=surroundings.cwd, cache=matrix_cache(surroundings))
    spoken = (
        _driver_cuda(driver, platform, folder, surroundings) if driver is not None and platform is not None else None
    )
    table = read_table(folder, "architectures.toml", cache=matrix_cache(surroundings))
    return LibraryJudge(
        gpus=gpus, driver_cuda=spoken, architectures=parse_architectures(table).rows, environment=environment
    )


def judge_files(files: Sequence[JudgedFile], judge: LibraryJudge) -> list[JudgedFile]:
    """Judge each file for each GPU; those of a family together."""
    families: dict[tuple[str, str], list[CodeSummary]] = {}
    for file in files:
        family = family_of(file.filename)
        if family is not None:
            families.setdefault((_home(file), family), []).append(file.file.summary)
    together = {key: joined(summaries) for key, summaries in families.items()}
    known = _known(judge)
    judged = []
    for file in files:
        family = family_of(file.filename)
        summary = file.file.summary if family is None else together[_home(file), family]
        circumstances = Circumstances(
            driver_cuda=judge.driver_cuda, build_cuda=_build_cuda(file, judge.environment), known=known
        )
        has_code = bool(file.file.summary.objects)
        judged.append(
            replace(
                file,
                verdicts=verdicts_for(file.filename, summary, judge.gpus, circumstances) if has_code else (),
                is_required=not is_optional(file.filename),
                chooses=family is not None,
            )
        )
    return judged


def worst_first(judged: Iterable[JudgedFile]) -> list[JudgedFile]:
    """Order files: needed ones before the others, the worst verdict first; of equal ones that with more of them."""

    def badness(file: JudgedFile) -> tuple[bool, list[int], list[tuple[int, float]], str]:
        ranks = sorted(rank(verdict) for _, verdict in file.verdicts) or [_WITHOUT_VERDICT]
        # Where a library chooses its kernels itself the share of containers says nothing.
        shares = [] if file.chooses else ranks
        return not file.is_required, [kind for kind, _ in ranks], shares, file.file.path

    return sorted(judged, key=badness)


def toolkit_of(environment: Environment) -> CudaVersion | None:
    """Tell the CUDA version of the toolkit libraries in an environment; None where no distribution tells it."""
    for name in ("cuda-toolkit", "nvidia-cuda-runtime", "nvidia-cuda-runtime-cu13", "nvidia-cuda-runtime-cu12"):
        found = environment.installed(name)
        if found is not None:
            return CudaVersion.parse(found.version.base_version)
    torch = environment.installed("torch")
    return CudaVersion.from_tag(torch.build_tag) if torch is not None and torch.build_tag else None


def _known(judge: LibraryJudge) -> KnownLibraries | None:
    if judge.environment is None:
        return None
    cudnn = next((one for one in judge.environment.distributions if one.name.startswith("nvidia-cudnn-cu")), None)
    return KnownLibraries(
        toolkit=toolkit_of(judge.environment),
        cudnn=cudnn.version if cudnn is not None else None,
        architectures=judge.architectures,
    )


def _build_cuda(file: JudgedFile, environment: Environment | None) -> CudaVersion | None:
    """Tell the CUDA version that a library's distribution says it was built with."""
    if environment is None or file.file.distribution is None:
        return None
    found = environment.installed(file.file.distribution)
    return CudaVersion.from_tag(found.build_tag) if found is not None and found.build_tag else None


def _home(file: JudgedFile) -> str:
    """Name what the members of a family have in common: the distribution, else the folder."""
    return file.file.distribution or str(PurePath(file.file.path).parent)


def _driver_cuda(driver: Driver, platform: Platform, folder: Path, surroundings: Surroundings) -> CudaVersion | None:
    releases = parse_cuda(read_table(folder, "cuda.toml", cache=matrix_cache(surroundings))).releases
    return driver_cuda(driver, platform, releases)
