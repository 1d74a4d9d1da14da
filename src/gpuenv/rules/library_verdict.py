"""How the GPU code of one library serves a GPU: the share of its containers that hold an image which runs there.

A union over a library hides that a kernel is missing: in torch 2.15.0 one container of 476 holds sm_89, while all hold
sm_86. So containers are counted, not architectures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuenv.models.binaries import CodeKind, LibraryVerdict
from gpuenv.models.value import dataclass
from gpuenv.rules.containers import NEARLY_ALL, judged_containers, total
from gpuenv.rules.coverage import ptx_compiles_for, sass_runs_on
from gpuenv.rules.library_names import family_of
from gpuenv.rules.ptx_language import cuda_of_ptx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.models.binaries import CodeSummary, Images
    from gpuenv.models.cuda import Architecture, ComputeCapability, CudaVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.rules.known_libraries import KnownLibraries


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else decides whether code runs, as far as it is known."""

    driver_cuda: CudaVersion | None = None
    """The CUDA version that the driver speaks; None: no driver was stated, and PTX is taken to find one."""
    build_cuda: CudaVersion | None = None
    """The CUDA version that the library was built with: from 13.2 on, some code runs on Jetson too."""
    known: KnownLibraries | None = None


UNKNOWN = Circumstances()


def verdicts_for(
    filename: str, summary: CodeSummary, gpus: Iterable[Gpu], circumstances: Circumstances = UNKNOWN
) -> tuple[tuple[str, LibraryVerdict], ...]:
    """Judge a library for each GPU; one whose name stands for several capabilities gets the worst of them.

    `summary` is of the file, or for one of a family (`family_of`) of all the family's files.
    """
    family = family_of(filename)
    return tuple(
        (
            gpu.name,
            min(
                (_verdict(family, summary, capability, circumstances) for capability in gpu.capabilities),
                key=rank,
                default=LibraryVerdict(kind="none", share=0.0),
            ),
        )
        for gpu in gpus
    )


def rank(verdict: LibraryVerdict) -> tuple[int, float]:
    """Order verdicts, the worst first."""
    return ("none", "ptx", "sass").index(verdict.kind), verdict.share


def library_verdict(
    summary: CodeSummary,
    capability: ComputeCapability,
    circumstances: Circumstances = UNKNOWN,
    *,
    chooses: bool = False,
) -> LibraryVerdict:
    """Judge the code of one library for one GPU; `chooses`: it is of a family that picks its kernels itself."""
    judged = (*summary.combinations, *summary.embedded) if chooses else judged_containers(summary)
    count = total(judged)
    if not count:
        return LibraryVerdict(kind="none", share=0.0)
    ptx = _PtxRules(summary=summary, circumstances=circumstances, chooses=chooses)
    native = served = by_newer_driver = by_any_ptx = 0
    for images, number in judged:
        if _has_sass(images, capability, circumstances.build_cuda):
            native += number
        else:
            compiled = ptx.usable(images, capability)
            served += number * any(map(ptx.driver_compiles, compiled))
            by_newer_driver += number * bool(compiled)
            by_any_ptx += number * ptx.exists(images, capability)
    enough = 0.0 if chooses else NEARLY_ALL * count
    if native > enough:
        return LibraryVerdict(kind="sass", share=native / count)
    if native + served > enough:
        return LibraryVerdict(kind="ptx", share=(native + served) / count)
    share = (native + served) / count
    if native + by_newer_driver > enough:
        return LibraryVerdict(
            kind="none", share=share, reason="ptx-needs-newer-driver", needs_cuda=ptx.needed(capability)
        )
    if native + by_any_ptx > enough:
        return LibraryVerdict(kind="none", share=share, reason="ptx-older-than-machine-code")
    return LibraryVerdict(kind="none", share=share)


def _verdict(
    family: str | None, summary: CodeSummary, capability: ComputeCapability, circumstances: Circumstances
) -> LibraryVerdict:
    verdict = library_verdict(summary, capability, circumstances, chooses=family is not None)
    known = circumstances.known
    if family is not None and known is not None and verdict.kind != "none" and known.drops(family, capability):
        return LibraryVerdict(kind="none", share=verdict.share, reason="dropped-by-release")
    return verdict


def _has_sass(images: Images, capability: ComputeCapability, build_cuda: CudaVersion | None) -> bool:
    return any(
        kind is CodeKind.SASS and sass_runs_on(architecture, capability, build_cuda=build_cuda)
        for kind, architecture in images
    )


class _PtxRules:
    """Rule 3 over the containers of one library."""

    def __init__(self, *, summary: CodeSummary, circumstances: Circumstances, chooses: bool) -> None:
        self._cuda = {architecture: cuda_of_ptx(language) for architecture, language in summary.ptx_versions}
        self._driver_cuda = circumstances.driver_cuda
        self._chooses = chooses

    def exists(self, images: Images, capability: ComputeCapability) -> bool:
        """Whether any PTX of a container compiles for a GPU."""
        return any(_is_ptx_for(kind, code, capability) for kind, code in images)

    def usable(self, images: Images, capability: ComputeCapability) -> list[Architecture]:
        """List the PTX that serves a GPU: that of the newest architecture, unless the library chooses by itself.

        Older PTX beside newer machine code lacks the code paths that the library then calls, and ends in
        `this function is for sm80, but was built for sm370`.
        """
        newest = max(
            (code.capability for kind, code in images if kind is CodeKind.SASS and not code.suffix), default=None
        )
        return [
            code
            for kind, code in images
            if _is_ptx_for(kind, code, capability) and (self._chooses or newest is None or code.capability >= newest)
        ]

    def driver_compiles(self, code: Architecture) -> bool:
        """Whether the driver knows the language that PTX is written in; one that was not stated does."""
        needed = self._cuda.get(code)
        return needed is None or self._driver_cuda is None or needed <= self._driver_cuda

    def needed(self, capability: ComputeCapability) -> CudaVersion | None:
        """Name the lowest CUDA version of a driver that compiles PTX for a GPU."""
        found = [cuda for code, cuda in self._cuda.items() if cuda is not None and ptx_compiles_for(code, capability)]
        return min(found, default=None)


def _is_ptx_for(kind: CodeKind, code: Architecture, capability: ComputeCapability) -> bool:
    return kind is CodeKind.PTX and ptx_compiles_for(code, capability)
