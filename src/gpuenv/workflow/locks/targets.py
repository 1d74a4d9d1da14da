"""Reads which machines are to be locked for: ranges and lists of cards, platforms, Pythons."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from gpuenv.errors import UsageError
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.platform import PLATFORM_NAMES
from gpuenv.models.value import dataclass
from gpuenv.workflow.described_gpus import platform_of_cards
from gpuenv.workflow.inputs import python_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpuenv.models.matrix import CompatibilityMatrix
    from gpuenv.models.platform import PythonVersion
    from gpuenv.models.surroundings import Surroundings
    from gpuenv.workflow.locks.options import LockOptions
    from gpuenv.workflow.options import Options

_RANGE: Final = re.compile(r"(?P<first>(?:sm_)?\d[\d.]*?)\.\.(?P<last>(?:sm_)?\d[\d.]*)")
"""`sm_75..sm_120`; not `../saved.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """What one entry of a list of targets means on one platform with one Python."""

    name: str
    """As written: `rtx-5090`, `sm_50..sm_121`."""
    options: Options
    """With one platform and one Python; the target still as written."""
    platform: str
    python: PythonVersion
    cards: tuple[str, ...] = ()
    """Of a range or list that is covered by as few locks as possible; () for one machine with one lock."""


def is_range(target: str) -> bool:
    """Tell whether a target holds a range of compute capabilities.

    >>> is_range("sm_75..sm_120"), is_range("8.0..12.0,cpu"), is_range("../saved.json")
    (True, True, False)
    """
    return any(_RANGE.fullmatch(part.strip()) for part in target.split(","))


def is_for_several(options: Options, asked: LockOptions, surroundings: Surroundings) -> bool:
    """Tell whether more than one lock is asked for: a range, several platforms or Pythons, or a folder to write to."""
    return (
        is_range(options.target)
        or any(text is not None and "," in text for text in (options.platform, options.python))
        or (asked.output is not None and _is_folder(asked.output, surroundings))
    )


def _is_folder(output: str, surroundings: Surroundings) -> bool:
    """Tell whether an output is meant as a folder: it is one, or ends like one."""
    return output.endswith(("/", os.sep)) or (surroundings.cwd / output).is_dir()


def machines_of(
    targets: Sequence[str],
    options: Options,
    surroundings: Surroundings,
    matrix: CompatibilityMatrix,
    *,
    lists_are_ranges: bool,
) -> tuple[Machines, ...]:
    """List the machines of every target on every platform with every Python.

    `lists_are_ranges`: cards joined by commas are each a machine of their own, to be covered by as few locks as
    possible; else they are the cards of one machine. Raises `UsageError`: `lock-range-invalid`,
    `lock-platform-invalid`.
    """
    from gpuenv.detect.platform import detect_platform  # noqa: PLC0415 - in the order of the work

    found: list[Machines] = []
    here = detect_platform(surroundings).name
    for target, named, version in product(targets, _split(options.platform), _split(options.python)):
        if named is not None and named not in PLATFORM_NAMES:
            raise UsageError("lock-platform-invalid", platform=named, known=PLATFORM_NAMES)
        home = named or platform_of_cards(target, lambda: matrix.gpus) or here
        one = replace(options, target=target, platform=named, python=version)
        machine = Machines(name=target, options=one, platform=home, python=python_of(one, None, surroundings))
        parts = [part.strip() for part in target.split(",") if part.strip()]
        if not is_range(target) and not (lists_are_ranges and len(parts) > 1):
            found.append(machine)
            continue
        cards = tuple(dict.fromkeys(card for part in parts for card in _cards(part, machine.platform, matrix)))
        gpus = tuple(card for card in cards if card != "cpu")
        if gpus:
            found.append(replace(machine, cards=gpus))
        if len(gpus) < len(cards):
            found.append(replace(machine, name="cpu", options=replace(one, target="cpu")))
    return tuple(found)


def _split(text: str | None) -> tuple[str | None, ...]:
    if text is None:
        return (None,)
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip())) or (None,)


def _cards(part: str, platform: str, matrix: CompatibilityMatrix) -> Iterator[str]:
    """Give the cards of one part of a target: those of a range as `sm_75`."""
    found = _RANGE.fullmatch(part)
    if found is None:
        yield part
        return
    try:
        first, last = ComputeCapability.parse(found["first"]), ComputeCapability.parse(found["last"])
    except ValueError as error:
        raise UsageError("lock-range-invalid", range=part) from error
    has_tegra = platform == "linux-aarch64"  # Jetson and Thor
    within = [
        row.capability.sm
        for row in sorted(matrix.architectures, key=lambda row: row.capability)
        if first <= row.capability <= last and (has_tegra or not row.capability.is_tegra)
    ]
    if not within:
        raise UsageError("lock-range-invalid", range=part)
    yield from within
