"""From an error message to its cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import re

    from packaging.specifiers import SpecifierSet

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.notice import Notice

Confidence = Literal["high", "medium", "low"]

CauseClass = Literal[
    "arch-too-new-for-build",
    "arch-dropped-by-build",
    "extension-arch-missing",
    "driver-too-old",
    "no-driver",
    "cpu-only-build",
    "nvrtc-too-old",
    "ort-cpu-shadowing",
    "ort-cuda-major-mismatch",
    "ort-cudnn-mismatch",
    "ort-missing-cuda-libs",
    "torchvision-mismatch",
    "toolkit-mismatch",
    "toolkit-too-old-for-arch",
    "other",
    "no-known-cause",
]
"""The coarse kinds of causes, as incidents are counted; the code of a cause is finer."""
CAUSE_CLASSES: tuple[CauseClass, ...] = get_args(CauseClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One possible cause of a fault."""

    cause: Notice
    """The code of the cause, as fine as can be told, with its facts."""
    cause_class: CauseClass
    confidence: Confidence
    evidence: tuple[str, ...] = ()
    """The lines of the text, and the facts of the machine, that speak for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisReport:
    """The primary cause, and what else was looked at."""

    primary: Diagnosis | None
    others: tuple[Diagnosis, ...] = ()


class Decision(Enum):
    """How the facts decide between the causes that one wording can have."""

    FIRST = "first"
    """They need not: the wording has one cause."""
    ARCHITECTURE = "architecture"
    """The GPU's compute capability against the architectures of the build."""
    EXTENSION_ARCHITECTURE = "extension-architecture"
    """As above where an extension, not torch, has printed it."""
    PTX_ORIGIN = "ptx-origin"
    """The architecture that the code was compiled for tells whose code it is."""
    ONNXRUNTIME_REQUIREMENT = "onnxruntime-requirement"
    """The CUDA and cuDNN majors that ONNX Runtime asks for against those that are there."""
    ONNXRUNTIME_LIBRARY = "onnxruntime-library"
    """The major in the name of the missing library against the CUDA that is there."""
    ONNXRUNTIME_PROVIDER = "onnxruntime-provider"
    """Which ONNX Runtime packages are installed."""
    MISSING_LIBRARY = "missing-library"
    """Who asked for the missing library."""
    UNDEFINED_SYMBOL = "undefined-symbol"
    """Whose symbol it is, and in which library it was missed."""
    TOOLKIT_ARCHITECTURE = "toolkit-architecture"
    """Whether nvcc is too old for the architecture or has dropped it."""
    DRIVER_COMBINATION = "driver-combination"
    """Errors 803 and 804: on the machine itself, or a libcuda of the container's."""
    DRIVER_INSUFFICIENT = "driver-insufficient"
    """An old driver, or none at all."""
    NO_DRIVER = "no-driver"
    """WSL 1, a container, or a machine without driver."""
    CPU_BUILD = "cpu-build"
    """A CPU build, or another interpreter than the one that was mended."""
    MASK = "mask"
    """The text hides the cause: only versions and measured facts can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """One cause that a text can have."""

    code: str
    cause_class: CauseClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One wording of an error across versions, and what it can mean."""

    id: str
    cores: tuple[str, ...]
    """Short literals, any of which must be in the text; case, whitespace and quotation marks do not count."""
    near: tuple[str, ...]
    """Literals that must all stand near the core."""
    anywhere: tuple[str, ...]
    """Literals of which one must be somewhere in the text; () asks for none."""
    unless: tuple[str, ...]
    """Literals near the core that make it mean something else."""
    extract: tuple[re.Pattern[str], ...]
    """Named groups to read from the text around the core, whitespace removed."""
    causes: tuple[str, ...]
    """Codes, the likeliest first."""
    decision: Decision
    confidence: Confidence
    """If the facts need not decide."""
    weight: int
    """0 to 100: how close to the root of the trouble; the heaviest found becomes the primary cause."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFamily:
    """GPU names as people write them, with one compute capability."""

    pattern: re.Pattern[str]
    capability: ComputeCapability
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFact:
    """What a version of a package needs, where no matrix table says so."""

    package: str
    versions: SpecifierSet
    capability_min: ComputeCapability | None
    """Lowest compute capability that its wheels have code for."""
    cuda_major: int | None
    """CUDA major that its wheels load."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBook:
    """All that a matrix version knows of error texts."""

    causes: tuple[CauseRow, ...]
    signatures: tuple[Signature, ...]
    families: tuple[GpuFamily, ...]
    """In the order in which they are tried: the more special names first."""
    packages: tuple[PackageFact, ...]

    def cause_class(self, code: str) -> CauseClass:
        """The class of a cause; `KeyError` for a code without a row."""
        for row in self.causes:
            if row.code == code:
                return row.cause_class
        raise KeyError(code)
