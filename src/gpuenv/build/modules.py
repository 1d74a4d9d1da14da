"""Names the extension modules in a wheel: what an import of it has to load."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_MODULE: Final = re.compile(
    r"(?P<path>(?:[A-Za-z_]\w*/)*[A-Za-z_]\w*)\.(?:cpython-3\w*-[\w-]+\.so|abi3\.so|cp3\w*-\w+\.pyd)"
)


def extension_modules(wheel: Path) -> tuple[str, ...]:
    """List the modules by their import names, sorted; a library that only states `.so` is none of Python's."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return tuple(sorted({found["path"].replace("/", ".") for name in names if (found := _MODULE.fullmatch(name))}))
