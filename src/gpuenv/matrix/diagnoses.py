"""Reads `diagnoses.toml`: error texts, what they can mean, and what tells the meanings apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from gpuenv.matrix.folder import read_table
from gpuenv.matrix.shelf import find_matrix
from gpuenv.matrix.values import parse_specifiers
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.diagnosis import (
    CAUSE_CLASSES,
    CauseRow,
    Decision,
    GpuFamily,
    PackageFact,
    Remedy,
    RemedyRow,
    Signature,
    SignatureBook,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.matrix.table import Table
    from gpuenv.models.diagnosis import CauseClass, Confidence

DIAGNOSES: Final = "diagnoses.toml"

_CONFIDENCES: Final = ("high", "medium", "low")
_MOST_WEIGHT: Final = 100
_SHORTEST_CORE: Final = 6
"""Characters: a shorter literal stands in every log."""

_LITERAL: Final = re.compile(r"\\.|\[[^\]]*\]")
"""Escaped characters and character classes, in which a star is a star."""
_UNBOUNDED: Final = re.compile(r"[*+]|\{\d*,\}")


def load_signatures(choice: str | None, *, cwd: Path, cache: Path | None = None) -> SignatureBook:
    """Load the signatures of a matrix; arguments and errors as those of `load_matrix`."""
    return parse_diagnoses(read_table(find_matrix(choice, cwd=cwd, cache=cache), DIAGNOSES, cache=cache))


def parse_diagnoses(root: Table) -> SignatureBook:
    r"""Give `diagnoses.toml` its meaning; `matrix-invalid` for anything that has none.

    [[cause]]
    class = "driver-too-old"
    codes = ["driver-too-old-for-build"]

    [[signature]]
    id = "driver-too-old-for-torch"
    cores = ["driver on your system is too old"]
    extract = ['foundversion(?P<driver_number>\d{4,5})']
    causes = ["driver-too-old-for-build"]
    decision = "first"
    confidence = "high"
    weight = 90
    source = "vllm#11623"
    """
    root.read("verified", _parse_date)
    causes = tuple(cause for row in root.tables("cause") for cause in _causes(row))
    known = {cause.code for cause in causes}
    seen: set[str] = set()
    signatures = []
    for row in root.tables("signature"):
        signature = _signature(row, known)
        if signature.id in seen:
            raise row.error("id", "duplicate", signature.id)
        seen.add(signature.id)
        signatures.append(signature)
    families = tuple(_family(row) for row in root.tables("family"))
    packages = tuple(_package(row) for row in root.tables("package"))
    remedies = tuple(_remedy(row, known) for row in root.tables("remedy"))
    root.finish()
    return SignatureBook(
        causes=causes, signatures=tuple(signatures), families=families, packages=packages, remedies=remedies
    )


def _causes(row: Table) -> tuple[CauseRow, ...]:
    cause_class = row.read("class", _parse_class)
    codes = tuple(code for _, code in row.cells("codes"))
    row.finish()
    return tuple(CauseRow(code=code, cause_class=cause_class) for code in codes)


def _remedy(row: Table, known: set[str]) -> RemedyRow:
    codes = []
    for place, code in row.cells("codes"):
        if code not in known:
            raise row.error(place, "bad-value", code)
        codes.append(code)
    remedy = RemedyRow(remedy=row.read("by", Remedy), codes=tuple(codes))
    row.finish()
    return remedy


def _signature(row: Table, known: set[str]) -> Signature:
    causes = []
    for place, code in row.cells("causes"):
        if code not in known:
            raise row.error(place, "bad-value", code)
        causes.append(code)
    cores = _literals(row, "cores")
    if not cores or not causes:
        raise row.error("causes" if cores else "cores", "missing-key")
    for place, core in row.cells("cores"):
        if len(core) < _SHORTEST_CORE:
            raise row.error(place, "bad-value", core)
    weight = row.number("weight")
    if not 0 <= weight <= _MOST_WEIGHT:
        raise row.error("weight", "bad-value", weight)
    signature = Signature(
        id=row.text("id"),
        cores=cores,
        near=_literals(row, "near"),
        anywhere=_literals(row, "anywhere"),
        unless=_literals(row, "unless"),
        extract=_patterns(row, "extract"),
        causes=tuple(causes),
        decision=row.read("decision", Decision),
        confidence=row.read("confidence", _parse_confidence),
        weight=weight,
        source=row.text("source"),
    )
    row.finish()
    return signature


def _family(row: Table) -> GpuFamily:
    family = GpuFamily(
        pattern=row.read("pattern", _parse_pattern),
        capability=row.read("capability", ComputeCapability.parse),
        source=row.text("source"),
    )
    row.finish()
    return family


def _package(row: Table) -> PackageFact:
    fact = PackageFact(
        package=row.text("package"),
        versions=row.read("versions", parse_specifiers),
        capability_min=row.optional("capability_min", ComputeCapability.parse),
        cuda_major=row.optional_number("cuda_major"),
        source=row.text("source"),
    )
    row.finish()
    return fact


def _literals(row: Table, key: str) -> tuple[str, ...]:
    return tuple(cell for _, cell in row.cells(key)) if key in row.keys() else ()  # noqa: SIM118 - no mapping


def _patterns(row: Table, key: str) -> tuple[re.Pattern[str], ...]:
    if key not in row.keys():  # noqa: SIM118 - no mapping
        return ()
    return tuple(_pattern(row, place, text) for place, text in row.cells(key))


def _pattern(row: Table, place: str, text: str) -> re.Pattern[str]:
    try:
        return _parse_pattern(text)
    except ValueError as error:
        raise row.error(place, "bad-value", text) from error


def _parse_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern; unbounded repetition has no place in one, since logs are not to be trusted."""
    if _UNBOUNDED.search(_LITERAL.sub("", text)):
        raise ValueError(text)
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(text) from error


def _parse_class(text: str) -> CauseClass:
    for cause_class in CAUSE_CLASSES:
        if cause_class == text:
            return cause_class
    raise ValueError(text)


def _parse_confidence(text: str) -> Confidence:
    if text not in _CONFIDENCES:
        raise ValueError(text)
    return cast("Confidence", text)


def _parse_date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    return text
