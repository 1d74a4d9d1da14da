"""What the parts of a native library are to a reader of GPU code."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Role(Enum):
    """What a section can hold."""

    RUNTIME = "runtime"
    """Containers whose images the CUDA runtime loads."""
    RELOCATABLE = "relocatable"
    """Containers of images that are loaded only after a device link."""
    DATA = "data"
    """Any data: it may hold containers that the library loads by itself."""


class Region(NamedTuple):
    """One stretch of a file."""

    role: Role
    start: int
    """Offsets in bytes from the beginning of the file."""
    end: int
