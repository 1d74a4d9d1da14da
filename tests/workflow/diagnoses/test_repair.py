"""Real incidents: what mends them is another build than the failing one, and runs on their GPU, driver and Python."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from diagnose.samples import Case, matrix, read_cases
from diagnose.test_cases import UNDECIDABLE
from gpuenv.models.diagnosis import Remedy
from gpuenv.models.resolution import Conflict, Resolution
from gpuenv.models.surroundings import Surroundings
from gpuenv.report.diagnose import Findings
from gpuenv.report.diagnose_hints import hints_for
from gpuenv.report.diagnose_repair import repair_as_json, repair_sentence
from gpuenv.workflow.diagnose import Diagnosed, diagnose_log
from gpuenv.workflow.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuenv.models.cuda import Architecture, ComputeCapability
    from gpuenv.models.matrix import OnnxRuntimeBuild, TorchBuild

CASES = [
    pytest.param(
        case,
        id=case.id,
        marks=[pytest.mark.xfail(reason=UNDECIDABLE[case.id], strict=True)] if case.id in UNDECIDABLE else [],
    )
    for case in read_cases()
]

FLOORS = {"linux": {11: "450.80.02", 12: "525.60.13", 13: "580.65"}, "windows": {11: "452.39", 12: "527.41", 13: "580"}}
"""NVIDIA, CUDA toolkit release notes, table of minor-version compatibility."""

JETSON = {(5, 3), (6, 2), (7, 2), (8, 7)}

FIXES: dict[str, Callable[[TorchBuild], bool]] = {
    "ballonstranslator-825": lambda build: _cuda(build) >= (12, 8),
    "wpfs-3": lambda build: _cuda(build) >= (11, 1),
    "comfyui-7380": lambda build: _cuda(build) >= (12, 8),
    "gpt-sovits-2192": lambda build: _cuda(build) >= (12, 8),
    "wyoming-xtts-1": lambda build: _cuda(build) >= (12, 8),
    "pytorch-90761": lambda build: _cuda(build) >= (11, 8),
    "mistral-inference-43": lambda build: build.version >= Version("2.2.0"),
    "pytorch-57922": lambda build: _cuda(build) >= (11, 0),
    "comfyui-9650": lambda build: _cuda(build) < (12, 8),
    "comfyui-9929": lambda build: build.version == Version("2.8.0"),
    "whisper-webui-653": lambda build: build.label == "2.8.0+cu126",
    "unsloth-5876": lambda build: _cuda(build) < (13, 0),
    "eullm-428": lambda build: (11, 8) <= _cuda(build) < (13, 0),
    "walk-these-ways-72": lambda build: _cuda(build) >= (11, 8),
    "rosettafold-156": lambda build: _cuda(build) >= (11, 7),
    "kaouthia-comfyui-11": lambda build: build.tag == "cu126",
}
"""What `fix_that_worked` comes down to, where it says what torch has to be and is right."""


@cache
def surroundings() -> Surroundings:
    """A machine without a GPU, on which a text of another one is read."""
    return Surroundings(
        environ={"GPUENV_GPUS": "none", "PIP_CONFIG_FILE": "/dev/null"},
        cwd=Path.cwd(),
        home=Path("/nonexistent"),
        now=datetime(2026, 11, 21, tzinfo=timezone.utc),
    )


@cache
def diagnosed(text: str) -> Diagnosed:
    return diagnose_log(text.encode(), Options(), surroundings())


def hints(done: Diagnosed) -> tuple[str, ...]:
    return hints_for(Findings(report=done.report, mode="log", machine=None, environment=None, repair=done.repair), "en")


@pytest.mark.parametrize("case", CASES)
def test_an_incident_gets_a_build_that_serves_it_or_is_told_that_none_does(case: Case) -> None:
    done = diagnosed(case.text)
    assert done.report.primary is not None
    assert done.report.primary.cause_class == case.cause_class
    repair, facts = done.repair, done.report.facts
    assert repair is not None
    assert facts is not None
    assert hints(done)
    match repair.outcome:
        case Resolution() as resolution:
            _assert_served(resolution, done)
            assert any(hint.startswith("gpuenv install") for hint in hints(done))
            assert any(str(resolution.pins[0].version) in hint for hint in hints(done))
        case Conflict() as conflict:
            assert conflict.causes
            assert repair_sentence(repair, "en").startswith("no wheel mends this: ")
            assert not [hint for hint in hints(done) if hint == "gpuenv install"]
        case None:
            assert not repair.remedy.is_build or not facts.gpus
            if not repair.remedy.is_build:
                assert not [hint for hint in hints(done) if hint.startswith("gpuenv install ") and "-U" in hint]


@pytest.mark.parametrize("case_id", FIXES)
def test_the_build_agrees_with_the_fix_that_worked(case_id: str) -> None:
    case = next(case for case in read_cases() if case.id == case_id)
    repair = diagnosed(case.text).repair
    assert repair is not None
    assert isinstance(repair.outcome, Resolution)
    assert repair.outcome.torch is not None
    assert FIXES[case_id](repair.outcome.torch.build), repair.outcome.torch.build.label


def test_a_gpu_that_no_build_serves_is_told_so_with_the_way_out() -> None:
    done = diagnosed(
        "Found GPU0 GeForce GTX 680 which is of cuda capability 3.0.\n"
        "PyTorch no longer supports this GPU because it is too old."
    )
    assert done.repair is not None
    assert isinstance(done.repair.outcome, Conflict)
    assert "gpuenv install --target cpu" in hints(done)


def test_what_the_text_does_not_tell_is_named_as_taken_for_usual() -> None:
    done = diagnosed(
        "GPU: RTX 5070 Ti\nOS: Windows 11\nNVIDIA driver 576.80\ntorch 2.6.0+cu124\n"
        "CUDA error: no kernel image is available for execution on the device"
    )
    assert done.repair is not None
    assert done.repair.assumed == ("python",)
    shown = repair_as_json(done.repair, "en")
    assert shown is not None
    assert (shown["kind"], shown["target"]["platform"]) == ("install", "windows-x86_64")
    assert shown["resolution"]["torch"]["tag"] == "cu128"


def test_a_library_of_another_cudnn_major_leads_to_the_torch_that_brings_it() -> None:
    text = "GPU: RTX 3080\n{}Could not locate cudnn_ops64_9.dll. Please make sure it is in your library path!"
    wanting, having = diagnosed(text.format("torch: 2.3.1+cu121\n")), diagnosed(text.format("torch: 2.5.0+cu124\n"))
    assert wanting.repair is not None
    assert isinstance(wanting.repair.outcome, Resolution)
    assert wanting.repair.outcome.pins[0].version >= Version("2.4")
    assert having.repair is not None
    assert (having.repair.remedy, having.repair.outcome) == (Remedy.SETTING, None)


def _assert_served(resolution: Resolution, done: Diagnosed) -> None:
    """Assert rules 1 to 6 in a few lines of our own, over the rows of the matrix."""
    facts, repair = done.report.facts, done.repair
    assert facts is not None
    assert repair is not None
    assert repair.target is not None
    python, platform = repair.target.python, repair.target.platform
    builds: list[TorchBuild | OnnxRuntimeBuild] = []
    pin = resolution.pin("torch")
    if pin is not None:
        builds += [
            build
            for build in matrix().torch
            if (build.version, build.tag, build.platform) == (Version(pin.version.public), pin.tag, platform.name)
        ]
        failing = facts.packages.get("torch")
        is_pair = repair.remedy is Remedy.PAIR
        assert is_pair or failing is None or str(failing) not in {builds[0].label, str(builds[0].version)}
    runtime = resolution.pin("onnxruntime-gpu")
    if runtime is not None:
        builds += [build for build in matrix().onnxruntime if build.version == Version(runtime.version.public)][:1]
    assert builds
    for build in builds:
        assert build.python_min <= python <= build.python_max
        if repair.target.is_cpu:
            continue
        for gpu in repair.target.gpus:
            assert all(_runs(build.sass, capability) for capability in gpu.capabilities), build
        driver = facts.driver.version if facts.driver is not None else None
        if driver is not None and build.cuda is not None:
            floor = FLOORS[platform.driver_system][build.cuda.major]
            assert Version(str(driver)) >= Version(floor)
    majors = {build.cuda.major for build in builds if build.cuda is not None}
    assert len(majors) <= 1


def _runs(codes: frozenset[Architecture], capability: ComputeCapability) -> bool:
    """Rule 1: same major, minor not above; a suffix means that very capability; Tegra is apart."""
    number = (capability.major, capability.minor)
    if number in JETSON:
        return any(code.capability == capability for code in codes)
    return any(
        code.capability == capability
        or (not code.suffix and code.capability.major == number[0] and code.capability.minor <= number[1])
        for code in codes
    )


def _cuda(build: TorchBuild) -> tuple[int, int]:
    assert build.cuda is not None
    return build.cuda.major, build.cuda.minor
