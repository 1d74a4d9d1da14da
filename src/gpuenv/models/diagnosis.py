"""From an error message to its cause."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, get_args

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from gpuenv.models.cuda import ComputeCapability
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import Driver, Gpu
    from gpuenv.models.notice import Notice
    from gpuenv.models.platform import Platform, PythonVersion
    from gpuenv.models.resolution import Conflict, Resolution
    from gpuenv.models.target import Target

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
class FaultFacts:
    """The machine and the packages that a fault is of, measured or as the text tells them."""

    gpus: tuple[Gpu, ...]
    driver: Driver | None
    platform: Platform | None
    python: PythonVersion | None
    packages: Mapping[str, Version | None]
    """By canonical name, torch with its CUDA tag as local label where that is known; None for one without a version."""
    environment: Environment | None
    """None where the text is of another one, or nobody knows of which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisReport:
    """The primary cause, and what else was looked at."""

    primary: Diagnosis | None
    others: tuple[Diagnosis, ...] = ()
    rivals: tuple[str, ...] = ()
    """Codes of causes that the facts did not tell from the primary one."""
    facts: FaultFacts | None = None
    """None without a cause."""


class Remedy(Enum):
    """What kind of thing removes a cause."""

    TORCH = "torch"
    """Another build of torch."""
    PAIR = "pair"
    """The companions that belong to the installed torch."""
    ONNXRUNTIME = "onnxruntime"
    """Another ONNX Runtime."""
    DRIVER = "driver"
    """The driver, or how it reaches this place."""
    SOURCE_BUILD = "source-build"
    """A compilation done in another way."""
    TOOLKIT = "toolkit"
    """A CUDA toolkit and a torch of one major, whichever of them is changed."""
    EXTENSION = "extension"
    """Another release or build of a package outside the family."""
    SETTING = "setting"
    """A variable, a search path, an option of the program."""
    INSTALLER = "installer"
    """What the installer works with: disk, network, cache."""
    NOTHING = "nothing"
    """The installation is sound."""

    @property
    def is_build(self) -> bool:
        """Whether another build of the GPU family removes the cause."""
        return self in {Remedy.TORCH, Remedy.PAIR, Remedy.ONNXRUNTIME}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyRow:
    """What removes the causes of these codes."""

    remedy: Remedy
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What mends the primary cause: exact builds, or the reason why no wheel does."""

    remedy: Remedy
    target: Target | None = None
    """What was resolved for; None where nothing was."""
    outcome: Resolution | Conflict | None = None
    """The builds; the reason why there are none; None where another remedy is needed, or no GPU is known."""
    assumed: tuple[str, ...] = ()
    """What the text does not tell and was taken to be usual: `platform`, `python`, `driver`."""
    is_pinned: bool = False
    """The matrix takes the failing build to serve: only the exact builds, named, lead away from it."""
    is_in_place: bool = False
    """What would be installed is there already: another Python is at fault."""


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
    remedies: tuple[RemedyRow, ...] = ()

    def remedy(self, code: str) -> Remedy | None:
        """What removes a cause; None where the book does not say."""
        return next((row.remedy for row in self.remedies if code in row.codes), None)

    def cause_class(self, code: str) -> CauseClass:
        """The class of a cause; `KeyError` for a code without a row."""
        for row in self.causes:
            if row.code == code:
                return row.cause_class
        raise KeyError(code)
