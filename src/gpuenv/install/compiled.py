"""Reads what `uv pip compile` printed: one pin per package, with hashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from gpuenv.errors import GpuenvError
from gpuenv.models.execution import LockedPackage

if TYPE_CHECKING:
    from collections.abc import Iterator

_HASH: Final = re.compile(r"--hash=(\S+)")


def parse_compiled(text: str) -> tuple[LockedPackage, ...]:
    r"""Read the pins, in uv's order (by name).

    >>> parse_compiled("torch==2.0+cu126 \\\n    --hash=sha256:aa\n")[0].hashes
    ('sha256:aa',)

    Raises `compiled-not-understood` for a line that is no pin: it must not be passed over.
    """
    return tuple(_package(line) for line in _logical_lines(text))


def _logical_lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        content = line.strip()
        if content and not content.startswith("#"):
            yield content


def _package(line: str) -> LockedPackage:
    written = _HASH.split(line, maxsplit=1)[0].strip()
    try:
        requirement = Requirement(written)
        version = _version(requirement)
    except (InvalidRequirement, InvalidVersion, InvalidWheelFilename, ValueError) as error:
        raise GpuenvError("compiled-not-understood", line=written) from error
    return LockedPackage(
        project=canonicalize_name(requirement.name),
        version=version,
        hashes=tuple(sorted(_HASH.findall(line))),
        extras=tuple(sorted(requirement.extras)),
        marker=str(requirement.marker) if requirement.marker is not None else None,
    )


def _version(requirement: Requirement) -> Version:
    if requirement.url is not None:
        filename = unquote(urlsplit(requirement.url).path.rpartition("/")[2])
        return parse_wheel_filename(filename)[1]
    (specifier,) = requirement.specifier
    if specifier.operator not in {"==", "==="}:
        raise ValueError(specifier)
    return Version(specifier.version)
