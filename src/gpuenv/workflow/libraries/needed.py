"""Finds which libraries of an environment a request rests on: those of its packages, and what they are linked with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuenv.workflow.libraries.environment import EnvironmentLibraries

_TORCH: Final = re.compile(r"(?:lib)?(?:torch|c10)\w*(?:\.so|\.dll)", re.IGNORECASE)
"""What a library is linked with that was compiled against torch: `libtorch_cuda.so`, `c10.dll`."""


def needed_files(libraries: EnvironmentLibraries, roots: Iterable[str]) -> frozenset[str]:
    """Give the paths of the libraries of the distributions `roots` (canonical names) and of what they are linked with.

    A distribution that one of its libraries is asked for comes whole: cuDNN loads its engines by itself. What a
    program loads of others at run time is not known to anybody; what nothing asks for may be left over.
    """
    of_distribution: dict[str, list[str]] = {}
    owners: dict[str, str | None] = {}
    providers: dict[str, list[str]] = {}
    needs = {str(path): found for path, found in libraries.needs.items()}
    for file in libraries.files:
        owners[file.path] = file.distribution
        if file.distribution is not None:
            of_distribution.setdefault(file.distribution, []).append(file.path)
        for name in {re.split(r"[/\\]", file.path)[-1], needs[file.path].name or ""}:
            providers.setdefault(name.casefold(), []).append(file.path)
    waiting = [path for root in dict.fromkeys(roots) for path in of_distribution.get(root, ())]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in (*needs[path].libraries, *needs[path].delayed):
            for provider in providers.get(name.casefold(), ()):
                owner = owners[provider]
                waiting += [provider] if owner is None else of_distribution[owner]
    return frozenset(seen)


def bound_to_torch(libraries: EnvironmentLibraries) -> frozenset[str]:
    """Name the distributions whose libraries were compiled against torch: a new torch wants them built again."""
    return frozenset(
        file.distribution
        for file in libraries.files
        if file.distribution not in {None, "torch"}
        and any(_TORCH.match(name) for name in _linked(libraries, file.path))
    )


def _linked(libraries: EnvironmentLibraries, path: str) -> tuple[str, ...]:
    needs = libraries.needs[Path(path)]
    return (*needs.libraries, *needs.delayed)
