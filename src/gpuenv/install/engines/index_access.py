"""Joins what uv is told about indexes: the user's own configuration, and the sources of the pins."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from gpuenv.install.engines.generated_project import explicit_indexes, flat_locations
from gpuenv.install.engines.uv import engine_environment
from gpuenv.models.value import dataclass
from gpuenv.project.uv_arguments import uv_index_arguments, uv_index_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpuenv.install.engines.generated_project import ExplicitIndex
    from gpuenv.models.resolution import Pin
    from gpuenv.models.settings import IndexSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAccess:
    """How one command of uv reaches packages."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    """All variables that uv gets: the scrubbed ones, certificates, proxy and credentials."""
    explicit: Mapping[str, ExplicitIndex] = field(default_factory=dict, repr=False)
    """The index of each project that has its own, for the generated project."""


def index_access(settings: IndexSettings, environ: Mapping[str, str], pins: Sequence[Pin] = ()) -> IndexAccess:
    """Make arguments and variables for uv.

    Wheels that lie beside the family on a flat page or in a folder may serve its dependencies, so that a folder made
    for a machine without a network is enough. Under pip's `no-index` uv reads no index at all, explicit ones neither:
    such a page or folder then serves the family as well.
    """
    scrubbed = engine_environment(environ)
    variables = scrubbed | uv_index_environment(settings, scrubbed)
    flat = tuple(page for page in flat_locations(pins) if page not in settings.find_links)
    arguments = uv_index_arguments(settings, scrubbed)
    if flat and variables.get("UV_FIND_LINKS"):
        # Arguments would take the place of the variable.
        variables["UV_FIND_LINKS"] = ",".join([variables["UV_FIND_LINKS"], *flat])
    else:
        arguments = (*arguments, *(part for page in flat for part in ("--find-links", page)))
    return IndexAccess(
        arguments=arguments, environ=variables, explicit={} if settings.no_index else explicit_indexes(pins)
    )
