"""What the parts of a native library are to a reader of GPU code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a section can hold."""

    RUNTIME = "runtime"
    """Containers whose images the CUDA runtime loads."""
    RELOCATABLE = "relocatable"
    """Containers of images that are loaded only after a device link."""
    DATA = "data"
    """Any data: it may hold containers that the library loads by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One stretch of a file."""

    role: Role
    start: int
    """Offsets in bytes from the beginning of the file."""
    end: int
