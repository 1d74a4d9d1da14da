"""What the names of files tell: whether they can hold GPU code, and which distribution they belong to."""

from __future__ import annotations

import re
from typing import Final

_LOADED: Final = re.compile(r"\.(?:so(?:\.\d+)*|pyd|dll)$", re.IGNORECASE)
_NATIVE: Final = re.compile(r"\.(?:so(?:\.\d+)*|pyd|dll|o|obj|a|lib|fatbin)$", re.IGNORECASE)


def is_native(filename: str) -> bool:
    """Tell by its name whether a file can be a native library or object file."""
    return _NATIVE.search(filename) is not None


def is_loaded(filename: str) -> bool:
    """Likewise, whether it can be a library that programs load: no object file, no static library."""
    return _LOADED.search(filename) is not None


def distribution_of(filename: str) -> str | None:
    """Tell the distribution by a wheel's file name, e.g. `torch`; None where it is no wheel's."""
    return filename.partition("-")[0].replace("_", "-").lower() if filename.endswith(".whl") else None
