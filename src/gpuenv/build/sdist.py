"""Reads what pip says where it cannot fetch the source of a requirement."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROM_VERSIONS: Final = re.compile(r"\(from versions: (?P<listed>[^)]*)\)")
_NO_CONNECTION: Final = re.compile(r"Retrying \(|Could not fetch URL|connection error|Name or service not known")
_LINES: Final = 3
_WIDTH: Final = 300


def offered_versions(output: str) -> tuple[Version, ...] | None:
    """Read which versions have a source, ascending; None where pip says nothing of it, or reached no index.

    >>> [str(version) for version in offered_versions("ERROR: none of it (from versions: 1.0, 1.1.post1)")]
    ['1.0', '1.1.post1']
    >>> offered_versions("ERROR: Could not find a version that satisfies it (from versions: none)")
    ()
    """
    found = _FROM_VERSIONS.search(output)
    if found is None or _NO_CONNECTION.search(output):
        return None
    return tuple(sorted(_versions(found["listed"])))


def why_not_fetched(output: str) -> str:
    """Give the last complaints of a run that fetched nothing; where there are none, its last lines."""
    lines = [line.strip()[:_WIDTH] for line in output.strip().splitlines() if line.strip()]
    complaints = [line for line in lines if "error" in line.lower()]
    return " ".join(dict.fromkeys((complaints or lines)[-_LINES:]))


def _versions(listed: str) -> Iterator[Version]:
    for text in listed.split(","):
        with contextlib.suppress(InvalidVersion):  # `none`, or what an old project is called
            yield Version(text.strip())
