"""What a verification found is kept with the environment, and holds as long as its packages are the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from gpuenv.models.environment import Environment, InstalledDistribution
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.surroundings import Surroundings
from gpuenv.models.verification import Check, VerificationReport
from gpuenv.workflow.kept_profile import keep_profile, kept_states

if TYPE_CHECKING:
    from pathlib import Path

REPORT = VerificationReport(
    checks=(Check(name="torch-fft", status="failed"),),
    device="cuda",
    facts=(("torch", "2.15.0+cu130"),),
    profile=(("fft", "fails"), ("fp16", "ok")),
    workarounds=(Notice.of("workaround-transform-on-cpu", capability="fft"),),
)


def environment(root: Path, **versions: str) -> Environment:
    return Environment(
        root=root,
        kind="venv",
        python=root / "bin" / "python",
        python_version=PythonVersion(major=3, minor=12),
        platform=Platform(name="linux-x86_64", glibc=(2, 36)),
        site_packages=root / "lib",
        distributions=tuple(
            InstalledDistribution(name=canonicalize_name(name), version=Version(version), location=root / name)
            for name, version in versions.items()
        ),
    )


def here(folder: Path) -> Surroundings:
    return Surroundings(environ={}, cwd=folder, home=folder, now=datetime(2026, 11, 21, tzinfo=timezone.utc))


def test_the_record_is_written_whole_and_read_back(tmp_path: Path) -> None:
    made = environment(tmp_path, torch="2.15.0+cu130", sympy="1.14.0")
    assert keep_profile(made, REPORT, here(tmp_path)) == ()
    assert json.loads((tmp_path / ".gpuenv" / "verification.json").read_text()) == {
        "schema": 1,
        "date": "2026-11-21T00:00:00+00:00",
        "device": "cuda",
        "packages": {"torch": "2.15.0+cu130"},
        "facts": {"torch": "2.15.0+cu130"},
        "profile": {"fft": "fails", "fp16": "ok"},
        "workarounds": {"fft": "workaround-transform-on-cpu"},
        "causes": [],
    }
    assert kept_states(made) == {"fft": "fails", "fp16": "ok"}


def test_it_proves_nothing_of_other_packages(tmp_path: Path) -> None:
    keep_profile(environment(tmp_path, torch="2.15.0+cu130"), REPORT, here(tmp_path))
    assert kept_states(environment(tmp_path, torch="2.15.0+cu130", sympy="1.14.0")) is not None
    assert kept_states(environment(tmp_path, torch="2.14.1+cu130")) is None
    assert kept_states(environment(tmp_path, **{"torch": "2.15.0+cu130", "onnxruntime-gpu": "1.31.1"})) is None


@pytest.mark.parametrize("text", ["", "[]", "null", '{"schema": 1}', '{"profile": 3}'])
def test_what_cannot_be_read_is_no_profile(tmp_path: Path, text: str) -> None:
    (tmp_path / ".gpuenv").mkdir()
    (tmp_path / ".gpuenv" / "verification.json").write_text(text)
    assert kept_states(environment(tmp_path)) is None


def test_an_environment_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".gpuenv").write_text("no folder")
    (note,) = keep_profile(environment(tmp_path), replace(REPORT, workarounds=()), here(tmp_path))
    assert (note.code, note.context["path"]) == ("profile-not-kept", str(tmp_path / ".gpuenv" / "verification.json"))
