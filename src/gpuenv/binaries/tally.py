"""Counts containers and sums them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gpuenv.binaries.fatbin import LTO_IR, PTX, SASS
from gpuenv.binaries.regions import Role
from gpuenv.models.binaries import CodeKind, CodeObject, CodeSummary
from gpuenv.models.cuda import Architecture, ComputeCapability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gpuenv.binaries.fatbin import Images
    from gpuenv.models.binaries import Images as ImageSet

_KINDS: Final = {PTX: CodeKind.PTX, SASS: CodeKind.SASS, LTO_IR: CodeKind.LTO_IR}
_COMPRESSED: Final = 4
_SUFFIXES: Final[tuple[Literal["", "a", "f"], ...]] = ("", "a", "f", "a")


class Tally:
    """The containers of one file by what they hold, runtime, relocatable and embedded ones apart."""

    def __init__(self) -> None:
        self._counts: dict[Role, dict[Images, int]] = {role: {} for role in Role}

    def add(self, role: Role, counted: Mapping[Images, int]) -> None:
        """Add containers that were found in a region of that role."""
        counts = self._counts[role]
        for images, number in counted.items():
            counts[images] = counts.get(images, 0) + number

    def summary(self, *, is_partial: bool = False) -> CodeSummary:
        """Sum up."""
        runtime, data = self._counts[Role.RUNTIME], self._counts[Role.DATA]
        loaded = [*runtime.items(), *data.items()]
        return CodeSummary(
            containers=sum(runtime.values()),
            objects=sum(len(images) * number for images, number in loaded),
            sass=_by_architecture(loaded, CodeKind.SASS),
            ptx=_by_architecture(loaded, CodeKind.PTX),
            lto_ir=_by_architecture(loaded, CodeKind.LTO_IR),
            combinations=_combinations(runtime),
            embedded=_combinations(data),
            relocatable=tuple(
                (kind, architecture, number)
                for kind in CodeKind
                for architecture, number in _by_architecture(self._counts[Role.RELOCATABLE].items(), kind)
            ),
            is_partial=is_partial,
            compressed=sum(number for images, number in loaded for image in images if image & _COMPRESSED),
            ptx_versions=_ptx_versions(loaded),
        )


def code_object(image: int, *, is_relocatable: bool = False) -> CodeObject:
    """Unpack what `fatbin.read_entry` made."""
    number = image >> 3 & 0xFFF
    return CodeObject(
        kind=_KINDS[image >> 15 & 0x1F],
        architecture=Architecture(
            capability=ComputeCapability(major=number // 10, minor=number % 10), suffix=_SUFFIXES[image & 3]
        ),
        is_compressed=bool(image & _COMPRESSED),
        is_relocatable=is_relocatable,
    )


def _image_set(images: Images) -> ImageSet:
    found = [code_object(image) for image in images]
    return frozenset((code.kind, code.architecture) for code in found)


def _by_architecture(counted: Iterable[tuple[Images, int]], kind: CodeKind) -> tuple[tuple[Architecture, int], ...]:
    counts: dict[Architecture, int] = {}
    for images, number in counted:
        for architecture in {code for found, code in _image_set(images) if found is kind}:
            counts[architecture] = counts.get(architecture, 0) + number
    return tuple(sorted(counts.items()))


def _ptx_versions(counted: Iterable[tuple[Images, int]]) -> tuple[tuple[Architecture, tuple[int, int]], ...]:
    newest: dict[Architecture, tuple[int, int]] = {}
    for image in {image for images, _ in counted for image in images if image >> 15 & 0x1F == PTX}:
        architecture = code_object(image).architecture
        newest[architecture] = max(newest.get(architecture, (0, 0)), (image >> 28, image >> 20 & 0xFF))
    return tuple(sorted(newest.items()))


def _combinations(counted: Mapping[Images, int]) -> tuple[tuple[ImageSet, int], ...]:
    """Most frequent first; equally frequent ones in the order of what they hold."""
    counts: dict[ImageSet, int] = {}
    for images, number in counted.items():
        found = _image_set(images)
        counts[found] = counts.get(found, 0) + number
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], _order(item[0]))))


def _order(images: ImageSet) -> tuple[tuple[str, Architecture], ...]:
    return tuple(sorted((kind.value, architecture) for kind, architecture in images))
