"""Tells what an environment already holds of what was asked for, from its own metadata: no engine, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gpuenv.rules.markers import marker_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.environment import Environment


def closure_in_place(environment: Environment, texts: Sequence[str]) -> frozenset[str] | None:
    """Follow requirements through the installed distributions; gives the names of all that they need.

    None where something is missing or of another version, and for a path, an address or an option: there only the
    engine can tell.
    """
    try:
        waiting = [Requirement(text) for text in texts]
    except InvalidRequirement:
        return None
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        found = environment.installed(name)
        if found is None and name == "onnxruntime":
            # Kept out on purpose where the GPU package stands in for it (rule 7).
            name = canonicalize_name("onnxruntime-gpu")
            found = environment.installed(name)
        if requirement.url or found is None or not requirement.specifier.contains(found.version, prereleases=True):
            return None
        if (name, extras) not in seen:
            seen.add((name, extras))
            waiting += _applying(found.requires, extras, environment)
    return frozenset(name for name, _ in seen)


def _applying(
    requires: Sequence[Requirement], extras: frozenset[str], environment: Environment
) -> Iterator[Requirement]:
    """Give the requirements whose markers hold in the environment, whatever Python runs gpuenv."""
    here = marker_variables(environment.platform, environment.python_version)
    for requirement in requires:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**here, "extra": extra}) for extra in ("", *extras)):
            yield requirement
