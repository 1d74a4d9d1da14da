"""GPUs by name: which platform they come with, and what has to be known of virtual ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gpuenv.errors import UsageError
from gpuenv.models.notice import Notice
from gpuenv.models.platform import PythonVersion
from gpuenv.workflow.options import Options
from gpuenv.workflow.target import ChosenTarget, choose_target
from support.machine_roots import surroundings
from support.machines import matrix

if TYPE_CHECKING:
    from pathlib import Path

    from gpuenv.models.platform import PlatformName


def choose(tmp_path: Path, target: str, platform: str | None = "linux-x86_64") -> ChosenTarget:
    chosen = choose_target(
        Options(target=target, platform=platform),
        surroundings(tmp_path),
        python=PythonVersion(major=3, minor=12),
        gpu_models=lambda: matrix().gpus,
    )
    assert isinstance(chosen, ChosenTarget)
    return chosen


@pytest.fixture
def on_x86(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand on a machine of the other kind, whatever runs the tests."""
    from gpuenv.detect import platform  # noqa: PLC0415 - the module whose function is exchanged

    here = platform.detect_platform
    monkeypatch.setattr(
        platform, "detect_platform", lambda known, **rest: replace(here(known, **rest), name="linux-x86_64")
    )


@pytest.mark.usefixtures("on_x86")
@pytest.mark.parametrize("target", ["gb10", "gh200", "GB200", "Jetson AGX Orin", "gb10,gh200"])
def test_cards_that_come_with_arm_processors_choose_the_platform(tmp_path: Path, target: str) -> None:
    chosen = choose(tmp_path, target, platform=None)
    assert chosen.target.platform.name == "linux-aarch64"
    gpus = tuple(gpu.label for gpu in chosen.target.gpus)
    assert chosen.notes == (Notice.of("platform-of-card", gpus=gpus, platform="linux-aarch64", here="linux-x86_64"),)


@pytest.mark.usefixtures("on_x86")
@pytest.mark.parametrize("target", ["rtx-5090", "b200", "sm_121"])
def test_other_cards_are_planned_for_here(tmp_path: Path, target: str) -> None:
    chosen = choose(tmp_path, target, platform=None)
    assert (chosen.target.platform.name, chosen.notes) == ("linux-x86_64", ())


@pytest.mark.parametrize(
    ("target", "platform", "misplaced"),
    [
        ("gb10", "linux-x86_64", ("NVIDIA GB10 (12.1)",)),
        ("gb10,rtx-5090", "windows-x86_64", ("NVIDIA GB10 (12.1)",)),
        ("gb200", "linux-aarch64", ()),
        ("orin", "linux-x86_64", ()),
    ],
)
def test_a_platform_that_no_such_machine_has_is_told(
    tmp_path: Path, target: str, platform: PlatformName, misplaced: tuple[str, ...]
) -> None:
    """Of a Jetson the resolver says it, as a conflict."""
    said = (Notice.of("platform-unlikely", gpus=misplaced, platform=platform),) if misplaced else ()
    assert choose(tmp_path, target, platform).notes == said


@pytest.mark.parametrize(
    ("target", "word", "gpus"),
    [("rtx-5090,cpu", "cpu", "rtx-5090"), ("current-gpu,t4,l4", "current-gpu", "t4,l4"), ("cpu,cpu", "cpu", None)],
)
def test_a_word_that_is_a_whole_target_does_not_stand_beside_gpus(
    tmp_path: Path, target: str, word: str, gpus: str | None
) -> None:
    with pytest.raises(UsageError) as raised:
        choose(tmp_path, target)
    assert (raised.value.code, raised.value.context) == ("target-mixed", {"word": word, "gpus": gpus})


def test_a_virtual_gpu_keeps_its_name_and_is_told_of(tmp_path: Path) -> None:
    chosen = choose(tmp_path, "NVIDIA A100-40C,NVIDIA L4-2B")
    assert [gpu.label for gpu in chosen.target.gpus] == ["NVIDIA A100-40C (8.0)", "NVIDIA L4-2B (8.9)"]
    assert chosen.notes == (
        Notice.of("vgpu-as-its-card", gpu="NVIDIA A100-40C", card="NVIDIA A100", series="C"),
        Notice.of("vgpu-without-cuda", gpu="NVIDIA L4-2B", card="NVIDIA L4", series="B"),
    )
