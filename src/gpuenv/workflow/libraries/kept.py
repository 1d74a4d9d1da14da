"""What was read from a library, as JSON and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from gpuenv.models.binaries import CodeKind, CodeSummary
from gpuenv.models.cuda import Architecture
from gpuenv.models.loading import LibraryFacts, LibraryNeeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.models.binaries import Images


def library_as_json(facts: LibraryFacts) -> dict[str, Any]:
    """Make what JSON can hold of a library."""
    code, needs = facts.code, facts.needs
    return {
        "containers": code.containers,
        "objects": code.objects,
        "compressed": code.compressed,
        "sass": [[str(architecture), number] for architecture, number in code.sass],
        "ptx": [[str(architecture), number] for architecture, number in code.ptx],
        "lto_ir": [[str(architecture), number] for architecture, number in code.lto_ir],
        "combinations": _combinations_as_json(code.combinations),
        "embedded": _combinations_as_json(code.embedded),
        "relocatable": [[kind.value, str(architecture), number] for kind, architecture, number in code.relocatable],
        "ptx_versions": [[str(architecture), *language] for architecture, language in code.ptx_versions],
        "needs": [needs.libraries, needs.delayed, needs.name, needs.search_path, needs.searches_itself_first],
    }


def library_from(kept: Mapping[str, Any]) -> LibraryFacts:
    """Make the library again; `ValueError`, `KeyError`, `TypeError` or `AttributeError` for anything else."""
    libraries, delayed, name, search_path, is_first = kept["needs"]
    return LibraryFacts(
        code=CodeSummary(
            containers=int(kept["containers"]),
            objects=int(kept["objects"]),
            compressed=int(kept["compressed"]),
            sass=_counts_from(kept["sass"]),
            ptx=_counts_from(kept["ptx"]),
            lto_ir=_counts_from(kept["lto_ir"]),
            combinations=_combinations_from(kept["combinations"]),
            embedded=_combinations_from(kept["embedded"]),
            relocatable=tuple((CodeKind(kind), _architecture(text), int(n)) for kind, text, n in kept["relocatable"]),
            ptx_versions=tuple((_architecture(text), (int(a), int(b))) for text, a, b in kept["ptx_versions"]),
        ),
        needs=LibraryNeeds(
            libraries=tuple(map(str, libraries)),
            delayed=tuple(map(str, delayed)),
            name=None if name is None else str(name),
            search_path=tuple(map(str, search_path)),
            searches_itself_first=bool(is_first),
        ),
    )


def _combinations_as_json(counted: Iterable[tuple[Images, int]]) -> list[list[Any]]:
    return [
        [sorted(f"{kind.value} {architecture}" for kind, architecture in images), number] for images, number in counted
    ]


def _combinations_from(kept: Iterable[Any]) -> tuple[tuple[Images, int], ...]:
    return tuple((frozenset(_image(text) for text in images), int(number)) for images, number in kept)


def _counts_from(kept: Iterable[Any]) -> tuple[tuple[Architecture, int], ...]:
    return tuple((_architecture(text), int(number)) for text, number in kept)


@cache
def _image(text: str) -> tuple[CodeKind, Architecture]:
    kind, _, architecture = text.partition(" ")
    return CodeKind(kind), _architecture(architecture)


@cache
def _architecture(text: str) -> Architecture:
    return Architecture.parse(text)
