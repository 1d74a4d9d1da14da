"""What a replaced torch leaves behind goes, unless something that stays needs it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from gpuenv.models.execution import LockedPackage
from gpuenv.models.notice import Notice
from gpuenv.models.plan import Install, Keep, Remove
from gpuenv.resolve.planner import make_plan
from resolve.test_planner import environment, installed, pin, resolution

if TYPE_CHECKING:
    from gpuenv.models.environment import InstalledDistribution
    from gpuenv.models.plan import Plan

OF_TORCH = Notice.of("library-of-replaced-torch")
STALE = Notice.of("stale-library")


def needing(name: str, version: str, *requirements: str) -> InstalledDistribution:
    return replace(installed(name, version), requires=tuple(Requirement(text) for text in requirements))


OLD_TORCH = needing("torch", "2.9.0+cu128", "nvidia-cudnn-cu12==9.10.2.21")


def plan_of(*distributions: InstalledDistribution, coming: tuple[str, ...] = ()) -> Plan:
    additions = [LockedPackage(project=name, version=Version("1.0")) for name in coming]
    return make_plan(resolution(pin("torch", "2.15.0+cu130", "cu130")), environment(*distributions), additions)


def removals(plan: Plan) -> dict[str, Notice]:
    return {step.project: step.reason for step in plan.removals}


def test_libraries_of_another_cuda_major_go_with_the_torch_that_needed_them() -> None:
    plan = plan_of(
        OLD_TORCH, installed("nvidia-cudnn-cu12", "9.10.2.21"), installed("nvidia-nccl-cu11", "2.19.3"), coming=()
    )
    assert removals(plan) == {"nvidia-cudnn-cu12": OF_TORCH, "nvidia-nccl-cu11": STALE}


def test_libraries_of_the_same_major_stay() -> None:
    assert removals(plan_of(OLD_TORCH, installed("nvidia-cudnn-cu13", "9.12.0.46"))) == {}


@pytest.mark.parametrize(
    "other",
    [
        needing("faster", "1.0", "nvidia-cudnn-cu12>=9"),
        installed("ctranslate2", "4.6.0"),
        installed("tensorflow", "2.20.0"),
        installed("cupy-cuda12x", "13.0"),
        installed("jax-cuda12-plugin", "0.7"),
    ],
    ids=lambda found: found.name,
)
def test_what_a_package_that_stays_needs_or_may_load_stays(other: InstalledDistribution) -> None:
    assert removals(plan_of(OLD_TORCH, other, installed("nvidia-cudnn-cu12", "9.10.2.21"))) == {}


def test_a_library_that_shares_its_folder_with_one_that_goes_is_installed_anew() -> None:
    plan = plan_of(OLD_TORCH, installed("nvidia-cudnn-cu12", "9.10.2.21"), installed("nvidia-cudnn-cu13", "9.12.0.46"))
    anew = next(step for step in plan.installs if step.project == "nvidia-cudnn-cu13")
    assert anew == Install(
        project="nvidia-cudnn-cu13",
        version=Version("9.12.0.46"),
        reason=Notice.of("shared-folder-damaged", folder="nvidia/cudnn"),
        replaces=Version("9.12.0.46"),
    )


def test_where_torch_stays_nothing_is_cleared_away() -> None:
    plan = plan_of(installed("torch", "2.15.0+cu130"), installed("nvidia-cudnn-cu12", "9.10.2.21"))
    assert [type(step) for step in plan.steps] == [Keep]


def test_of_two_tritons_only_the_one_that_comes_is_left() -> None:
    plan = plan_of(OLD_TORCH, installed("pytorch-triton", "3.0"), coming=("triton",))
    assert plan.removals == (
        Remove(
            project="pytorch-triton",
            version=Version("3.0"),
            reason=Notice.of("shares-folder", folder="triton", other="triton"),
        ),
    )


def test_a_package_whose_requirement_would_not_be_met_any_more_is_named() -> None:
    plan = plan_of(
        OLD_TORCH,
        needing("xformers", "0.0.33", "torch==2.9.0"),
        needing("broken-before", "1.0", "torch==1.0"),
        needing("content", "1.0", "torch>=2"),
    )
    assert plan.inconsistent == (
        Notice.of("becomes-inconsistent", package="xformers", requirement="torch==2.9.0", found="2.15.0+cu130"),
    )


@pytest.mark.parametrize(("requirement", "unmet"), [("onnxruntime>=1.19", 0), ("onnxruntime>=1.40", 1)])
def test_a_stand_in_meets_requirements_on_what_it_replaces_as_far_as_its_version_does(
    requirement: str, unmet: int
) -> None:
    plan = make_plan(
        resolution(pin("onnxruntime-gpu", "1.26.0", None)),
        environment(installed("onnxruntime", "1.40"), needing("rembg", "2.0", requirement)),
        (),
    )
    assert [step.project for step in plan.removals] == ["onnxruntime"]
    assert len(plan.inconsistent) == unmet
