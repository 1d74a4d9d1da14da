"""Package indexes: the sources of the GPU family, and the wheels that they list."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING

from gpuenv.models.value import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag
    from packaging.utils import BuildTag, NormalizedName
    from packaging.version import Version

PYTORCH_INDEX_URL = "https://download.pytorch.org/whl"
"""Base of PyTorch's own indexes; `/cu130`, `/cpu`, `/nightly/cu132` follow. Can be replaced by a mirror."""


class SourceKind(Enum):
    """The kinds of places that builds of the GPU family come from."""

    PYTORCH = "pytorch"
    """PyTorch-style indexes, one per CUDA tag below a base URL or folder."""
    PYPI = "pypi"
    """The default index as uv and pip are configured: gpuenv itself never talks to it."""
    FIND_LINKS = "find-links"
    """One flat page or folder of wheels: the user's own find-links, or a folder given by `--indexes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that builds come from."""

    kind: SourceKind
    location: str | None = field(default=None, repr=False)
    """Base URL, page URL or folder; None for the default index. May hold credentials: shown through `report` only."""

    @property
    def is_remote(self) -> bool:
        """Whether reading it takes the network."""
        return self.location is None or self.location.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedWheel:
    """One wheel that an index lists."""

    name: NormalizedName
    version: Version
    """As in the file name, with its local label: 2.14.1+cu126."""
    build: BuildTag
    tags: frozenset[Tag]
    filename: str
    url: str = field(repr=False)
    sha256: str | None = None
    """None where the index publishes no hash for it (this happens on PyTorch's indexes)."""
    size_bytes: int | None = None
    requires_python: SpecifierSet | None = None
    is_yanked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """What one source lists for one project: a page of a PyTorch index, or a find-links folder."""

    source: Source
    tag: str | None
    """Which index below the base: `cu130`, `cpu`; None where the source is flat."""
    project: NormalizedName
    wheels: tuple[IndexedWheel, ...]
    """In the order of the page. Empty when the page does not exist (404, and 403 as PyTorch's index answers)."""
    is_flat: bool = False
    """Whether all projects share one page or folder (`cu126/` of some mirrors, a find-links page): engines take such
    a place as find-links, not as an index."""
