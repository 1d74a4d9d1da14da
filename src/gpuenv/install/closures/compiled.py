"""Reads what `uv pip compile` printed: one pin per package, with hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_wheel_filename

from gpuenv.errors import GpuenvError
from gpuenv.project.pinned_lines import logical_lines, parse_pin, pinned_version, without_hashes

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.version import Version

    from gpuenv.models.execution import LockedPackage


def parse_compiled(text: str) -> tuple[LockedPackage, ...]:
    r"""Read the pins, in uv's order (by name).

    >>> parse_compiled("torch==2.0+cu126 \\\n    --hash=sha256:aa\n")[0].hashes
    ('sha256:aa',)

    Raises `compiled-not-understood` for a line that is no pin: it must not be passed over.
    """
    return tuple(_package(line) for line in logical_lines(text))


def _package(line: str) -> LockedPackage:
    try:
        return parse_pin(line, _version)
    except ValueError as error:
        raise GpuenvError("compiled-not-understood", line=without_hashes(line)) from error


def _version(requirement: Requirement) -> Version:
    if requirement.url is not None:
        filename = unquote(urlsplit(requirement.url).path.rpartition("/")[2])
        return parse_wheel_filename(filename)[1]
    return pinned_version(requirement)
