"""The order of preference among candidates that all serve the target (rule 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.index import SourceKind
from gpuenv.models.resolution import DriverFit

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.resolution import Candidate
    from gpuenv.resolve.judgement import Judgement

_FIT_RANK: Final = {DriverFit.UNKNOWN: 0, DriverFit.MINOR: 0, DriverFit.FORWARD_COMPAT: 1, DriverFit.DIRECT: 2}
_SOURCE_RANK: Final = {SourceKind.PYTORCH: 0, SourceKind.PYPI: 1, SourceKind.FIND_LINKS: 2}
"""The same version and tag from several sources: the user's own wheels, then PyPI, since mirrors hold it."""

_NO_CUDA: Final = CudaVersion(major=0, minor=0)

Rank = tuple[bool, int, int, int, CudaVersion, int, int]


def rank(judgement: Judgement) -> Rank:
    """Rank a judged candidate among those of its version; the greatest is the best.

    Generators that the driver can load, direct before minor, SASS before PTX, better evidence first, then the highest
    tag; of one build, the source that has all the companions.
    """
    build = judgement.candidate.build
    return (
        judgement.refused_generator is None,
        0 if judgement.fit is None else _FIT_RANK[judgement.fit],
        -sum(served.kind == "ptx" for served in judgement.coverage),
        -build.provenance.evidence.rank,
        build.cuda or _NO_CUDA,
        -len(judgement.missing),
        _SOURCE_RANK[judgement.candidate.source.kind],
    )


def is_first_choice(candidate: Candidate, *, is_cpu: bool) -> bool:
    """Tell whether a candidate is of the kind that is wanted: official, and for CPU targets a CPU build.

    The others serve only where none of the kind does: cu129 after torch 2.8, and a CUDA build on a CPU.
    """
    return candidate.build.cuda is None if is_cpu else candidate.build.is_official


def would_rank_higher(refused: Candidate, chosen: Candidate, *, is_cpu: bool) -> bool:
    """Tell whether a refused candidate would have come before the chosen one on what is known without a target."""
    return _static_rank(refused, is_cpu=is_cpu) > _static_rank(chosen, is_cpu=is_cpu)


def _static_rank(candidate: Candidate, *, is_cpu: bool) -> tuple[bool, Version, CudaVersion]:
    return (
        is_first_choice(candidate, is_cpu=is_cpu),
        candidate.build.version,
        candidate.build.cuda or _NO_CUDA,
    )
