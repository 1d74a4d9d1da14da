"""Reads the installed distributions of an environment from their dist-info folders, without importing any of them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from gpuenv.detect.environments.build_tags import read_build_tag
from gpuenv.detect.files import exists, read_text
from gpuenv.models.environment import InstalledDistribution
from gpuenv.models.settings import redact_url
from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement

_FOLDER: Final = re.compile(r"(?P<name>[^-]+(?:-[^-\d][^-]*)*)-(?P<version>\d[^-]*)(?:-.*)?\.(?:dist|egg)-info")
_EXTRA: Final = re.compile(r"\bextra\s*(?:==|in\b)")
"""Requirements of extras: whether one was asked for is recorded nowhere."""

_OWN_INSTALLERS: Final = frozenset({"pip", "uv", None})
"""Installers that always write RECORD; conda and the systems' packagers may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The fields of a METADATA file that we use."""

    name: str | None
    version: str | None
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What lies in the site-packages folders of an environment."""

    distributions: tuple[InstalledDistribution, ...]
    """Sorted by name."""
    remnants: tuple[str, ...]
    """Names of what an interrupted install left behind."""


def read_installed(folders: Sequence[Path], *, with_requirements: bool = True) -> Installed:
    """Read every distribution of those site-packages folders; `OSError` where one cannot be listed.

    Of two copies the one in the first folder counts, as it does for imports. To understand what each requires takes
    half of the time.
    """
    distributions: dict[str, InstalledDistribution] = {}
    remnants: list[str] = []
    for folder in dict.fromkeys(folders):
        if not exists(folder):
            continue
        for path in sorted(folder.iterdir()):
            if path.name.startswith("~"):
                remnants.append(path.name)
            elif path.name.endswith((".dist-info", ".egg-info")):
                found = _read_distribution(path, with_requirements=with_requirements)
                if found is None:
                    remnants.append(path.name)
                else:
                    distributions.setdefault(found.name, found)
    return Installed(
        distributions=tuple(distributions[name] for name in sorted(distributions)), remnants=tuple(remnants)
    )


def parse_metadata(text: str) -> Metadata:
    """Read the header of a METADATA or PKG-INFO file; the description after it is not looked at.

    Metadata-Version: 2.4
    Name: torch
    Version: 2.15.0
    Requires-Dist: filelock
    """
    header = text.replace("\r\n", "\n").partition("\n\n")[0]
    fields = [line.partition(":")[::2] for line in header.split("\n")]
    first = {name.lower(): value.strip() for name, value in reversed(fields)}
    return Metadata(
        name=first.get("name") or None,
        version=first.get("version") or None,
        requires=tuple(value.strip() for name, value in fields if name.lower() == "requires-dist"),
    )


def parse_direct_url(text: str) -> tuple[str | None, bool]:
    """Read direct_url.json (PEP 610): the URL without credentials, and whether it is an editable install.

    {"url": "file:///home/me/project", "dir_info": {"editable": true}}
    """
    try:
        told: Mapping[str, Any] = json.loads(text)
        url, editable = told.get("url"), told.get("dir_info", {}).get("editable")
    except (ValueError, AttributeError):
        return None, False
    return redact_url(url) if isinstance(url, str) else None, editable is True


def _read_distribution(path: Path, *, with_requirements: bool) -> InstalledDistribution | None:
    """Read one dist-info folder, or the egg-info folder or file of old tools; None for what names no version."""
    is_dist_info = path.suffix == ".dist-info"
    text = read_text(path / "METADATA") if is_dist_info else read_text(path / "PKG-INFO") or read_text(path)
    metadata = parse_metadata(text or "")
    folder_name = _FOLDER.fullmatch(path.name)
    name = metadata.name or (folder_name["name"] if folder_name else None)
    version = _version(metadata.version) or _version(folder_name["version"] if folder_name else None)
    if name is None or version is None:
        return None
    installer = (read_text(path / "INSTALLER") or "").strip() or None
    problems: list[str] = []
    if metadata.name is None or metadata.version is None:
        problems.append("metadata-missing")
    if is_dist_info and installer in _OWN_INSTALLERS and not exists(path / "RECORD"):
        problems.append("record-missing")
    direct_url, is_editable = parse_direct_url(read_text(path / "direct_url.json") or "{}")
    canonical = canonicalize_name(name)
    return InstalledDistribution(
        name=canonical,
        version=version,
        location=path,
        requires=_requirements(metadata.requires) if with_requirements else (),
        build_tag=read_build_tag(canonical, path.parent),
        installer=installer,
        is_editable=is_editable,
        direct_url=direct_url,
        problems=tuple(problems),
    )


def _requirements(lines: Iterable[str]) -> tuple[Requirement, ...]:
    """Parse requirements, without those of extras; one that no tool can parse binds nobody."""
    return tuple(
        found for line in lines if not _EXTRA.search(line) for found in (_requirement(line),) if found is not None
    )


@cache
def _requirement(line: str) -> Requirement | None:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - where they are asked for

    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _version(text: str | None) -> Version | None:
    try:
        return Version(text) if text else None
    except InvalidVersion:
        return None
