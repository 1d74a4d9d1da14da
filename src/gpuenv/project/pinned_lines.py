"""Reads requirement lines that pin one version each, with its hashes: what uv compiles, and locks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.execution import LockedPackage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HASH: Final = re.compile(r"--hash=(\S+)")


def logical_lines(text: str) -> Iterator[str]:
    """Join what a backslash continues; leave out comments and empty lines."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        content = line.strip()
        if content and not content.startswith("#"):
            yield content


def without_hashes(line: str) -> str:
    """Give the requirement of a line, as it is written."""
    return _HASH.split(line, maxsplit=1)[0].strip()


def pinned_version(requirement: Requirement) -> Version:
    """Give the one version that a requirement admits. Raises `ValueError` for any other."""
    (specifier,) = requirement.specifier
    if specifier.operator not in {"==", "==="}:
        raise ValueError(specifier)
    return Version(specifier.version)


def parse_pin(line: str, version_of: Callable[[Requirement], Version] = pinned_version) -> LockedPackage:
    """Read a line; `version_of` tells its version. Raises `ValueError` for a line that pins none."""
    requirement = Requirement(without_hashes(line))
    return LockedPackage(
        project=canonicalize_name(requirement.name),
        version=version_of(requirement),
        hashes=tuple(sorted(_HASH.findall(line))),
        extras=tuple(sorted(requirement.extras)),
        marker=str(requirement.marker) if requirement.marker is not None else None,
    )
