"""What the rows of applications do to a request, and what is said of the GPUs and of extensions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.errors import UsageError
from gpuenv.matrix.catalog import load_applications, load_matrix
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.request import IndexPolicy
from gpuenv.models.resolution import Resolution
from gpuenv.project.requirement_files import RequirementLine, parse_requirement
from gpuenv.resolve.resolver import resolve
from gpuenv.workflow.options import Options
from gpuenv.workflow.resolving.applications import (
    Applied,
    application_name,
    application_notes,
    apply_applications,
    find_application,
    may_have_applications,
    without_excluded,
)
from gpuenv.workflow.resolving.request import make_request
from support.machines import PYTORCH, target

if TYPE_CHECKING:
    from gpuenv.models.notice import Notice

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
    assert "torch==2.14.0" in [line.text.partition(";")[0] for line in applied("vllm").lines]
    assert [line.text for line in applied("vllm==0.20.0").lines] == ["vllm==0.20.0"]


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


def environment(**versions: str) -> Environment:
    machine = target("12.0", driver="580.95.05")
    return Environment(
        root=Path("/env"),
        kind="venv",
        python=Path("/env/bin/python"),
        python_version=machine.python,
        platform=machine.platform,
        site_packages=Path("/env/lib"),
        distributions=tuple(
            InstalledDistribution(
                name=canonicalize_name(name),
                version=Version(version),
                location=Path(f"/env/lib/{name}.dist-info"),
                build_tag=version.partition("+")[2] or None,
            )
            for name, version in versions.items()
        ),
    )


def told(asked: str, capability: str, there: Environment | None) -> tuple[Notice, ...]:
    machine = target(capability, driver="580.95.05")
    found = applied(asked)
    request = make_request(
        found.lines, Options(), machine, there, policy=IndexPolicy.PYTORCH, sources=(PYTORCH,)
    ).request
    outcome = without_excluded(
        resolve(request, machine, load_matrix(None, cwd=Path("/")), environment=there), found.excluded
    )
    assert isinstance(outcome, Resolution)
    assert set(found.excluded) <= set(outcome.excluded)
    return application_notes(found.applications, machine, there, outcome, described=None)


def test_limits_are_told_for_the_gpus_that_they_concern() -> None:
    assert [note.code for note in told("app:gpt-sovits", "12.0", None)] == ["limit-sovits-cuda-11"]
    assert told("app:gpt-sovits", "8.6", None) == ()


def test_extensions_are_to_be_built_unless_they_are_there_and_torch_stays() -> None:
    def built(there: Environment | None) -> list[object]:
        notes = told("app:mmcv-bev", "8.6", there)
        return [note.context["command"] for note in notes if note.code == "application-needs-build"]

    assert built(None) == ["gpuenv build mmcv==2.2.0"]
    assert built(environment(torch="2.13.0+cu130")) == ["gpuenv build mmcv==2.2.0"]
    assert built(environment(torch="2.14.0+cu130", mmcv="2.2.0")) == ["gpuenv build mmcv==2.2.0"]
    assert built(environment(torch="2.13.0+cu130", mmcv="2.2.0")) == []
