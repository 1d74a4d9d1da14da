"""`diagnoses.toml`: its faults are named with file, place and problem, and the packaged one is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuenv.errors import GpuenvError
from gpuenv.matrix.diagnoses import load_signatures, parse_diagnoses
from gpuenv.matrix.folder import parse_table
from gpuenv.models.cuda import ComputeCapability
from gpuenv.models.diagnosis import CauseRow, Decision, Remedy

SMALL = r"""
verified = "2026-11-21"

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

[[family]]
capability = "12.1"
pattern = '\bGB10\b'
source = "a page"

[[package]]
package = "vllm"
versions = ">=0.1"
capability_min = "7.0"
source = "vllm#774"

[[remedy]]
by = "torch"
codes = ["driver-too-old-for-build"]
"""


def test_a_file_becomes_values() -> None:
    book = parse_diagnoses(parse_table(SMALL.encode(), file="diagnoses.toml"))
    assert book.causes == (CauseRow(code="driver-too-old-for-build", cause_class="driver-too-old"),)
    (signature,) = book.signatures
    assert (signature.id, signature.cores, signature.near, signature.decision, signature.weight) == (
        "driver-too-old-for-torch",
        ("driver on your system is too old",),
        (),
        Decision.FIRST,
        90,
    )
    found = signature.extract[0].search("(FoundVersion12080)")
    assert found is not None
    assert found["driver_number"] == "12080"
    assert book.families[0].capability == ComputeCapability(major=12, minor=1)
    assert (book.packages[0].package, book.packages[0].cuda_major) == ("vllm", None)
    assert book.remedy("driver-too-old-for-build") is Remedy.TORCH
    assert book.remedy("no-such-code") is None


@pytest.mark.parametrize(
    ("old", "new", "place", "problem", "value"),
    [
        ('"driver-too-old"\n', '"driver-old"\n', "cause[0].class", "bad-value", "driver-old"),
        ('by = "torch"', 'by = "magic"', "remedy[0].by", "bad-value", "magic"),
        (
            'by = "torch"\ncodes = ["driver-too',
            'by = "torch"\ncodes = ["drivr-too',
            "remedy[0].codes[0]",
            "bad-value",
            "drivr-too-old-for-build",
        ),
        (
            'causes = ["driver-too',
            'causes = ["drivr-too',
            "signature[0].causes[0]",
            "bad-value",
            "drivr-too-old-for-build",
        ),
        ('"first"', '"last"', "signature[0].decision", "bad-value", "last"),
        ('"high"', '"sure"', "signature[0].confidence", "bad-value", "sure"),
        ("weight = 90", "weight = 101", "signature[0].weight", "bad-value", "101"),
        ("weight = 90\n", "", "signature[0].weight", "missing-key", None),
        ("weight = 90", "wieght = 90\nweight = 90", "signature[0].wieght", "unknown-key", None),
        (r"\d{4,5}", r"\d+", "signature[0].extract[0]", "bad-value", r"foundversion(?P<driver_number>\d+)"),
        (r"\d{4,5}", r"\d{4,}", "signature[0].extract[0]", "bad-value", r"foundversion(?P<driver_number>\d{4,})"),
        (r"\d{4,5})", r"\d{4,5}", "signature[0].extract[0]", "bad-value", r"foundversion(?P<driver_number>\d{4,5}"),
        ("driver on your system is too old", "gpu", "signature[0].cores[0]", "bad-value", "gpu"),
        ('capability = "12.1"', 'capability = "gb10"', "family[0].capability", "bad-value", "gb10"),
        ('">=0.1"', '"0.1 and newer"', "package[0].versions", "bad-value", "0.1 and newer"),
        ('"2026-11-21"', '"today"', "verified", "bad-value", "today"),
        ("[[family]]", "[[familie]]", "familie", "unknown-key", None),
    ],
)
def test_a_fault_is_named_with_file_place_and_problem(
    old: str, new: str, place: str, problem: str, value: str | None
) -> None:
    assert old in SMALL
    with pytest.raises(GpuenvError) as caught:
        parse_diagnoses(parse_table(SMALL.replace(old, new, 1).encode(), file="diagnoses.toml"))
    assert (caught.value.code, caught.value.context) == (
        "matrix-invalid",
        {"file": "diagnoses.toml", "place": place, "problem": problem, "value": value},
    )


def test_a_signature_that_comes_twice_is_refused() -> None:
    signature = SMALL[SMALL.index("[[signature]]") : SMALL.index("[[family]]")]
    with pytest.raises(GpuenvError) as caught:
        parse_diagnoses(parse_table((SMALL + signature).encode(), file="diagnoses.toml"))
    assert (caught.value.context["place"], caught.value.context["problem"]) == ("signature[1].id", "duplicate")


def test_the_packaged_signatures_load() -> None:
    assert len(load_signatures(None, cwd=Path.cwd()).signatures) > 60
