"""The samples of these tests, and the ways in which people hand them in."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuenv.diagnose.diagnosis import diagnose
from gpuenv.matrix.catalog import load_matrix
from gpuenv.matrix.diagnoses import load_signatures

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from gpuenv.models.diagnosis import DiagnosisReport, SignatureBook
    from gpuenv.models.environment import Environment
    from gpuenv.models.hardware import HostFacts
    from gpuenv.models.matrix import CompatibilityMatrix

DATA = Path(__file__).parent.parent / "data" / "diagnose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One incident of `cases-open.jsonl`."""

    id: str
    cause_class: str
    stated: str
    """What its reporter states of the machine, as an issue form has it."""
    error_text: str

    @property
    def text(self) -> str:
        """The issue as it would be pasted."""
        return f"{self.stated}\n\n{self.error_text}"


@cache
def book() -> SignatureBook:
    return load_signatures(None, cwd=Path.cwd())


@cache
def matrix() -> CompatibilityMatrix:
    return load_matrix(None, cwd=Path.cwd())


def diagnosed(
    text: str, *, machine: HostFacts | None = None, environment: Environment | None = None
) -> DiagnosisReport:
    """Diagnose with the packaged signatures and matrix."""
    return diagnose(text, signatures=book(), machine=machine, environment=environment, matrix=matrix())


def read_cases() -> list[Case]:
    """Read the incidents; nothing of `fix_that_worked` and `notes` gets into what is diagnosed."""
    rows = [json.loads(line) for line in (DATA / "cases-open.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Case(
            id=row["id"],
            cause_class=row["cause_class"],
            stated="\n".join(_stated(row)),
            error_text=row["error_text"] or "",
        )
        for row in rows
    ]


def _stated(row: dict[str, Any]) -> list[str]:
    labels: dict[str, str] = {"gpu_names": "GPU", "compute_capability": "Compute capability", "driver": "Driver"}
    labels |= {"os": "OS", "python": "Python"}
    lines = []
    for key, label in labels.items():
        value = ", ".join(row[key]) if key == "gpu_names" else row[key]
        if value:
            lines.append(f"{label}: {value}")
    return lines + [f"{name}: {version}" for name, version in row["installed"].items()]


def read_unrelated() -> dict[str, str]:
    """Read the error texts that have no GPU fault in them."""
    parts = (DATA / "unrelated.txt").read_text(encoding="utf-8").split("=== ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One error text of `found.toml`."""

    source: str
    codes: tuple[str, ...]
    text: str


def read_found() -> list[Found]:
    """Read the texts that the signatures were not written after."""
    content: dict[str, Any] = tomllib.loads((DATA / "found.toml").read_text(encoding="utf-8"))
    return [Found(source=row["source"], codes=tuple(row["codes"]), text=row["text"]) for row in content["text"]]


def read_wordings() -> list[tuple[str, str]]:
    """Read (code, text) of the held-out wordings."""
    content: dict[str, Any] = tomllib.loads((DATA / "wordings.toml").read_text(encoding="utf-8"))
    return [(row["code"], row["text"]) for row in content["wording"]]
