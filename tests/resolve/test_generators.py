"""Rule 4: what torch.compile makes has to be loaded by the driver too."""

from __future__ import annotations

from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gpuenv.models.cuda import CudaVersion
from gpuenv.models.matrix import CompatibilityMatrix, Evidence, Provenance
from gpuenv.models.resolution import Resolution
from gpuenv.models.triton import TritonRelease
from gpuenv.resolve.resolver import resolve
from support.machines import matrix, request, target

NEWEST_FOR_12 = "2.14.1"


def with_ptxas(cuda: str, blackwell: str | None = None, *, only_for: str | None = None) -> CompatibilityMatrix:
    """Give all builds, or those of one tag, a Triton with an assembler of that CUDA version."""
    release = TritonRelease(
        version=Version("9.9"),
        ptxas=CudaVersion.parse(cuda),
        ptxas_blackwell=CudaVersion.parse(blackwell) if blackwell else None,
        provenance=Provenance(evidence=Evidence.BINARY, source="test", verified="2026-11-21"),
    )
    builds = tuple(
        replace(build, triton=SpecifierSet("==9.9") if only_for in {None, build.tag} else None)
        for build in matrix().torch
    )
    return replace(matrix(), triton=(release,), torch=builds)


def warned(outcome: object) -> dict[str, object]:
    assert isinstance(outcome, Resolution)
    code = "torch-compile-needs-newer-driver"
    return next((dict(note.context) for note in outcome.notes if note.code == code), {})


def test_a_generator_of_a_newer_major_is_told_of_and_the_newest_version_still_taken() -> None:
    machine = target("8.6", driver="550.54.14")
    outcome = resolve(request(), machine, with_ptxas("13.1"))
    assert isinstance(outcome, Resolution)
    assert outcome.torch is not None
    assert str(outcome.torch.build.version) == NEWEST_FOR_12
    assert (warned(outcome)["cuda"], warned(outcome)["needs"]) == ("13.1", "580.65.06")


def test_a_generator_of_the_drivers_major_is_not_told_of() -> None:
    assert warned(resolve(request(), target("8.6", driver="550.54.14"), with_ptxas("12.9"))) == {}
    assert warned(resolve(request(), target("8.6"), with_ptxas("13.1"))) == {}


def test_blackwell_has_an_assembler_of_its_own() -> None:
    data = with_ptxas("12.9", "13.3")
    assert warned(resolve(request(), target("8.6", driver="570.124.06"), data)) == {}
    assert warned(resolve(request(), target("12.0", driver="570.124.06"), data))["cuda"] == "13.3"


def test_at_equal_version_a_build_without_such_a_generator_comes_first() -> None:
    machine = target("8.6", driver="570.124.06")
    asked = request("torch==2.9.1")
    for refused, chosen in (("cu126", "2.9.1+cu128"), ("cu128", "2.9.1+cu126")):
        outcome = resolve(asked, machine, with_ptxas("13.1", only_for=refused))
        assert isinstance(outcome, Resolution)
        assert outcome.torch is not None
        assert outcome.torch.build.label == chosen
