"""The version numbers of CUDA: compute capability, code architecture, toolkit version, driver version.

Four numbers that look alike and mean different things; each has its own type, so that none can be
compared with another.
"""

from __future__ import annotations

import re
from dataclasses import field
from functools import cache, total_ordering
from typing import Final, Literal

from gpuenv.models.value import dataclass

_CAPABILITY: Final = re.compile(r"(?:(?:sm|compute)_?)?(?P<digits>\d{2,3})|(?P<major>\d{1,2})\.(?P<minor>\d)")
_ARCHITECTURE: Final = re.compile(r"(?:sm_|compute_)?(?P<number>\d{2,3})(?P<suffix>[af]?)")
_CUDA_TAG: Final = re.compile(r"(?:nightly/)?cu(?P<major>\d{2})(?P<minor>\d)")

TEGRA_CAPABILITIES: Final = frozenset({(5, 3), (6, 2), (7, 2), (8, 7), (10, 1), (11, 0)})
"""Integrated GPUs of Jetson and Thor boards (NVIDIA CUDA GPUs page; Thor is 10.1 up to CUDA 12.x, then 11.0)."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ComputeCapability:
    """What the GPU hardware is, e.g. 12.0. In contrast to the CUDA version of a toolkit or a driver."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> ComputeCapability:
        """Read `12.0`, `120`, `sm_120` or `compute_120`; `ValueError` for anything else."""
        found = _CAPABILITY.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        if found["digits"]:
            return cls(major=int(found["digits"][:-1]), minor=int(found["digits"][-1]))
        return cls(major=int(found["major"]), minor=int(found["minor"]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def sm(self) -> str:
        """The name of its machine code: `sm_120`."""
        return f"sm_{self.major}{self.minor}"

    @property
    def is_tegra(self) -> bool:
        """Whether this is an integrated Jetson or Thor GPU, which has code of its own (rule 1)."""
        return (self.major, self.minor) in TEGRA_CAPABILITIES


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Architecture:
    """What a piece of GPU code was compiled for: 120, 90a, 100f. Written `sm_` for SASS, `compute_` for PTX."""

    capability: ComputeCapability
    suffix: Literal["", "a", "f"] = ""
    """`a`: this exact capability only; `f`: this family only (CUDA C++ Programming Guide, 5.1)."""

    @classmethod
    def parse(cls, text: str) -> Architecture:
        """Read `90a`, `sm_90a` or `compute_90a`; `ValueError` for anything else."""
        found = _ARCHITECTURE.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        suffix: Literal["", "a", "f"]
        match found["suffix"]:
            case "a":
                suffix = "a"
            case "f":
                suffix = "f"
            case _:
                suffix = ""
        return cls(capability=ComputeCapability.parse(found["number"]), suffix=suffix)

    def __str__(self) -> str:
        return f"{self.capability.major}{self.capability.minor}{self.suffix}"

    @property
    def sm(self) -> str:
        """Its name as machine code: `sm_90a`."""
        return f"sm_{self}"

    @property
    def compute(self) -> str:
        """Its name as PTX: `compute_90a`."""
        return f"compute_{self}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CudaVersion:
    """A version of CUDA, e.g. 12.8: of a toolkit, of the build made with it, or the highest one a driver speaks."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> CudaVersion:
        """Read `12.8` or `12.8.1` (a patch number is dropped); `ValueError` for anything else."""
        numbers = text.strip().split(".")
        if len(numbers) < 2:  # noqa: PLR2004 - major and minor
            raise ValueError(text)
        return cls(major=int(numbers[0]), minor=int(numbers[1]))

    @classmethod
    def from_tag(cls, tag: str) -> CudaVersion | None:
        """Read the CUDA tag of a PyTorch index: `cu128` and `nightly/cu128` are 12.8; None for `cpu` and others."""
        return _version_of_tag(tag)

    @classmethod
    def from_driver_number(cls, number: int) -> CudaVersion:
        """Read the integer of `cuDriverGetVersion`: 12080 is 12.8."""
        return cls(major=number // 1000, minor=number % 1000 // 10)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def tag(self) -> str:
        """The CUDA tag: `cu128`."""
        return f"cu{self.major}{self.minor}"


@cache
def _version_of_tag(tag: str) -> CudaVersion | None:
    """Read a tag: some three hundred builds have a dozen of them."""
    found = _CUDA_TAG.fullmatch(tag)
    return None if found is None else CudaVersion(major=int(found["major"]), minor=int(found["minor"]))


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriverVersion:
    """The version of the NVIDIA kernel driver, e.g. 580.95.05. In contrast to the CUDA version it speaks."""

    text: str
    numbers: tuple[int, ...] = field(init=False, repr=False)
    """The numeric parts, for comparison: leading zeros carry no meaning, and 580 equals 580.0."""

    def __post_init__(self) -> None:
        parts = [int(part) for part in self.text.split(".")]
        while len(parts) > 1 and parts[-1] == 0:
            parts.pop()
        object.__setattr__(self, "numbers", tuple(parts))

    @classmethod
    def parse(cls, text: str) -> DriverVersion:
        """Read `580.95.05`, `572.16` or a bare branch `580`; `ValueError` for anything else."""
        cleaned = text.strip()
        if not re.fullmatch(r"\d{3}(\.\d+){0,3}", cleaned):
            raise ValueError(text)
        return cls(text=cleaned)

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: DriverVersion) -> bool:
        return self.numbers < other.numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DriverVersion) and self.numbers == other.numbers

    def __hash__(self) -> int:
        return hash(self.numbers)

    @property
    def branch(self) -> int:
        """The driver branch: 580 for R580."""
        return self.numbers[0]
