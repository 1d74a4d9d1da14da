"""Gives the texts of matrix files their meaning: code sets, Python ranges, platforms."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from gpuenv.models.cuda import Architecture
from gpuenv.models.platform import PLATFORM_NAMES, PythonVersion

if TYPE_CHECKING:
    from gpuenv.models.platform import PlatformName

_TAG = re.compile(r"(?:nightly/)?(?:cu\d{3}|cpu)")
_PCI_DEVICE_ID = re.compile(r"[0-9A-F]{4}")


@cache
def parse_code_set(text: str) -> frozenset[Architecture]:
    """Read `75 80 90a`; an empty text is the empty set. `ValueError` for anything else and for repetitions."""
    words = text.split()
    found = frozenset(Architecture.parse(word) for word in words)
    if len(found) != len(words):
        raise ValueError(text)
    return found


@cache
def parse_python_range(text: str) -> tuple[PythonVersion, PythonVersion]:
    """Read `3.10..3.14`, both ends included; `ValueError` for anything else."""
    ends = text.split("..")
    if len(ends) != 2:  # noqa: PLR2004 - the two ends
        raise ValueError(text)
    oldest, newest = PythonVersion.parse(ends[0]), PythonVersion.parse(ends[1])
    if oldest > newest:
        raise ValueError(text)
    return oldest, newest


@cache
def parse_free_threaded(text: str) -> tuple[PythonVersion, ...]:
    """Read `3.13t 3.14t`; `ValueError` for anything else."""
    found = tuple(PythonVersion.parse(word) for word in text.split())
    if not all(python.free_threaded for python in found):
        raise ValueError(text)
    return found


def parse_glibc(text: str) -> tuple[int, int]:
    """Read `2.28`, as the tag manylinux_2_28 means it; `ValueError` for anything else."""
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def parse_version(text: str) -> Version:
    """Read a public version number, 2.14.1; `ValueError` for anything else and for a local label."""
    version = Version(text)
    if version.local is not None:
        raise ValueError(text)
    return version


def parse_specifiers(text: str) -> SpecifierSet:
    """Read `>=2.14.0`; `ValueError` for anything else."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ValueError(text) from error


def parse_platform(text: str) -> PlatformName:
    """Read `linux-x86_64`; `ValueError` for a platform that gpuenv does not know."""
    for name in PLATFORM_NAMES:
        if name == text:
            return name
    raise ValueError(text)


def parse_tag(text: str) -> str:
    """Read `cu130`, `cpu` or `nightly/cu132`; `ValueError` for anything else."""
    if not _TAG.fullmatch(text):
        raise ValueError(text)
    return text


@cache
def parse_tags(text: str) -> frozenset[str]:
    """Read `cpu cu126 cu130`; `ValueError` for anything else."""
    return frozenset(parse_tag(word) for word in text.split())


def parse_pci_device_ids(text: str) -> tuple[str, ...]:
    """Read `2D98 2DD8`; `ValueError` for anything else."""
    words = tuple(text.split())
    if not all(_PCI_DEVICE_ID.fullmatch(word) for word in words):
        raise ValueError(text)
    return words


def parse_project(text: str) -> str:
    """Read the name of a companion of torch; `ValueError` for anything else."""
    if text not in {"torchvision", "torchaudio"}:
        raise ValueError(text)
    return text
