"""Reads what a source tree says that its own build needs (PEP 518)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from gpuenv.errors import GpuenvError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

_WITHOUT_PYPROJECT: Final = ("setuptools", "wheel")
_LAST_WITH_PKG_RESOURCES: Final = "setuptools<81"
"""Setup scripts from before 2025 import `pkg_resources`, which setuptools 81 announced to drop and 82 dropped."""


def read_build_requirements(tree: Path) -> tuple[Requirement, ...]:
    """Read `[build-system] requires` of a tree; without it, what a `setup.py` needs.

    Raises `build-system-invalid` for a `pyproject.toml` that does not say it in the standard's terms.
    """
    file, script = tree / "pyproject.toml", tree / "setup.py"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    try:
        stated = parse_build_requirements(text)
    except (ValueError, InvalidRequirement) as error:
        raise GpuenvError("build-system-invalid", file=str(file), detail=str(error)) from error
    if script.is_file() and "pkg_resources" in script.read_text(encoding="utf-8", errors="replace"):
        return (*stated, Requirement(_LAST_WITH_PKG_RESOURCES))
    return stated


def parse_build_requirements(text: str) -> tuple[Requirement, ...]:
    r"""Read the text of a `pyproject.toml`; `ValueError` and `InvalidRequirement` for what has no meaning.

    >>> [str(found) for found in parse_build_requirements('[build-system]\\nrequires = ["setuptools>=64", "torch"]')]
    ['setuptools>=64', 'torch']
    """
    table: dict[str, Any] = tomllib.loads(text)
    system = table.get("build-system", {})
    requires = system.get("requires", _WITHOUT_PYPROJECT) if isinstance(system, dict) else None
    if not isinstance(requires, (list, tuple)) or not all(isinstance(item, str) for item in requires):
        raise ValueError("build-system.requires")
    return tuple(Requirement(item) for item in requires)
