"""Machines that were described elsewhere, as targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.detect.saved import render_saved
from gpuenv.models.cuda import ComputeCapability, DriverVersion
from gpuenv.models.hardware import Driver, Gpu, HostFacts, MsvcRuntime, Presence, Probe
from gpuenv.models.notice import Notice
from gpuenv.models.platform import Platform, PythonVersion
from gpuenv.models.resolution import Cause, Conflict
from gpuenv.models.target import Target
from gpuenv.workflow.options import Options
from gpuenv.workflow.target import ChosenTarget, choose_target
from support.machine_roots import no_models, surroundings

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = PythonVersion(major=3, minor=12)
RTX_5090 = Gpu(
    name="NVIDIA GeForce RTX 5090",
    capabilities=(ComputeCapability(major=12, minor=0),),
    probe=Probe.DESCRIBED,
    index=0,
)
HOST = HostFacts(
    gpus=(RTX_5090,),
    driver=None,
    platform=Platform(name="windows-x86_64"),
    presence=Presence.UNUSABLE,
    msvc_runtime=MsvcRuntime(version="14.44.35211.0"),
)


def choose(host: HostFacts, tmp_path: Path, driver: str | None = None) -> ChosenTarget | Conflict:
    (tmp_path / "machine.json").write_text(render_saved(host, PYTHON, date="2026-11-21"), encoding="utf-8")
    return choose_target(
        Options(target="machine.json", driver=driver), surroundings(tmp_path), python=PYTHON, gpu_models=no_models
    )


def test_a_machine_whose_gpu_could_not_be_used_is_a_conflict_with_a_way_out(tmp_path: Path) -> None:
    assert choose(HOST, tmp_path) == Conflict(
        reason=Notice.of("gpu-unusable", gpus=("NVIDIA GeForce RTX 5090 (12.0)",)),
        causes=(Cause(change=Notice.of("machine-was-unusable"), would_give=None),),
    )


@pytest.mark.parametrize("presence", [Presence.UNUSABLE, Presence.PRESENT])
def test_with_the_driver_that_it_will_have_it_is_a_target(tmp_path: Path, presence: Presence) -> None:
    chosen = choose(replace(HOST, presence=presence), tmp_path, driver="580.95.05")
    assert isinstance(chosen, ChosenTarget)
    assert chosen.target == Target(
        gpus=(RTX_5090,),
        driver=Driver(version=DriverVersion.parse("580.95.05"), cuda_version=None, probe=Probe.DESCRIBED),
        platform=Platform(name="windows-x86_64"),
        python=PYTHON,
        origin="described",
        msvc_runtime=MsvcRuntime(version="14.44.35211.0"),
    )
