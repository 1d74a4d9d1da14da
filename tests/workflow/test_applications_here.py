"""What the applications of an environment ask of its proof, and of the programs that run in it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.matrix.applications import load_applications
from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.surroundings import Surroundings
from gpuenv.models.verification import Check, VerificationReport
from gpuenv.verify.own_proof import OwnProof
from gpuenv.workflow.applications_here import (
    application_variables,
    applications_here,
    record_lines,
    recorded_applications,
    with_applications,
    with_imports,
)

if TYPE_CHECKING:
    from gpuenv.models.application import Application
    from gpuenv.models.platform import PlatformName

KNOWN = {application.name: application for application in load_applications(None, cwd=Path("/"))}


def environment(root: Path, *installed: str, platform: PlatformName = "linux-x86_64") -> Environment:
    return Environment(
        root=root,
        kind="portable",
        python=root / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name=platform),
        site_packages=root / "lib",
        distributions=tuple(
            InstalledDistribution(name=canonicalize_name(name), version=Version("1"), location=root / name)
            for name in installed
        ),
    )


def record(root: Path, *applications: Application, profile: dict[str, str] | None = None) -> None:
    (root / ".gpuenv").mkdir(parents=True, exist_ok=True)
    lines = ["torch==2.11.0+cu130", *record_lines(applications, root)]
    (root / ".gpuenv" / "constraints.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if profile is not None:
        (root / ".gpuenv" / "verification.json").write_text(json.dumps({"profile": profile}), encoding="utf-8")


def report(**states: str) -> VerificationReport:
    return VerificationReport(
        checks=(Check(name="torch-import", status="passed"),), device="cuda", profile=tuple(states.items())
    )


def test_recorded_applications_stay_and_others_come_beside_them(tmp_path: Path) -> None:
    assert recorded_applications(tmp_path) == ()
    record(tmp_path, KNOWN["gpt-sovits"])
    record(tmp_path, KNOWN["comfyui"], KNOWN["gpt-sovits"])
    assert recorded_applications(tmp_path) == ("gpt-sovits", "comfyui")


def test_an_environment_is_for_what_it_was_changed_for_and_for_what_is_installed(tmp_path: Path) -> None:
    record(tmp_path, KNOWN["gpt-sovits"])
    surroundings = Surroundings(
        environ={"GPUENV_CACHE_DIR": str(tmp_path / "cache")},
        cwd=tmp_path,
        home=tmp_path,
        now=datetime(2026, 11, 21, tzinfo=timezone.utc),
    )
    found = applications_here(environment(tmp_path, "torch", "easyocr", "comfyui"), None, surroundings)
    assert {application.name for application in found} == {"gpt-sovits", "easyocr"}


def test_only_distributions_that_are_there_have_to_be_importable(tmp_path: Path) -> None:
    applications = (KNOWN["gaussian-splatting"], KNOWN["easyocr"])
    own = with_imports(OwnProof(extensions=("mine",)), applications, environment(tmp_path, "easyocr", "simple-knn"))
    assert own == OwnProof(extensions=("mine", "simple-knn", "easyocr"))


def test_right_after_a_change_of_torch_what_is_built_against_it_is_left_out(tmp_path: Path) -> None:
    applications = (KNOWN["gaussian-splatting"], KNOWN["easyocr"])
    there = environment(tmp_path, "easyocr", "simple-knn")
    assert with_imports(OwnProof(), applications, there, leaves_built=True) == OwnProof(extensions=("easyocr",))


def test_a_check_that_an_application_needs_and_that_was_not_run_is_unproven() -> None:
    found = with_applications(report(fp16="ok", nvrtc="untested", fft="ok", ort="absent"), [KNOWN["gpt-sovits"]])
    assert found.unproven == ("nvrtc", "ort")
    assert [(note.code, note.context.get("capability") or note.context["part"]) for note in found.notes] == [
        ("application-unproven", "nvrtc"),
        ("application-unproven", "ort"),
        ("application-part-on", "half-precision"),
        ("application-part-off", "v2pro-speaker-module"),
    ]


def test_what_the_gpu_cannot_do_turns_a_part_off_and_fails_nothing() -> None:
    found = with_applications(report(fp16="unsupported", nvrtc="ok", fft="ok", ort="ok"), [KNOWN["gpt-sovits"]])
    assert found.unproven == ()
    assert [note.code for note in found.notes] == ["application-part-off", "application-part-on"]


def test_half_precision_is_turned_on_or_off_by_the_last_verification(tmp_path: Path) -> None:
    there, applications = environment(tmp_path), (KNOWN["gpt-sovits"],)
    assert application_variables(applications, there, {}) == {}
    record(tmp_path, profile={"fp16": "ok"})
    assert application_variables(applications, there, {}) == {"is_half": "True"}
    record(tmp_path, profile={"fp16": "fails"})
    assert application_variables(applications, there, {}) == {"is_half": "False"}
    assert application_variables(applications, there, {"is_half": "True"}) == {}


def test_a_setting_is_made_on_its_own_system_and_never_over_the_users(tmp_path: Path) -> None:
    applications = (KNOWN["gaussian-splatting"],)
    wanted = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
    assert application_variables(applications, environment(tmp_path), {}) == wanted
    assert application_variables(applications, environment(tmp_path, platform="windows-x86_64"), {}) == {}
    assert application_variables(applications, environment(tmp_path), {"PYTORCH_CUDA_ALLOC_CONF": ""}) == {}
