"""What was chosen and why: candidates, rejections, the resolution, or the conflict."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Literal

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version

    from gpuenv.models.cuda import Architecture, ComputeCapability, DriverVersion
    from gpuenv.models.hardware import Gpu
    from gpuenv.models.index import Source
    from gpuenv.models.matrix import Evidence, OnnxRuntimeBuild, TorchBuild
    from gpuenv.models.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How a build serves one GPU."""

    gpu: Gpu
    kind: Literal["sass", "ptx", "none"]
    via: Architecture | None
    """The code that runs there: the nearest cubin or PTX; None for `none`."""


class DriverFit(Enum):
    """How a build's CUDA version relates to the driver's."""

    DIRECT = "direct"
    """The build's CUDA version is not newer than the driver's."""
    MINOR = "minor"
    """Newer, of the same major: runs by minor-version compatibility."""
    FORWARD_COMPAT = "forward-compat"
    """Newer major, made loadable by a cuda-compat package."""
    UNKNOWN = "unknown"
    """No driver was stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One build of torch from one source."""

    build: TorchBuild
    source: Source

    @property
    def local(self) -> str:
        """The version as an installed environment would show it: `2.14.1+cu126`, and `2.15.0` from PyPI."""
        from gpuenv.models.index import SourceKind  # noqa: PLC0415 - a model without import cost

        if self.source.kind is SourceKind.PYPI or self.build.local is None:
            return str(self.build.version)
        return f"{self.build.version}+{self.build.local}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeCandidate:
    """One build of onnxruntime-gpu from one source."""

    build: OnnxRuntimeBuild
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A candidate that would have been preferred, and the fact that rejected it."""

    candidate: Candidate | RuntimeCandidate
    reason: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One project of the family at one exact version from one source."""

    project: str
    version: Version
    """With its local label where the wheel has one."""
    tag: str | None
    """CUDA tag of the build; None where the project has none (a pure companion)."""
    source: Source
    evidence: Evidence
    extras: tuple[str, ...] = ()
    is_flat: bool = False
    """Its index is one page per CUDA tag with all projects on it, as on some mirrors."""
    unhashed_url: str | None = field(default=None, repr=False)
    """Address of its wheel where the index publishes no hash of it; may hold credentials."""

    @property
    def requirement(self) -> str:
        """The exact requirement; `===` without a local label, so that no `+cpu` wheel can take its place."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.project}{extras}{'==' if self.version.local else '==='}{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What was chosen."""

    torch: Candidate | None
    """None where torch was neither asked for nor needed."""
    pins: tuple[Pin, ...]
    """Every member of the family, torch first."""
    coverage: tuple[Coverage, ...]
    """One per GPU of the target, in its order; empty for CPU."""
    driver_fit: DriverFit | None
    """None for CPU."""
    minimum_driver: DriverVersion | None
    """The oldest driver that runs this choice on these GPUs; None for CPU."""
    cudnn: Version | None
    constraints: tuple[str, ...] = ()
    """Limits on what the engine chooses beside the pins: `nvidia-cudnn-cu12<9.11` for a GPU that 9.11 dropped."""
    libraries: tuple[str, ...] = ()
    """Requirements for the wheels that bring CUDA and cuDNN, where neither torch nor an extra does."""
    excluded: tuple[str, ...] = ()
    """Projects that no dependency may bring in: `onnxruntime` beside `onnxruntime-gpu` (rule 7)."""
    kept: tuple[str, ...] = ()
    """Projects whose installed build stays (rule 9)."""
    rejected: tuple[Rejection, ...] = ()
    """What would have ranked higher, best first."""
    notes: tuple[Notice, ...] = ()
    """Warnings and remarks."""

    def pin(self, project: str) -> Pin | None:
        """The pin of that project, or None."""
        return next((pin for pin in self.pins if pin.project == project), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that the user can change, and the build that the change would give."""

    change: Notice
    would_give: str | None
    """`2.7.1+cu118`, or None where the change alone is known to be needed but not what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Some of the target's GPUs that one build covers together."""

    gpus: tuple[Gpu, ...]
    would_give: str
    select: str = ""
    """What shows only these to a program: `CUDA_VISIBLE_DEVICES=GPU-8a1c...`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An expected no: nothing serves this request on this target."""

    reason: Notice
    causes: tuple[Cause, ...] = ()
    subsets: tuple[Subset, ...] = ()
    """For several GPUs that no build covers together: the maximal sets that one build does."""
    rejected: tuple[Rejection, ...] = ()
    capabilities: tuple[ComputeCapability, ...] = ()
