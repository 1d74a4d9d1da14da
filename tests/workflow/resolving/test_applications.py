"""What the rows of applications do to a request, and what is said of the GPUs and of extensions."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gpuenv.errors import UsageError
from gpuenv.matrix.applications import load_applications
from gpuenv.matrix.catalog import load_matrix
from gpuenv.models.application import Application, ApplicationRequirement
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Resolution
from gpuenv.project.requirement_files import RequirementLine, parse_requirement
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.options import Options
from gpuenv.workflow.resolving.applications import (
    Applied,
    application_limits,
    application_name,
    apply_applications,
    find_application,
    may_have_applications,
    without_excluded,
)
from gpuenv.workflow.resolving.request import make_request
from support.machines import PYTORCH, target

KNOWN = load_applications(None, cwd=Path("/"))


def lines(*texts: str) -> list[RequirementLine]:
    return [
        RequirementLine(text=text, file="command line", line=number, kind="application")
        if application_name(text)
        else RequirementLine(
            text=text, file="command line", line=number, kind="requirement", requirement=parse_requirement(text)
        )
        for number, text in enumerate(texts, start=1)
    ]


def applied(*texts: str, is_cpu: bool = False) -> Applied:
    return apply_applications(lines(*texts), KNOWN, is_cpu=is_cpu)


def test_a_requirement_of_a_known_package_brings_its_row_by_itself() -> None:
    found = applied("easyocr", "rembg>=2")
    assert [line.text for line in found.lines] == [
        *("easyocr", "rembg>=2", "torch", "torchvision>=0.5", "onnxruntime-gpu<2,>=1.23.2"),
    ]
    assert {line.file for line in found.lines[2:]} == {"app:easyocr", "app:rembg"}
    assert [application.name for application in found.applications] == ["easyocr", "rembg"]
    assert found.excluded == ("onnxruntime",)


def test_an_application_that_is_no_package_is_asked_for_by_its_prefix_only() -> None:
    assert [line.text for line in applied("app:MMCV_bev").lines] == ["torch<2.14", "torchvision", "mmengine>=0.3.0"]
    assert applied("gpt-sovits") == Applied(lines=tuple(lines("gpt-sovits")))


def test_an_unknown_application_is_refused_with_near_names() -> None:
    for ask in (lambda: applied("app:gausian-splating"), lambda: find_application("gausian-splating", KNOWN)):
        with pytest.raises(UsageError) as caught:
            ask()
        assert (caught.value.code, caught.value.context["nearest"]) == ("unknown-application", "gaussian-splatting")


def test_what_holds_for_the_newest_release_is_left_aside_for_another_one() -> None:
    source = KNOWN[0].provenance
    newest = ApplicationRequirement(requirement=Requirement("torch==2.14.0"), provenance=source, is_newest_only=True)
    painter = Application(name="painter", is_package=True, about="paints", requires=(newest,), provenance=source)

    def asked(text: str) -> list[str]:
        return [line.text for line in apply_applications(lines(text), (painter,)).lines]

    assert asked("painter") == ["painter", "torch==2.14.0"]
    assert asked("painter==1") == ["painter==1"]


def test_on_a_cpu_target_nothing_is_kept_out() -> None:
    assert applied("rembg", is_cpu=True).excluded == ()


def test_a_project_of_the_same_name_that_is_another_is_dropped_and_told_of() -> None:
    found = applied("app:gaussian-splatting", "simple-knn")
    assert "simple-knn" not in [line.text for line in found.lines]
    assert [note.code for note in found.notes] == ["application-keeps-out"]


def test_requests_of_the_family_alone_need_no_applications() -> None:
    assert not may_have_applications(lines("torch", "onnxruntime-gpu"))
    assert may_have_applications(lines("torch", "easyocr"))
    assert may_have_applications(lines("app:comfyui"))


def test_what_an_application_keeps_out_no_dependency_brings_in() -> None:
    machine = target("12.0", driver="580.95.05")
    found = applied("app:gpt-sovits")
    request = make_request(
        found.lines, Options(), machine, None, policy=IndexPolicy.PYTORCH, sources=(PYTORCH,)
    ).request
    outcome = without_excluded(resolve(request, machine, load_matrix(None, cwd=Path("/"))), found.excluded)
    assert isinstance(outcome, Resolution)
    assert outcome.excluded == ("onnxruntime",)


def test_limits_are_told_for_the_gpus_that_they_concern() -> None:
    def told(capability: str) -> list[str]:
        machine = target(capability, driver="580.95.05")
        return [note.code for note in application_limits(applied("app:gpt-sovits").applications, machine)]

    assert told("12.0") == ["limit-sovits-cuda-11"]
    assert told("8.6") == []
